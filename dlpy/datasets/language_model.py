"""Your own text, to be gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Loaded, Source
from dlpy.datasets._prose import Prose, read_text


class LanguageModel(Prose):
    """Any text file, `path`, in UTF-8: a model learns what comes next, and `dlpy generate` goes on with a text.

    The last part of the text is held out. What only occurs there counts as one unknown token, never written.
    """

    name: Literal["language_model"] = "language_model"

    @model_validator(mode="after")
    def _has_path(self) -> LanguageModel:
        if self.path is None:
            raise ValueError("language_model needs 'path', the text file")
        return self

    def check(self) -> None:
        path = self._file()
        if path.is_file() and path.stat().st_size <= self.window:
            held = f"{path} holds {path.stat().st_size} bytes"
            raise ConfigError(f"{held}, and a window of {self.window} {self.by}s and what follows take more.")

    def load(self) -> Loaded:
        path = self._file()
        return self.loaded(read_text(path), Source("file", str(path)))

    def _file(self) -> Path:
        return Path(str(self.path)).expanduser()
