"""What draws plots is imported in another thread, and is complete for whoever needs it meanwhile."""

import subprocess
import sys
from pathlib import Path

from dlpy import plots

_CODE = """
import sys
from dlpy.drawing.ahead import LIBRARIES, import_ahead
before = sum(name in sys.modules for name in LIBRARIES)
import_ahead()
from dlpy.components.plot import Plot
print(before, *Plot.registry.names())
from matplotlib.figure import Figure
import threading
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
assert all(name in sys.modules for name in LIBRARIES)
"""


def test_plots_are_complete_while_they_are_imported() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    files = [path.stem for path in Path(plots.__path__[0]).glob("[a-z]*.py")]
    assert done.stdout.split() == ["0", *sorted(files)]
