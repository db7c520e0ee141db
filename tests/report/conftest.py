from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plots.conftest import make_run  # noqa: F401 - a fixture


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """A headless Chromium of this machine."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[browser]'")
    found = next(
        (path for name in ("chromium", "chromium-browser") if (path := Path("/usr/bin") / name).exists()), None
    )
    if found is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    with api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=str(found), args=["--no-sandbox"])
        yield started
        started.close()
