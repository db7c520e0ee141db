"""Language modelling on your own text."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from dlpy.core.errors import ConfigError
from dlpy.data.rows import Loaded, Source
from dlpy.datasets._prose import Prose, read_text


class LanguageModel(Prose):
    """A UTF-8 text file, `path`: the model learns to predict the next token, and `dlpy generate` continues a text.

    The end of the text is held out. Tokens that only occur there are mapped to one unknown token, never generated.
    """

    name: Literal["language_model"] = "language_model"

    @model_validator(mode="after")
    def _has_path(self) -> LanguageModel:
        if self.path is None:
            raise ValueError("language_model needs 'path', the path of the text file")
        return self

    def check(self) -> None:
        path = self._file()
        if path.is_file() and path.stat().st_size <= self.window:
            needed = f"a window of {self.window} {self.by}s and its target need more"
            raise ConfigError(f"{path} has {path.stat().st_size} bytes; {needed}. Use a smaller window.")

    def load(self) -> Loaded:
        path = self._file()
        return self.loaded(read_text(path), Source("file", str(path)))

    def _file(self) -> Path:
        return Path(str(self.path)).expanduser()
