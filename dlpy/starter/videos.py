"""Generates an experiment file for a folder of videos."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.images.files import Form, read_pictures, read_sizes
from dlpy.data.images.videos import ANIMATED, VideoForm, frame_count, frame_files
from dlpy.datasets._folders import entries, folder_names
from dlpy.datasets._image_files import Listing
from dlpy.datasets._video_files import MOVIES, by_folder
from dlpy.starter.blocks import HELD_OUT
from dlpy.starter.wording import Item, Option, experiment_file, listed, plural, relative

_LOOKED_AT = 200  # videos
_FRAMES, _SIDE = 16, 64  # at most
_NUMBERED = re.compile(r"(.*?)([0-9]+)")
_GROUPED = re.compile(r"(.+?)_[0-9]+(\.[a-z]+)?")
_LEAST_GROUPS = 5  # in each class, of two videos on average, to be held out as a whole


def holds_videos(folder: Path, classes: Sequence[str]) -> bool:
    """Return whether class folders hold videos, judging by a few files of each.

    A folder is a video if its images are numbered one after another; a file is one if it has several frames.
    """
    found = [_holds_videos(folder / name) for name in classes]
    return any(found) and None not in found


def _holds_videos(folder: Path) -> bool | None:
    """Return whether a class folder holds videos, or None if it holds something else."""
    files = [Path(entry.path) for entry in islice(entries(folder), 20) if entry.is_file(follow_symlinks=False)]
    if any(path.suffix.lower() in MOVIES for path in files):
        return True
    moving = [path for path in files if path.suffix.lower() in ANIMATED]
    if moving:
        return True if all(_count(path) > 1 for path in moving[:5]) else None
    folders = [folder / name for name in islice(folder_names(folder), 5)]
    return True if folders and all(_is_numbered(frame_files(one)) for one in folders) else None


def _is_numbered(files: Sequence[Path]) -> bool:
    """Return whether the names of files differ only in a number, which grows in equal steps from file to file."""
    found = [_NUMBERED.fullmatch(path.stem) for path in files]
    parts = [(match[1], int(match[2])) for match in found if match]
    steps = {after - before for (_, before), (_, after) in pairwise(parts)}
    return 1 < len(parts) == len(files) and len({prefix for prefix, _ in parts}) == 1 and len(steps) == 1


def _count(path: Path) -> int:
    try:
        return frame_count(path)
    except DataError:
        return 0


@dataclass(frozen=True)
class _Seen:
    """What a sample of videos tells: numbers of frames, sizes (height, width), and whether none is in color."""

    counts: list[int]
    sizes: list[tuple[int, int]]
    gray: bool


def _look(root: Path, names: Sequence[str]) -> _Seen:
    chosen = np.unique(np.linspace(0, len(names) - 1, min(len(names), _LOOKED_AT)).astype(int))
    paths = [root / names[int(place)] for place in chosen]
    first = [frame_files(path)[0] if path.is_dir() else path for path in paths]
    sizes = [size for size in read_sizes(first) if not isinstance(size, DataError)]
    form = VideoForm(Form((16, 16), convert=True), 2, None, "repeat")
    read = [video for video in read_pictures(paths, form) if isinstance(video, np.ndarray)]
    if not sizes or not read:
        raise DataError(f"none of the videos in {root} can be read, such as {names[0]}.")
    counts = [count for path in paths if (count := _count(path)) > 0]
    return _Seen(counts, sizes, all((video == video[..., :1]).all() for video in read))


def experiment_for_videos(folder: Path, parts: dict[str, str], output: Path) -> str:
    """Return an experiment file, to be written to `output`, that classifies the videos in a folder.

    Args:
        parts: the folder of each split (train, validation, test), if there are such folders.

    Raises:
        DataError: there are no videos that can be read.
    """
    listing = by_folder(folder, parts.get("train", ""), None, None)
    seen, classes = _look(folder, listing.names), listing.output.classes
    frames = max(2, min(_FRAMES, int(np.quantile(seen.counts, 0.1))))
    named = {part: parts[part] for part in ("train", "validation", "test") if part in parts}
    data = [
        Option("name", "video_folder"),
        Option("path", relative(folder, output)),
        *([Option("parts", named, "folders in path")] if parts else []),
        Option("frames", frames, _lengths(seen)),
        *([Option("short", "repeat", "shorter ones repeat frames")] if min(seen.counts) < frames else []),
        *_sizes(seen),
        *_groups(listing),
        *(option for option in HELD_OUT if option.key not in parts),
        Option("transforms", ["rescale"], "0 to 255 becomes 0 to 1"),
    ]
    title = [f"Classifies the videos in {folder.name} ({plural(len(listing.names), 'video')})."]
    title.append(f"{len(classes)} classes: {listed([*classes])}")
    training = [Option("optimizer", "adam"), Option("epochs", 40), Option("batch_size", 16)]
    stop = [Item({"name": "early_stopping", "monitor": "val_loss", "patience": 8})]
    blocks = {"data": data, "model": _model(frames), "training": training, "callbacks": stop}
    return experiment_file(title, output, blocks)


def _model(frames: int) -> list[Option]:
    pools = [1, 2, 2] if frames >= 8 else [1]
    return [
        Option("name", "video"),
        Option("kind", "conv3d", "or conv2plus1d; conv2d with recurrent: {cell: gru}"),
        Option("filters", [16, 32, 64]),
        Option("pooling_frames", pools),
        Option("batch_normalization", True),
        Option("dropout", 0.3),
    ]


def _lengths(seen: _Seen) -> str:
    low, high = min(seen.counts), max(seen.counts)
    return f"taken evenly; videos have {low} frames" if low == high else f"taken evenly; videos have {low} to {high}"


def _sizes(seen: _Seen) -> list[Option]:
    """Return the options of the frames' size and color."""
    height, width = (int(np.median(sides)) for sides in zip(*seen.sizes, strict=True))
    scale = min(1.0, _SIDE / max(height, width))
    size = [max(8, round(side * scale)) for side in (height, width)]
    about = f"frames have {width} x {height} pixels" + (" or other sizes" if len({*seen.sizes}) > 1 else "")
    color = [Option("color_mode", "grayscale", "no video is in color")] if seen.gray else []
    return [Option("size", size, about), *color]


def _groups(listing: Listing) -> list[Option]:
    """Return the option that keeps videos of one start of a name together, if names suggest that."""
    found = [_GROUPED.fullmatch(Path(name).name) for name in listing.names]
    if not all(found):
        return []
    starts = [match[1] if match else "" for match in found]
    groups = Counter(zip(listing.y.tolist(), starts, strict=True))
    least = min(Counter(label for label, _ in groups).values())
    if least < _LEAST_GROUPS or len(listing.names) < 2 * len(groups):
        return []
    pattern = "{group}_*"
    return [Option("group", pattern, f"videos such as {starts[0]}_* stay in one split; remove if they are unrelated")]
