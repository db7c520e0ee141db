"""Writings of Nietzsche, the text that the book's language model is trained on."""

from __future__ import annotations

from typing import Literal

from dlpy.data.rows import Loaded, Source
from dlpy.datasets._prose import Prose, read_text
from dlpy.storage.locate import Remote, locate

TEXT = Remote(
    "nietzsche.txt",
    "https://s3.amazonaws.com/text-datasets/nietzsche.txt",
    None,
    max_bytes=10_000_000,
)


class Nietzsche(Prose):
    """Writings of Nietzsche in English, in lower case: 600,893 characters, 57 distinct ones (Chollet 2017, 8.1).

    With `targets: last` and nothing held out you get the 200,278 windows of the book. `path` is nietzsche.txt.
    """

    name: Literal["nietzsche"] = "nietzsche"
    lower: bool = True

    def load(self) -> Loaded:
        path = locate(TEXT, self.path)
        return self.loaded(read_text(path), Source("file", str(path)))
