"""`dlpy serve` answers as `dlpy predict` does, one client's rows never reach another, and wrong requests get a line."""

import base64
import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlpy.runs.directory import Run
from dlpy.serve import page
from dlpy.serve.app import _SAFE
from dlpy.serve.refused import for_clients
from tests.serve.requests import JSON, Client

pytestmark = pytest.mark.slow

ROWS = [
    {"size": size, "kind": kind, "price": 3 * size + (kind == "new")}
    for size in range(1, 41)
    for kind in ("old", "new")
]


def table(bench, name="prices"):
    with (bench.folder / "rows.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ROWS[0])
        writer.writeheader()
        writer.writerows(ROWS)
    data = {"name": "csv", "path": "rows.csv", "target": "price", "task": "regression", "transforms": ["standardize"]}
    return bench.trained(bench.experiment(f"{name}.yaml", data=data, training={"epochs": 2}))


def told(bench, run, *arguments):
    """Return what `dlpy predict --json` prints."""
    status, out, _ = bench.run("predict", run.path, *arguments, "--json")
    assert status == 0
    return json.loads(out)


def inputs(rows):
    return [{name: row[name] for name in ("size", "kind")} for row in rows]


def test_answers_are_those_of_predict(bench):
    run = table(bench)
    wanted = told(bench, run, "rows.csv")
    client = Client(("prices", run))
    for path in ("/predict", "/runs/prices/predict"):
        assert client.post(path, {"rows": inputs(ROWS)}) == (
            200,
            {"run": "prices", "predictions": wanted["predictions"], "unfamiliar": []},
        )


def test_requests_at_once_get_their_own_rows_to_the_last_digit(bench):
    run = table(bench)
    wanted = told(bench, run, "rows.csv")["predictions"]
    groups = [ROWS[start : start + size] for start, size in ((0, 1), (1, 3), (4, 1), (5, 20), (30, 7))]
    found = Client(("prices", run)).together(*(("/predict", {"rows": inputs(group)}, JSON) for group in groups))
    for group, (status, content) in zip(groups, found, strict=True):
        assert status == 200
        assert content["predictions"] == [wanted[ROWS.index(row)] for row in group]


def test_a_wrong_request_among_others_is_refused_alone(bench):
    run = table(bench)
    good, odd = {"rows": inputs(ROWS[:1])}, {"rows": [{"size": "much", "kind": "old"}]}
    strange = {"rows": [{"size": 1e6, "kind": "used"}]}
    requests = [("/predict", content, JSON) for content in (good, odd, good, strange)]
    first, second, third, fourth = Client(("prices", run)).together(*requests)
    assert first == third
    assert first[1]["unfamiliar"] == []
    assert second[0] == 422
    assert "size" in second[1]["error"]
    assert second[1]["error"].startswith("rows[0]: column 'size': 'much' is not a number.")
    assert {item["column"] for item in fourth[1]["unfamiliar"]} == {"size", "kind"}


def test_texts(bench):
    lines = [
        f"{word} film number {number},{label}" for number in range(20) for word, label in (("good", 1), ("bad", 0))
    ]
    (bench.folder / "texts.csv").write_text("\n".join(["text,label", *lines]))
    data = {
        "name": "text_csv",
        "path": "texts.csv",
        "text": "text",
        "target": "label",
        "transforms": ["tokenize", "multi_hot"],
    }
    run = bench.trained(bench.experiment("texts.yaml", data=data))
    wanted = told(bench, run, "--text", "a good film", "--text", "a bad film")["predictions"]
    client = Client(("texts", run))
    assert client.post("/predict", {"texts": ["a good film", "a bad film"]})[1]["predictions"] == wanted
    one = client.together(*(("/predict", {"texts": [text]}, JSON) for text in ("a good film", "a bad film")))
    assert [content["predictions"][0] for _, content in one] == wanted
    assert client.post("/predict", {"rows": [{"text": "a good film"}]})[1]["predictions"] == wanted[:1]
    assert (
        client.post("/predict", {"images": ["aaaa"]})[1]["error"]
        == "run 'texts' takes texts or rows, not images: see /schema."
    )
    status, content = client.post("/predict", {"texts": ["good", " "]})
    assert (status, content["error"]) == (422, "texts[1] should be a text that is not empty.")


def test_images(bench):
    rng = np.random.default_rng(0)
    for name, low in (("dark", 0), ("light", 128)):
        (bench.folder / "images" / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(low, low + 128, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(bench.folder / "images" / name / f"{number:02}.png")
    data = {"name": "image_folder", "path": "images", "transforms": ["rescale", {"name": "reshape", "shape": [192]}]}
    run = bench.trained(bench.experiment("images.yaml", data=data))
    file = bench.folder / "images" / "light" / "03.png"
    wanted = [
        {key: value for key, value in row.items() if key != "file"} for row in told(bench, run, file)["predictions"]
    ]
    client = Client(("images", run))
    assert client.post("/predict", file.read_bytes(), {"content-type": "image/png"})[1]["predictions"] == wanted
    text = base64.b64encode(file.read_bytes()).decode()
    assert client.post("/predict", {"images": [text, text]})[1]["predictions"] == wanted * 2
    status, content = client.post("/predict", {"images": [text, base64.b64encode(b"no image").decode()]})
    assert status == 422
    assert content["error"] == "images[1] is not a JPEG, PNG, GIF, BMP or WebP image."
    assert "/tmp" not in content["error"]
    assert client.post("/predict", {"images": ["%"]})[1]["error"] == "images[0] should be an image file in base64."


def test_several_runs_stand_side_by_side(bench):
    run = table(bench)
    client = Client(("a", run), ("b", run))
    assert client.post("/runs/b/predict", {"rows": inputs(ROWS[:1])})[1]["run"] == "b"
    status, content = client.post("/predict", {"rows": inputs(ROWS[:1])})
    assert (status, content["error"]) == (404, "several runs are served: use /runs/NAME/predict with one of a, b.")
    assert client.post("/runs/c/predict", {})[0] == 404
    assert [each["name"] for each in client.get("/runs")[1]["runs"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "status", "line"),
    [
        (b"{", 422, "the body is no JSON"),
        (b"\xff", 422, "the body is no JSON"),
        (b"[" * 100_000, 422, "nested too deeply"),
        (b"[]", 422, "the body should be"),
        (b'{"rows": [{"size": NaN, "kind": "old"}]}', 422, "NaN is no JSON number"),
        (b'{"rows": [{"size": -Infinity, "kind": "old"}]}', 422, "-Infinity is no JSON number"),
        (b'{"rows": [{"size": 1e999, "kind": "old"}]}', 422, "1e999 is too large a number"),
        (b'{"rows": [{"size": 99999999999999999999, "kind": "old"}]}', 422, "'size' is too large a number"),
        (b'{"rows": [{"size": [1], "kind": "old"}]}', 422, "'size' should be a single value"),
        (b'{"rows": [{"size": 1, "kind": "old"}, {"size": 1}]}', 422, "rows[1] has other columns than rows[0]"),
        (b'{"rows": []}', 422, "at least one entry"),
        (b'{"rows": [{}]}', 422, "rows[0] should be an object"),
        (b'{"rows": [{"size": 1}]}', 422, "no column 'kind'"),
        (b'{"rows": [{"size": 1, "kind": "old"}], "texts": ["a"]}', 422, "the body should be"),
        (b'{"rows": [{"size": 1, "kind": "old"}], "top": 1}', 422, "unknown key 'top'"),
        (b'{"rows": [{"size": 1, "kind": "old"}], "ahead": 3}', 422, "'ahead' continues a series"),
        (
            b'{"rows": ' + b'[{"size": 1, "kind": "old"}' + b', {"size": 1, "kind": "old"}' * 50 + b"]}",
            422,
            "51 rows; at most 50",
        ),
        (b'{"rows": [{"size": 1, "kind": "' + b"x" * 5000 + b'"}]}', 413, "larger than 4,000 bytes"),
    ],
)
def test_wrong_bodies_get_one_line(bench, body, status, line):
    found, content = Client(("prices", table(bench)), body=4000 if len(body) < 90_000 else 1 << 20, rows=50).post(
        "/predict", body
    )
    assert (found, line in content["error"], "\n" in content["error"]) == (status, True, False), content


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "rows[0]: 'big' is not a number. Correct it, add it to data.missing_values, or list it under data.ignore.",
            "rows[0]: 'big' is not a number. Correct it.",
        ),
        (
            "rows[1]: the cell is missing. Set data.missing: median, or fill in the cell, or delete the row.",
            "rows[1]: the cell is missing. Fill in the cell, or delete the row.",
        ),
        (
            "--ahead 9: the run predicts 3 rows ahead; train with data.horizon=9 for more.",
            "'ahead' 9: the run predicts 3 rows ahead.",
        ),
        ("--text number 2: the text is empty.", "texts[1]: the text is empty."),
        ("the table given has no column 'rooms'. Known: area.", "the request has no column 'rooms'. Known: area."),
    ],
)
def test_a_refusal_says_what_a_client_can_do(line, said):
    assert for_clients(line) == said


def test_an_ensemble_answers_as_predict_does(bench):
    assert bench.run("ensemble", table(bench).path, table(bench, "others").path)[0] == 0
    run = Run(max(Path("runs").glob("*-ensemble")))
    wanted, client = told(bench, run, "rows.csv")["predictions"], Client(("both", run))
    one, several = client.together(
        ("/predict", {"rows": inputs(ROWS[:1])}, JSON), ("/predict", {"rows": inputs(ROWS[1:5])}, JSON)
    )
    assert (one[0], several[0]) == (200, 200)
    found = [*one[1]["predictions"], *several[1]["predictions"]]
    np.testing.assert_allclose(
        [row["prediction"] for row in found], [row["prediction"] for row in wanted[:5]], rtol=1e-6
    )


def test_an_ensemble_continues_a_series_as_predict_does(bench):
    days = [{"day": f"2021-01-{day:02}", "sales": day % 7} for day in range(1, 32)]
    lines = ["day,sales", *(f"{row['day']},{row['sales']}" for row in days)]
    (bench.folder / "days.csv").write_text("\n".join(lines) + "\n")
    columns = {"time": "day", "target": "sales", "lookback": 3, "horizon": 2, "delay": 0}
    data = {"name": "timeseries_csv", "path": "days.csv", **columns}
    trained = [
        bench.trained(bench.experiment(f"days{seed}.yaml", data=data, training={"epochs": 1}, seed=seed))
        for seed in (1, 2)
    ]
    assert bench.run("ensemble", *(run.path for run in trained))[0] == 0
    run = Run(max(Path("runs").glob("*-ensemble")))
    wanted = told(bench, run, "days.csv", "--ahead", "2")["predictions"]
    assert wanted != told(bench, trained[0], "days.csv", "--ahead", "2")["predictions"]
    client = Client(("both", run))
    assert "ahead" in properties(client.get("/schema")[1])
    assert client.post("/predict", {"rows": days, "ahead": 2}) == (
        200,
        {"run": "both", "predictions": wanted, "unfamiliar": []},
    )
    assert client.post("/predict", {"rows": days, "ahead": 9}) == (
        422,
        {"error": "'ahead' 9: the run predicts 2 rows ahead."},
    )


def test_a_body_that_a_page_of_another_site_can_send_is_refused(bench):
    client = Client(("prices", table(bench)))
    assert client.post("/predict", {"rows": inputs(ROWS[:1])}, {"content-type": "text/plain"})[0] == 415
    assert client.get("/healthz", host="evil.example")[0] == 400


def properties(schema):
    """Return what the description of the server says that a request may hold."""
    content = schema["paths"]["/predict"]["post"]["requestBody"]["content"]
    return content["application/json"]["schema"]["properties"]


def test_the_schema_names_the_columns_and_their_types(bench):
    status, schema = Client(("prices", table(bench))).get("/schema")
    body = properties(schema)
    assert status == 200
    assert list(body["rows"]["items"]["properties"]) == ["size", "kind"]
    assert body["rows"]["items"]["properties"]["size"]["type"][0] == "number"


def test_counters(bench):
    client = Client(("prices", table(bench)))
    client.post("/predict", {"rows": inputs(ROWS[:3])})
    client.post("/predict", {"rows": []})
    text = client.get("/metrics")[1]
    assert 'dlpy_requests_total{run="prices",status="200"} 1\n' in text
    assert 'dlpy_requests_total{run="prices",status="422"} 1\n' in text
    assert 'dlpy_rows_total{run="prices"} 3\n' in text
    assert 'dlpy_request_seconds_bucket{run="prices",le="+Inf"} 2\n' in text
    assert all(
        re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+\{(\w+="[^"]*",?)+\} [\d.e+-]+', line) for line in text.splitlines()
    )


def test_whoever_watches_over_the_server_is_answered(bench):
    client = Client(("prices", table(bench)))
    assert client.get("/healthz") == (200, "ok\n")
    assert client.get("/readyz") == (200, "ready\n")
    assert client.get("/nowhere")[0] == 404
    assert client.get("/predict") == (405, {"error": "GET /predict: use POST with this address: see /."})
    assert client.post("/runs", {}) == (405, {"error": "POST /runs: use GET with this address: see /."})


def test_the_page_runs_its_own_script_alone(bench):
    status, text = Client(("prices", table(bench))).get("/")
    assert status == 200
    assert text == page.HTML
    assert "http" not in text.replace("http-equiv", "")
    assert page.SCRIPT_HASH in _SAFE["Content-Security-Policy"]


def test_predictions_of_csv_and_json_have_the_same_digits(bench):
    run = table(bench)
    _, out, _ = bench.run("predict", run.path, "rows.csv")
    lines = list(csv.DictReader(io.StringIO(out)))
    content = Client(("prices", run)).post("/predict", {"rows": inputs(ROWS)})[1]
    assert [np.float32(line["prediction"]) for line in lines] == [
        np.float32(row["prediction"]) for row in content["predictions"]
    ]
