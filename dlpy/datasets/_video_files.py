"""Lists of videos and their classes, read from folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.images.videos import ANIMATED, FRAMES, frame_files, in_natural_order, is_visible_file
from dlpy.datasets._folders import class_folder, class_folders, entries, output_of
from dlpy.datasets._image_files import Listing, common_size, expression_of, parts_among

MOVIES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv", ".flv")


def by_folder(root: Path, part: str, classes: list[str] | None, group: str | None) -> Listing:
    """Return the videos in each class folder under `root / part`, and their groups if there is a pattern of these."""
    folder = root / part
    found = classes or class_folders(folder)
    parts = {} if classes else parts_among(found)
    if parts:
        spelled = ", ".join(f"{part}: {name}" for part, name in parts.items())
        raise DataError(
            f"{folder} contains splits, not classes, judging by the folder names: set data.parts: {{{spelled}}}."
        )
    videos = [videos_of(class_folder(folder, name)) for name in found]
    names = [video.relative_to(root).as_posix() for some in videos for video in some]
    columns = {}
    if group is not None:
        below = [video.relative_to(folder / name) for name, some in zip(found, videos, strict=True) for video in some]
        columns["group"] = np.array([_group_of(path, group, folder) for path in below])
    y = np.repeat(np.arange(len(found)), [len(some) for some in videos])
    return Listing(names, y, output_of(found), columns)


def videos_at(path: Path) -> tuple[list[Path], list[str]]:
    """Return the videos below a folder, and their names; of a file or a folder of frames, that alone."""
    if not path.is_dir() or frame_files(path):
        return [path], [path.name]
    found = videos_of(path)
    return found, [video.relative_to(path).as_posix() for video in found]


def videos_of(folder: Path) -> list[Path]:
    """Return the videos in a folder of videos and its subfolders, in natural order.

    Raises:
        DataError: there are none, or files that are no videos dlpy can read.
    """
    found = [*_videos_under(folder, is_top=True)]
    if not found:
        raise DataError(
            f"{folder} contains no videos: neither folders of frames ({', '.join(FRAMES)}) nor animated images "
            f"({', '.join(ANIMATED)})."
        )
    return found


def common_frame_size(root: Path, names: list[str]) -> list[int]:
    """Return the height and width common to all frames of all videos.

    Raises:
        DataError: frames have different sizes.
    """
    frames: list[str] = []
    for name in names:
        video = root / name
        files = frame_files(video) if video.is_dir() else [video]
        frames += [file.relative_to(root).as_posix() for file in files]
    return common_size(root, frames)


def _videos_under(folder: Path, *, is_top: bool = False) -> Iterator[Path]:
    """Yield the videos in a folder and its subfolders; a folder with frames is one, except the first."""
    if not is_top and frame_files(folder):
        yield folder
        return
    for entry in sorted(entries(folder), key=lambda entry: in_natural_order(entry.name)):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _videos_under(path)
        elif is_visible_file(path):
            _check_readable(path)
            if path.name.lower().endswith(ANIMATED):
                yield path


def _check_readable(path: Path) -> None:
    """Raise DataError for a file that the user may have meant as a video, but dlpy cannot read as one."""
    suffix = path.suffix.lower()
    if suffix in MOVIES:
        target = path.with_suffix("")
        raise DataError(
            f"{path}: dlpy does not decode {suffix} files. Extract the frames into a folder and move the file away: "
            f"mkdir '{target}' && ffmpeg -i '{path}' '{target}/%05d.jpg'"
        )
    if suffix in FRAMES and suffix not in ANIMATED:
        raise DataError(
            f"{path} is a single image: give each video a folder of its own for its frames, or use image_folder for "
            "images."
        )


def _group_of(path: Path, pattern: str, folder: Path) -> str:
    """Return the group of a video, given its path below its class folder.

    Raises:
        DataError: the path does not match the pattern.
    """
    found = expression_of(pattern, "group").fullmatch(path.as_posix())
    if found is None:
        raise DataError(f"data.group: '{pattern}' does not match the video '{path.as_posix()}' in {folder}.")
    return found[1]
