from tests.plots.conftest import make_run  # noqa: F401 - a fixture
