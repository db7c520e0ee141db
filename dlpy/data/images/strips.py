"""Videos as single images: a few frames beside each other."""

from __future__ import annotations

import numpy as np

_MOST_FRAMES = 8
_GAP = 24  # of the width of a frame: one part of it between two frames


def some_frames(rows: np.ndarray) -> np.ndarray:
    """Return videos (rows, frames, height, width, channels) with at most 8 frames of each; images as they are."""
    if rows.ndim != 5 or rows.shape[1] <= _MOST_FRAMES:
        return rows
    return rows[:, np.linspace(0, rows.shape[1] - 1, _MOST_FRAMES).round().astype(int)]


def strip(video: np.ndarray) -> np.ndarray:
    """Return at most 8 frames of a video (frames, height, width, channels) beside each other, with white gaps.

    Shape (height, width of the strip, channels). White is 255 for bytes, and else the largest number of the video.
    """
    (frames,) = some_frames(video[None])
    gap = max(1, frames.shape[2] // _GAP)
    white = 255 if video.dtype == np.uint8 else video.max()
    apart = np.pad(frames, ((0, 0), (0, 0), (0, gap), (0, 0)), constant_values=white)
    return np.concatenate([*apart], axis=1)[:, :-gap]
