"""The warm process itself: `python -m dlpy.cli.warm_process MINUTES`, started by `dlpy warm` and $DLPY_WARM."""

from __future__ import annotations

import gc
import sys
from pathlib import Path


def main(minutes: float) -> int:
    """Be the warm process; return the exit status."""
    from dlpy.cli.lines import complain, say
    from dlpy.cli.main import parser, run
    from dlpy.cli.start import NEW_OBJECTS
    from dlpy.core.errors import DlpyError
    from dlpy.drawing.ahead import prepare_to_draw
    from dlpy.warm.start import serve

    gc.set_threshold(NEW_OBJECTS)

    def prepare() -> None:
        parser().make()
        prepare_to_draw()

    def ready(path: Path) -> None:
        say(
            f"ready: commands of this user start from this process, through {path}",
            f"It ends after {minutes:g} minutes without a command, with Ctrl-C, or with: dlpy warm --stop",
        )
        sys.stdout.flush()

    try:
        serve(minutes, prepare, run, ready)
    except DlpyError as error:
        complain(f"error: {error}")
        return error.exit_status
    except KeyboardInterrupt:  # while TensorFlow is imported
        return 130
    return 0


if __name__ == "__main__":  # processes that train folds import this file too
    sys.exit(main(float(sys.argv[1])))
