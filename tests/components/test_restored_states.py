"""The states that callbacks get back when a run is resumed."""

import json
from pathlib import Path
from typing import Any

from dlpy.components.hooks import Hooks, restore_states
from dlpy.core.parsing import read_json
from dlpy.runs.checkpoint_files import CheckpointState


class Names(Hooks):
    """Keeps the list that it gets back, and appends to it."""

    names: list[str]

    def restore(self, state: dict[str, Any]) -> None:
        self.names = state["names"]
        self.names.append("after")


def test_what_a_callback_appends_is_not_there_when_the_same_checkpoint_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"epoch": 1, "callbacks": {"names": {"names": ["before"]}}}))
    for _ in range(2):
        state, hook = read_json(path, CheckpointState), Names()
        restore_states({"names": hook}, state.callbacks or {})
        assert hook.names == ["before", "after"]
