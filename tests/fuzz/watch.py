"""What no input may do: raise anything but dlpy's own errors, take long, fill the memory, write, begin a process."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from dlpy.core.errors import DlpyError

MOST_SECONDS = 5  # of computing, however busy the machine is
MOST_WAITING = 60  # until what computes nothing, as at a pipe, counts as hanging
MOST_MEGABYTES = 500
_CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link", "os.truncate", "shutil.rmtree"}
_REFUSED = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "socket.connect",
    "pickle.find_class",
}


def _peak_megabytes() -> int:
    """Return the most memory this program had so far; getrusage would count what it was before `exec` too."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in status if line.startswith("VmHWM:"))


class Watch:
    """Runs cases in a folder, and tells what each did that it should not have done.

    Args of an instance:
        own: folders of the cases, below that one, into which they may write.
    """

    def __init__(self, folder: Path, own: tuple[str, ...] = ("cache",)) -> None:
        self._allowed = [os.path.realpath(folder / name) for name in own]
        self._forbidden: list[str] = []
        self._active = False
        self.slowest = 0.0
        sys.addaudithook(self._seen)
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, self._late)
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))  # a bomb ends in MemoryError, not the machine

    def problem(self, run: Callable[[], object]) -> str:
        """Return what was wrong with a case, "" where nothing was."""
        self._forbidden.clear()
        before, began = _peak_megabytes(), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, MOST_WAITING)
        try:
            self._active = True
            found = _outcome(run)
            self._active = False
        except TimeoutError:  # just as the case was over
            found = ""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        seconds = time.process_time() - began
        self.slowest = max(self.slowest, seconds)
        grown = _peak_megabytes() - before
        if seconds > MOST_SECONDS:
            found = found or f"took {seconds:.1f} s"
        return found or (f"took {grown} MB" if grown > MOST_MEGABYTES else "; ".join(self._forbidden))

    def _seen(self, event: str, arguments: tuple) -> None:
        """Note what Python is about to do to the file system or beyond."""
        if not self._active:
            return
        if event == "subprocess.Popen" and "try_out" in str(arguments[1]):
            return  # the HDF5 library is tried out in a process of its own
        if event == "subprocess.Popen" and arguments[1][:1] == ["git"]:
            return  # run.json tells the commit
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        places = {"os.symlink": arguments[1:2], "os.link": arguments[1:2], "os.rename": arguments[:2]}.get(
            event, arguments[:1]
        )
        if event in ("os.remove", "os.rmdir") and arguments[1] >= 0:  # named below an open folder, as rmtree does
            places = [f"{Path(f'/proc/self/fd/{arguments[1]}').readlink()}/{arguments[0]}"]
        if event in _REFUSED or ((writes or event in _CHANGES) and not all(map(self._is_own, places))):
            self._forbidden.append(f"did {event} {str(arguments)[:200]}")

    def _is_own(self, path: object) -> bool:
        """Return whether a file, links followed, lies in a folder that may be written."""
        if isinstance(path, int) or path in (os.devnull, "assets"):
            return True  # it was opened before; Keras' own, in a temporary folder
        folder, name = os.path.split(str(path))
        place = f"{os.path.realpath(folder)}/{name}/"  # a link itself may be removed
        return any(place.startswith(f"{allowed}/") for allowed in self._allowed)

    def _late(self, number: int, frame: FrameType | None) -> None:
        if not self._active:
            return
        self._active = False
        raise TimeoutError("took too long\n" + "".join(traceback.format_stack(frame, 4)))


def _outcome(run: Callable[[], object]) -> str:
    """Return the traceback's end of what is none of dlpy's own errors."""
    try:
        run()
    except DlpyError as error:
        return "" if str(error).strip() else "an error without a word"
    except BaseException as error:
        where = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-3:]]
        return f"{type(error).__name__}: {str(error)[:300]} ({', '.join(where)})"
    return ""
