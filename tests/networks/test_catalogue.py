"""The catalogue of Keras' layers says what the installed Keras says."""

import pytest

from dlpy.networks import keras_objects
from dlpy.networks.keras_layers import LAYERS
from tests.networks.make_catalogue import sources

pytestmark = pytest.mark.slow  # imports Keras


def test_the_catalogue_is_that_of_the_installed_keras() -> None:
    for path, text in sources().items():
        assert path.read_text(encoding="utf-8") == text, "run python -m tests.networks.make_catalogue"


def test_options_and_defaults_are_those_of_the_documentation() -> None:
    assert len(LAYERS) >= 100
    assert LAYERS["LSTM"]["units"] is ...
    assert LAYERS["LSTM"]["recurrent_activation"] == "sigmoid"
    assert LAYERS["Conv2D"]["strides"] == (1, 1)
    assert LAYERS["Concatenate"] == {"axis": -1}
    assert LAYERS["Bidirectional"] == {"wrapped": ..., "merge_mode": "concat"}


def test_bases_functions_and_inputs_are_left_out() -> None:
    assert not {"Layer", "InputLayer", "Wrapper", "Lambda", "RNN", "LSTMCell", "TorchModuleWrapper"} & LAYERS.keys()
    assert {"Lambda", "InputLayer"} <= {*keras_objects.LEFT_OUT}
    assert keras_objects.ALIASES["MaxPool2D"] == "MaxPooling2D"
