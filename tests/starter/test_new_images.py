"""What `dlpy new` sees in a folder of images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlpy.core.errors import ConfigError, DataError
from dlpy.experiment.experiment import load
from dlpy.starter import starter
from dlpy.starter.image_models import for_images
from dlpy.starter.images import Seen, look, mirroring


def halves(count: int, *, across: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return images (count, 16, 16, 3) whose left half (or top, if across) is bright in class 0, and dark in class 1."""
    random = np.random.default_rng(3)
    labels = np.arange(count) % 2
    images = random.integers(0, 60, (count, 16, 16, 3)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        bright = slice(8 * label, 8 * label + 8)
        image[bright if across else slice(None), slice(None) if across else bright] += 120
    return images, labels


def write(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        target = folder / "ab"[label]
        target.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(target / f"{number}.png")


def test_images_are_mirrored_only_if_mirrored_ones_are_still_recognized() -> None:
    fits, why = mirroring(*halves(80, across=True))
    assert fits
    assert (
        why == "Images are mirrored at random: a simple classifier recognizes 100% of mirrored images instead of 100%"
    )
    fits, why = mirroring(*halves(80, across=False))
    assert not fits
    assert why == "Images are not mirrored: a simple classifier recognizes 0% of mirrored images instead of 100%"


def test_what_cannot_be_recognized_is_mirrored_and_says_how_to_change_it() -> None:
    random = np.random.default_rng(1)
    fits, why = mirroring(random.integers(0, 255, (60, 16, 16, 3)).astype(np.uint8), np.arange(60) % 3)
    assert fits
    assert "remove 'flip' if left and right matter" in why


def test_gray_images_have_one_channel_and_the_largest_side_that_all_have(tmp_path) -> None:
    images, labels = halves(40, across=False)
    gray = np.repeat(images[..., :1], 3, axis=3)
    write(tmp_path, gray, labels)
    Image.fromarray(gray[0]).resize((24, 20)).save(tmp_path / "a" / "larger.png")
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    seen = look(tmp_path, names, np.array([name[0] == "b" for name in names]).astype(int))
    assert (seen.gray, seen.side, seen.mirrored) == (True, 16, False)
    assert seen.sizes == "images have 16 x 16 to 24 x 20 pixels"
    with pytest.raises(DataError, match=r"none of the images in .* can be read, such as b/none\.png"):
        look(tmp_path, ["b/none.png"], np.zeros(1, int))


def test_the_file_for_a_folder_is_one_that_loads(tmp_path) -> None:
    write(tmp_path / "signs", *halves(60, across=False))
    text = starter.experiment_for(str(tmp_path / "signs"), None, tmp_path / "signs.yaml").text
    (tmp_path / "signs.yaml").write_text(text)
    experiment, _ = load(tmp_path / "signs.yaml")
    assert "# Images are not mirrored: a simple classifier" in text
    assert "color_mode" not in text
    assert experiment.data.augmentation is not None
    assert experiment.data.augmentation.flip is None
    assert experiment.callbacks == []
    # 42 of 60 images are trained on, in 6 steps of 8 an epoch
    epochs = experiment.training.epochs
    assert experiment.training.optimizer.learning_rate.decay_steps == 6 * epochs == 240


def test_weights_that_are_at_hand_are_used_for_color_images_of_some_size(tmp_path, monkeypatch) -> None:
    large = Seen(side=128, sizes="", gray=False, mirrored=True, why="")
    assert _values(for_images(large, 500).model)["name"] == "convnet"
    assert "--base mobilenet_v2" in for_images(large, 500).about[-1]
    file = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    (tmp_path / file).write_bytes(b"weights")
    monkeypatch.setenv("DLPY_DATA", str(tmp_path))
    assert _values(for_images(large, 500).model)["base"] == "mobilenet_v2"
    gray = Seen(side=128, sizes="", gray=True, mirrored=True, why="")
    small = Seen(side=64, sizes="", gray=False, mirrored=True, why="")
    for seen, count in ((gray, 500), (small, 500), (large, 50_000)):
        assert _values(for_images(seen, count).model)["name"] == "convnet"


def test_a_base_may_be_chosen_and_must_fit(tmp_path) -> None:
    small = Seen(side=64, sizes="", gray=False, mirrored=True, why="")
    (base,) = [line for line in for_images(small, 50_000, "mobilenet_v2").model if line.key == "base"]
    assert (base.value, base.note) == ("mobilenet_v2", "its weights are downloaded")
    with pytest.raises(ConfigError, match=r"--base: keras\.applications has no network 'mobilnet_v2'\. Did you mean"):
        for_images(small, 50, "mobilnet_v2")
    with pytest.raises(ConfigError, match="xception needs images of at least 71 x 71, not 64 x 64"):
        for_images(small, 50, "xception")
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 20)
    for source in ("mnist", str(tmp_path / "t.csv")):
        with pytest.raises(ConfigError, match="--base needs a folder of images"):
            starter.experiment_for(source, None, tmp_path / "e.yaml", base="vgg16")


def _values(lines) -> dict:
    return {line.key: line.value for line in lines}
