"""Your own videos, in one folder per class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.dataset import Dataset
from dlpy.core.errors import ConfigError
from dlpy.core.progress import progress_bar
from dlpy.data.images.cache import decoded
from dlpy.data.images.files import Form
from dlpy.data.images.videos import VideoForm
from dlpy.data.rows import Loaded, Rows, Source
from dlpy.data.splits import Holdout, for_limit, hold_out
from dlpy.data.task import Input, Task
from dlpy.datasets._folder_parts import Parts, by_part, held_out_by_part
from dlpy.datasets._folders import output_of
from dlpy.datasets._image_files import (
    Listing,
    OnBad,
    Size,
    require_inside,
    rows_to_predict,
    shuffled_rows,
    skipped_images,
)
from dlpy.datasets._table_options import generated_marks
from dlpy.datasets._video_files import by_folder, common_frame_size, videos_at
from dlpy.stand_ins.motion import MOTIONS, moving_shapes

_STAND_IN_ROWS = 1_200
_MOST_STARS = 2  # each one multiplies the cost of matching a name


class VideoFolder(Dataset):
    """Videos in one folder per class under `path`: a folder of frames (wave/7/001.jpg, ...) or an animated image each.

    Frames are JPEG, PNG or BMP files, in the order of the numbers in their names; animated images are GIF, WebP or PNG
    files. Folders between a class and its videos are read too; hidden files and symbolic links are not. Every video is
    decoded once, cached in $DLPY_CACHE (default: ~/.cache/dlpy), and read from there batch by batch. dlpy does not
    decode files such as MP4: `ffmpeg -i wave/7.mp4 wave/7/%05d.jpg` extracts their frames.
    """

    name: Literal["video_folder"] = "video_folder"
    frames: Annotated[int, Field(gt=0, le=10_000)] = 16
    """Number of frames taken from each video."""
    stride: Annotated[int, Field(gt=0, le=10_000)] | None = None
    """Every how many-th frame is taken, from the first one on: 1 takes the first ones. Default: frames are taken evenly
    from the whole video, however long."""
    short: Literal["error", "repeat"] = "error"
    """How to handle videos with too few frames. error: list them; repeat: repeat some of their frames."""
    size: Size | None = None
    """Height and width to which frames are resized, in pixels; one number for both. Default: the size of the frames,
    which must then all be equal."""
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    """Names of the classes to read, in the order of their numbers. Default: all, sorted by name."""
    parts: Parts | None = None
    """Folders in `path` that contain the splits, e.g. {train: train, validation: val}. Default: `path` is not split."""
    group: str | None = None
    """Pattern of the paths of videos below their class folder: videos with the same {group} always stay in the same
    split, for example '{group}_*' for anna_1.gif, anna_2.gif and tom_1.gif. Default: each video is a group."""
    test: Holdout | None = None
    """Test videos, used only by `dlpy evaluate`: a fraction (0.2) or a count (50). Default: none."""
    color_mode: Literal["rgb", "grayscale"] = "rgb"
    """Number of channels: 3 (rgb) or 1 (grayscale)."""
    resize: Literal["stretch", "crop", "pad"] = "stretch"
    """How to handle another aspect ratio: stretch the frames, crop the longer side, or pad the shorter with black."""
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box"] = "bilinear"
    """Interpolation method for resizing."""
    convert: bool = False
    """Convert frames that are not 8-bit RGB or grayscale: transparent ones (put on white), CMYK and 16-bit ones. false:
    such frames are errors."""
    on_bad: OnBad = "error"
    """How to handle unreadable or short videos. error: stop and list them; skip: skip them and record this in the
    run."""
    shuffle_seed: Annotated[int, Field(ge=0, le=10**18)] = 0
    """Seed for shuffling the rows."""

    @model_validator(mode="before")
    @classmethod
    def _held_out_by_part(cls, value: Any) -> Any:
        return held_out_by_part(value)

    @model_validator(mode="after")
    def _possible(self) -> VideoFolder:
        if self.path is None:
            raise ValueError("video_folder needs 'path', the folder of videos")
        if self.group is not None and (self.group.count("{group}") != 1 or self.group.count("*") > _MOST_STARS):
            raise ValueError(
                f"'group' should contain {{group}} once and at most {_MOST_STARS} *, such as '{{group}}_*'"
            )
        if self.test is not None and self.test.use:
            raise ValueError("'test' should be a fraction or a count")
        marks = {holdout.column for holdout in self.holdouts().values() if holdout.column}
        if marks - ({"part"} if self.parts else set()):
            raise ValueError("videos have no columns: hold out a fraction or a count, or set 'parts'")
        return self

    def outline(self) -> Task | None:
        return None if self.classes is None else Task.single(self._input(self.size), output_of(self.classes))

    def load(self) -> Loaded:
        root = Path(str(self.path))
        listing = self._listing(root)
        size = self.size or common_frame_size(root, listing.names)
        with progress_bar(f"reading {len(listing.names):,} videos") as progress:
            found = decoded(root, listing.names, self._form(size), progress)
        notes = skipped_images(listing.names, found, self.on_bad)
        rows = shuffled_rows(listing, found, self.shuffle_seed)
        skipped = f" ({len(notes)} unreadable or short videos skipped)" if notes else ""
        source = Source("file", f"{self.path}{skipped}")
        return self._loaded(rows, Task.single(self._input(size), listing.output), source, self.test, notes)

    def read(self, path: Path, task: Task) -> Rows:
        if self.size is None:
            raise ConfigError("data: 'size' must be set, as in the run's config.yaml.")
        paths, names = videos_at(path)
        return rows_to_predict(paths, names, self._form(self.size))

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        """Return generated videos of moving shapes; the best possible accuracy is 0.98."""
        classes = (self.classes or [*MOTIONS[:4]])[: len(MOTIONS)]
        height, width = self.size or [24, 24]
        test = for_limit(self.test, limit)
        count = min(_STAND_IN_ROWS, limit or _STAND_IN_ROWS)
        random = np.random.default_rng([seed, 82])
        x, y = moving_shapes(random, count, (self.frames, height, width), len(classes))
        x = np.repeat(x, self._form([height, width]).frame.channels, axis=-1)
        columns = generated_marks(count, [holdout for holdout in (self.validation, test) if holdout and holdout.column])
        columns |= {"group": np.arange(count) // 5} if self.group else {}
        task = Task.single(self._input([height, width]), output_of(classes))
        source = Source("stand-in", f"generated videos instead of {self.path}")
        return self._loaded(Rows.single(x, y, columns), task, source, test, [])

    def _loaded(self, rows: Rows, task: Task, source: Source, test: Holdout | None, notes: list[str]) -> Loaded:
        resolved: dict[str, object] = {"size": list(task.input.shape[1:3]), "classes": list(task.output.classes)}
        return hold_out(Loaded(rows, None, task, source, resolved, tuple(notes)), test, self.split_seed)

    def _listing(self, root: Path) -> Listing:
        return by_part(self.parts, lambda folder: self._part(root, folder)) if self.parts else self._part(root, "")

    def _part(self, root: Path, folder: str) -> Listing:
        require_inside(root, folder)
        return by_folder(root, folder, self.classes, self.group)

    def _form(self, size: list[int]) -> VideoForm:
        height, width = size
        frame = Form((height, width), self.color_mode, self.resize, self.interpolation, self.convert)
        return VideoForm(frame, self.frames, self.stride, self.short)

    def _input(self, size: list[int] | None) -> Input:
        sides = size or (None, None)
        return Input("array", (self.frames, *sides, 3 if self.color_mode == "rgb" else 1))
