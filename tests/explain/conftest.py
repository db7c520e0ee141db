from pathlib import Path

import pytest
from corners import CORNERS, DATA, MODEL, TRAINING, corner_picture
from PIL import Image


@pytest.fixture
def corner_run(bench) -> Path:
    """The folder of runs, with one that tells corners apart; pictures lie beside it."""
    run = bench.trained(bench.experiment(data=DATA, model=MODEL, training=TRAINING))
    for corner in CORNERS:
        Image.fromarray(corner_picture(corner, 999)).save(bench.folder / f"{corner}.png")
    return run.path
