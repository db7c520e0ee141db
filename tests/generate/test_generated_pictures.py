"""Pictures that runs make, from the command line."""

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

HALVED = "[{filters: 3, stride: 2}]"
DATA = "data: {name: npz, path: rows.npz, transforms: [rescale]}\n"
VAE = DATA + f"model: {{name: vae, encoder: {HALVED}, units: [4]}}\ntraining: {{epochs: 2}}\n"
GAN = DATA + (
    f"model: {{name: gan, latent: 3, conditional: true, generator: {{start: 3, layers: {HALVED}}}, "
    f"discriminator: {{layers: {HALVED}}}}}\ntraining: {{epochs: 2}}\n"
)


@pytest.fixture
def trained(bench):
    """Return what trains an experiment on sixty pictures of two brightnesses."""

    def train(text: str):
        rng, labels = np.random.default_rng(0), np.arange(60) % 2
        np.savez(
            "rows.npz", x=(labels[:, None, None] * 150 + rng.integers(0, 100, (60, 6, 8))).astype(np.uint8), y=labels
        )
        return bench.trained(bench.write(text)).path

    return train


def size(path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_samples_are_written_into_the_run_and_the_same_seed_makes_the_same(bench, trained) -> None:
    run = trained(GAN)
    status, out, err = bench.run("generate", "latest", "--count", 9)
    assert (status, err) == (0, "")
    path = run / "samples" / "samples-0.png"
    assert out.strip().endswith("samples/samples-0.png")
    # three columns of 8 pixels, each a square of 6, and 2 pixels between them
    assert size(path) == (3 * 48 + 2 * 2, 3 * 36 + 2 * 2)
    before = path.read_bytes()
    bench.run("generate", "latest", "--count", 9)
    assert path.read_bytes() == before
    bench.run("generate", "latest", "--count", 9, "--seed", 1)
    assert (run / "samples" / "samples-1.png").read_bytes() != before


def test_a_sheet_is_drawn_after_each_epoch(trained) -> None:
    assert sorted(path.name for path in (trained(VAE) / "samples").iterdir()) == [
        "epoch-0001.png",
        "epoch-0002.png",
        "made.npz",
    ]


def test_a_class_can_be_asked_for(bench, trained) -> None:
    trained(GAN)
    sheets = []
    for name in ("0", "1"):
        assert bench.run("generate", "latest", "--class", name, "--count", 4, "-o", f"{name}.png")[0] == 0
        sheets.append((bench.folder / f"{name}.png").read_bytes())
    assert sheets[0] != sheets[1]


def test_a_walk_is_an_animation_that_ends_where_it_began(bench, trained) -> None:
    trained(GAN)
    assert bench.run("generate", "latest", "--walk", 16, "-o", "walk.gif")[0] == 0
    with Image.open("walk.gif") as picture:
        assert picture.n_frames == 16
        assert picture.info["loop"] == 0


def test_the_grid_and_edited_pictures_of_a_vae(bench, trained) -> None:
    trained(VAE)
    assert bench.run("generate", "latest", "--grid", 4, "-o", "grid.png")[0] == 0
    assert size("grid.png") == (4 * 48 + 3 * 2, 4 * 36 + 3 * 2)
    Image.fromarray(np.full((6, 8), 60, np.uint8)).save("dark.png")
    assert bench.run("generate", "latest", "--edit", "dark.png", "--class", "1", "-o", "edited.png")[0] == 0
    assert size("edited.png") == (7 * 48 + 6 * 2, 36)


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (GAN, ["--grid", 4], "--grid needs two latent dimensions; this run has 3. Use --walk."),
        (GAN, ["--length", 4], "generates images; leave this option out."),
        (
            GAN,
            ["--grid", 4, "--walk", 9],
            "--count, --grid, --walk and --edit cannot be combined: give one of them.",
        ),
        (GAN, ["--class", "2"], "--class 2: there is no such class. Known: 0, 1."),
        (GAN, ["--edit", "a.png", "--class", "0"], "has no attribute vectors"),
        (VAE, ["--class", "0"], "this run's model is not conditioned on classes"),
        (VAE, ["--edit", "a.png"], "--edit a.png: give the class to edit towards with --class."),
        (VAE, ["--edit", "a.png", "--class", "0"], "a.png"),
    ],
)
def test_what_a_run_cannot_make_is_refused_in_a_line(bench, trained, text, arguments, message: str) -> None:
    trained(text)
    status, out, err = bench.run("generate", "latest", *arguments)
    assert status in (2, 3)
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_a_run_that_answers_makes_nothing(bench) -> None:
    bench.trained()
    status, _, err = bench.run("generate", "latest")
    assert status == 2
    assert "predicts, it cannot generate text or images: use `dlpy predict`." in err


def test_a_run_that_makes_things_predicts_nothing(bench, trained) -> None:
    trained(VAE)
    status, _, err = bench.run("predict", "latest", "rows.npz")
    assert status == 2
    assert "use `dlpy generate" in err
