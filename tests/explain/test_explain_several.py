import json

import numpy as np
import pytest

from dlpy.explain.kinds import kind_of

pytestmark = pytest.mark.slow

EXPERIMENT = """
data:
  name: listings
  rows: 120
  test_rows: 20
  validation: 0.5
  inputs:
    text: {transforms: [{name: tokenize, vocabulary: 200}, {name: pad, length: 12}]}
    photo: {transforms: [rescale]}
    facts: {transforms: [standardize, tabulate]}
model:
  name: graph
  layers:
    words: {layer: Embedding, output_dim: 4, of: text}
    read: {layer: GlobalAveragePooling1D}
    seen: {layer: Flatten, of: photo}
    joined: {layer: Concatenate, of: [read, seen, facts]}
  outputs: {price: joined, sold: joined, tags: joined}
training: {epochs: 1}
"""


def test_inputs_and_their_columns_are_explained_for_each_output(bench) -> None:
    run = bench.trained(bench.write(EXPERIMENT))
    assert kind_of(run) == "tables"
    status, out, err = bench.run("explain", run.path, "--shuffles", 2, "--json", "--target", "sold")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert [score["score"].split("_")[0] for score in found["scores"]] == ["price", "sold", "tags"]
    for score in found["scores"]:
        kinds = {one["name"]: one["kind"] for one in score["importances"]}
        assert [name for name, kind in kinds.items() if kind == "input"] == sorted(
            ["text", "photo", "facts"], key=list(kinds).index
        )
        assert {name.split(".")[0] for name, kind in kinds.items() if kind == "column"} == {"facts"}
    number = int(np.load(run.path / "splits.npz")["validation"][0])
    status, out, err = bench.run("explain", run.path, "--row", number, "--target", "tags", "--pairs", 5, "--json")
    assert (status, err) == (0, "")
    (row,) = json.loads(out)["explained"]
    assert [line["cell"] for line in row["columns"] if line["column"] in ("text", "photo")] == ["(its own)"] * 2
    total = sum(line["contribution"] for line in row["columns"])
    assert total == pytest.approx(row["prediction"] - row["mean"], abs=1e-6)
    status, _, err = bench.run("explain", run.path, "--column", "text")
    assert (status, err.count("\n")) == (2, 1)
    assert "--column text: there is no such column." in err


def test_videos_are_not_explained_and_said_to_be_such(bench) -> None:
    data = {"name": "moving_shapes", "rows": 24, "test_rows": 4, "frames": 3, "size": 8, "transforms": ["rescale"]}
    model = {"name": "video", "filters": [[2]]}
    run = bench.trained(bench.experiment("video.yaml", data=data, model=model, training={"epochs": 1}))
    wanted = f"error: run {run.id} takes videos: explain takes tables, texts, series and images.\n"
    assert bench.run("explain", run.path) == (2, "", wanted)
