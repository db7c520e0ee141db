"""Predictions of `dlpy predict`, written or printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlpy.training.predict import Predicted


def write(predicted: Predicted, output: Path | None, *, as_json: bool) -> None:
    """Write the predictions to the output file, or print them, and print a summary."""
    from dlpy.cli.lines import say, say_json, write_data
    from dlpy.storage.atomic import write_whole

    table = predicted.to_csv()
    if output is not None:
        write_whole(output, lambda path: path.write_text(table, encoding="utf-8"))
    if as_json:
        where = {"predictions": predicted.records()} if output is None else {"output": str(output)}
        unfamiliar = [item.record() for item in predicted.unfamiliar]
        say_json({"rows": len(predicted.lines), "unfamiliar": unfamiliar, **where})
    elif output is None:
        write_data(table)
    else:
        say(f"{len(predicted.lines):,} predictions: {output}")


def write_pieces(pieces: Iterator[Predicted], output: Path | None, *, as_json: bool) -> None:
    """Write the predictions for a file that is larger than memory while they are made."""
    from dlpy.cli.lines import say, say_json, write_data
    from dlpy.core.errors import ConfigError
    from dlpy.storage.atomic import write_whole

    if output is None:
        if as_json:
            raise ConfigError("--json: the file is larger than data.memory: write its predictions with --output FILE.")
        for number, predicted in enumerate(pieces):
            write_data(predicted.to_csv(with_names=number == 0))
        return
    counts: list[int] = []

    def fill(path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            for predicted in pieces:
                file.write(predicted.to_csv(with_names=not counts))
                counts.append(len(predicted.lines))

    write_whole(output, fill)
    if as_json:
        say_json({"rows": sum(counts), "output": str(output)})
    else:
        say(f"{sum(counts):,} predictions: {output}")
