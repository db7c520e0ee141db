"""`dlpy.api` is all that plug-ins import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from dlpy import api

SOURCE = ast.parse(Path(api.__file__).read_text())


def test_names_seen_by_type_checkers_are_those_that_can_be_imported() -> None:
    (block,) = [node for node in SOURCE.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == api._MODULES
    assert len(seen) > 40


@pytest.mark.parametrize("name", dir(api))
def test_every_promised_name_is_there(name: str) -> None:
    assert getattr(api, name) is not None


def test_a_plugin_that_uses_every_name_is_loaded(tmp_path: Path, bench) -> None:
    uses = "".join(f"assert {name} is not None\n" for name in dir(api))
    component = (
        "class Whole(Plot):\n    name: Literal['whole'] = 'whole'\n\n    def draw(self, runs):\n        return {}\n"
    )
    Path("whole.py").write_text(
        f"from typing import Literal\n\nfrom dlpy.api import {', '.join(dir(api))}\n\n{uses}\n\n{component}"
    )
    status, _, errors = bench.run("check", bench.experiment(plugins=["whole.py"]))
    assert (status, errors.splitlines()) == (0, [])


@pytest.mark.parametrize(
    "line", ["from dlpy.components import Plot", "from dlpy.data import Task", "import dlpy.blocks"]
)
def test_a_plugin_that_imports_from_elsewhere_is_told_where_from(line: str, bench) -> None:
    Path("old.py").write_text(f"{line}\n")
    status, *texts = bench.run("check", bench.experiment(plugins=["old.py"]))
    assert status == 2
    assert "In plug-ins, import from dlpy.api: from dlpy.api import Model, Task (line 1)" in "".join(texts)
    assert "Traceback" not in "".join(texts)


def test_the_interface_costs_nothing_until_a_name_is_used() -> None:
    code = "import sys, dlpy.api; print(sorted(name for name in sys.modules if name.startswith(('dlpy.', 'numpy', 'keras'))))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "['dlpy.api']"
