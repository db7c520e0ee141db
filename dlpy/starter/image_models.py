"""The model and the training that `dlpy new` writes for a folder of images, by their number and size."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlpy.core.errors import ConfigError
from dlpy.pretrained.zoo import NETWORKS, check_size, imagenet_file, unknown_network
from dlpy.starter.images import Seen
from dlpy.starter.wording import Item, Lines, Option
from dlpy.storage.locate import on_this_machine

_BATCH, _RATE = 32, 0.002
_SMALL_BATCHES = {8: 500, 16: 1_000}  # with fewer images: else too few steps settle the statistics of the batches
_STEPS = 1_600  # of training, in total, unless that is less than _LEAST_EPOCHS or more than _MOST_EPOCHS
_LEAST_EPOCHS, _MOST_EPOCHS = 20, 40
_SIDE = 8  # pixels that a block needs to see something
_STRIDED = 48  # pixels: from this side on, the first convolution halves the sides, which leaves time for more epochs
_FEW = 20_000  # images: with more, a base that was trained on others helps less than it costs
_LEAST_SIDE = 96  # pixels: what a pretrained base needs to see something
_BASES = ("efficientnet_v2_b0", "mobilenet_v2", "efficientnet_b0", "mobilenet_v3_large", "resnet50_v2", "vgg16")
_SMALLEST = "mobilenet_v2"  # of the bases, in bytes


@dataclass(frozen=True)
class Chosen:
    """The lines of an experiment file for images; `about` goes into its title."""

    reading: list[Option]
    preparing: list[Option]
    model: Lines
    training: Lines
    callbacks: Lines
    about: list[str] = field(default_factory=list)


def for_images(seen: Seen, count: int, base: str | None = None) -> Chosen:
    """Return what learns best in little time from `count` training images.

    A head on the given base; or on a pretrained base if its weights are on this machine, the images are in color and
    large enough, and there are not too many; else a small convnet with batch normalization.

    Raises:
        ConfigError: there is no such base, or the images are too small for it.
    """
    if base is not None:
        if base not in NETWORKS:
            raise ConfigError(f"--base: {unknown_network(base)}")
        check_size(base, seen.side, seen.side)
        return _pretrained(seen, base)
    suits = not seen.gray and seen.side >= _LEAST_SIDE and count <= _FEW
    base = next((name for name in _BASES if _at_hand(name)), None) if suits else None
    if base is not None:
        return _pretrained(seen, base)
    chosen = _convnet(seen, count)
    return chosen if not suits else _with_advice(chosen)


def _at_hand(base: str) -> bool:
    return on_this_machine(imagenet_file(base, "model.weights"), None) is not None


def _reading(seen: Seen) -> list[Option]:
    color = [Option("color_mode", "grayscale", "no image is in color")] if seen.gray else []
    return [Option("size", seen.side, seen.sizes), *color]


def _convnet(seen: Seen, count: int) -> Chosen:
    # on 2,000 gray images of clothes, twice these moves in 40 epochs gave 0.828 instead of 0.858 in 30, none 0.834
    changes = {"shift": 0.05, "zoom": 0.05, **({"flip": "horizontal"} if seen.mirrored else {})}
    strided = seen.side >= _STRIDED
    side = seen.side // 2 if strided else seen.side
    blocks = next(blocks for blocks in (4, 3, 2, 1) if side >= _SIDE * 2 ** (blocks - 1) or blocks == 1)
    batch = next((size for size, limit in _SMALL_BATCHES.items() if count < limit), _BATCH)
    each = -(-count // batch)
    epochs = min(_MOST_EPOCHS, max(_LEAST_EPOCHS, round(_STEPS / each)))
    decay = {"name": "cosine_decay", "initial_learning_rate": _RATE, "decay_steps": epochs * each}
    return Chosen(
        _reading(seen),
        [
            Option("transforms", ["rescale"], "0 to 255 becomes 0 to 1"),
            Option("augmentation", changes, "random changes of training images"),
        ],
        [
            Option("name", "convnet"),
            Option("filters", [32, 64, 128, 128][:blocks]),
            *([Option("strides", [2, *[1] * (blocks - 1)], "half the sides at once")] if strided else []),
            Option("padding", "same"),
            Option("batch_normalization", True),
            Option("units", []),
            Option("dropout", 0.5),
        ],
        [
            Option("optimizer", [Option("name", "adam"), Option("learning_rate", decay, f"to 0 in {epochs} epochs")]),
            Option("epochs", epochs),
            Option("batch_size", batch),
        ],
        [],
        [seen.why],
    )


def _pretrained(seen: Seen, base: str) -> Chosen:
    return Chosen(
        _reading(seen),
        [],
        [
            Option("name", "pretrained"),
            Option("base", base, "its weights are on this machine" if _at_hand(base) else "its weights are downloaded"),
            Option("train", "features", "the head, on outputs of the base that are computed once"),
            Option("pooling", "average"),
            Option("units", []),
            Option("dropout", 0.2),
        ],
        [Option("optimizer", "adam"), Option("epochs", 30), Option("batch_size", _BATCH)],
        [Item({"name": "early_stopping", "monitor": "val_loss", "patience": 5})],
    )


def _with_advice(chosen: Chosen) -> Chosen:
    """Return the same with a line about the base that would learn more."""
    line = f"With --base {_SMALLEST}, dlpy new takes a pretrained base, which likely learns more (a download)"
    return Chosen(**{**vars(chosen), "about": [*chosen.about, line]})
