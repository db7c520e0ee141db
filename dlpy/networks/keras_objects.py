"""Other names of Keras' layers, and what their options name, with their options and defaults: data only.

Written by `python -m tests.networks.make_catalogue` for Keras 3.15.1; a test compares it with the installed Keras.
An option whose default is `...` is required. `name` is left out: a layer has the name that the experiment file gives.
"""

from typing import Any

# fmt: off

ALIASES: dict[str, str] = {
    "AvgPool1D": "AveragePooling1D", "AvgPool2D": "AveragePooling2D", "AvgPool3D": "AveragePooling3D",
        "Convolution1D": "Conv1D", "Convolution1DTranspose": "Conv1DTranspose", "Convolution2D": "Conv2D",
        "Convolution2DTranspose": "Conv2DTranspose", "Convolution3D": "Conv3D",
        "Convolution3DTranspose": "Conv3DTranspose", "GlobalAvgPool1D": "GlobalAveragePooling1D",
        "GlobalAvgPool2D": "GlobalAveragePooling2D", "GlobalAvgPool3D": "GlobalAveragePooling3D",
        "GlobalMaxPool1D": "GlobalMaxPooling1D", "GlobalMaxPool2D": "GlobalMaxPooling2D",
        "GlobalMaxPool3D": "GlobalMaxPooling3D", "MaxPool1D": "MaxPooling1D", "MaxPool2D": "MaxPooling2D",
        "MaxPool3D": "MaxPooling3D", "SeparableConvolution1D": "SeparableConv1D",
        "SeparableConvolution2D": "SeparableConv2D",
}

LEFT_OUT: tuple[str, ...] = (
    "CutMix", "FlaxLayer", "GRUCell", "InputLayer", "JaxLayer", "LSTMCell", "Lambda", "Layer", "MaxNumBoundingBoxes",
        "MixUp", "Pipeline", "RNN", "SimpleRNNCell", "StackedRNNCells", "StringLookup", "TFSMLayer",
        "TextVectorization", "TorchModuleWrapper", "Wrapper",
)

ACTIVATIONS: tuple[str, ...] = (
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
        "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
        "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus",
        "swish", "tanh", "tanh_shrink", "threshold",
)

INITIALIZERS: dict[str, dict[str, Any]] = {
    "Constant": {"value": 0.0},
    "GlorotNormal": {"seed": None, "input_axes": None, "output_axes": None},
    "GlorotUniform": {"seed": None, "input_axes": None, "output_axes": None},
    "HeNormal": {"seed": None, "input_axes": None, "output_axes": None},
    "HeUniform": {"seed": None, "input_axes": None, "output_axes": None},
    "Identity": {"gain": 1.0},
    "LecunNormal": {"seed": None, "input_axes": None, "output_axes": None},
    "LecunUniform": {"seed": None, "input_axes": None, "output_axes": None},
    "Ones": {},
    "Orthogonal": {"gain": 1.0, "seed": None},
    "RandomNormal": {"mean": 0.0, "stddev": 0.05, "seed": None},
    "RandomUniform": {"minval": -0.05, "maxval": 0.05, "seed": None},
    "STFT": {"side": "real", "window": "hann", "scaling": "density", "periodic": False},
    "TruncatedNormal": {"mean": 0.0, "stddev": 0.05, "seed": None},
    "VarianceScaling": {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", "seed": None,
        "input_axes": None, "output_axes": None},
    "Zeros": {},
}

INITIALIZER_NAMES: dict[str, str] = {
    "Constant": "Constant", "GlorotNormal": "GlorotNormal", "GlorotUniform": "GlorotUniform", "HeNormal": "HeNormal",
        "HeUniform": "HeUniform", "Identity": "Identity", "IdentityInitializer": "Identity",
        "LecunNormal": "LecunNormal", "LecunUniform": "LecunUniform", "Ones": "Ones", "Orthogonal": "Orthogonal",
        "OrthogonalInitializer": "Orthogonal", "RandomNormal": "RandomNormal", "RandomUniform": "RandomUniform",
        "STFT": "STFT", "STFTInitializer": "STFT", "TruncatedNormal": "TruncatedNormal",
        "VarianceScaling": "VarianceScaling", "Zeros": "Zeros", "constant": "Constant",
        "glorot_normal": "GlorotNormal", "glorot_uniform": "GlorotUniform", "he_normal": "HeNormal",
        "he_uniform": "HeUniform", "identity": "Identity", "lecun_normal": "LecunNormal",
        "lecun_uniform": "LecunUniform", "normal": "RandomNormal", "one": "Ones", "ones": "Ones",
        "orthogonal": "Orthogonal", "random_normal": "RandomNormal", "random_uniform": "RandomUniform", "stft": "STFT",
        "truncated_normal": "TruncatedNormal", "uniform": "RandomUniform", "variance_scaling": "VarianceScaling",
        "zero": "Zeros", "zeros": "Zeros",
}

REGULARIZERS: dict[str, dict[str, Any]] = {
    "L1": {"l1": 0.01},
    "L1L2": {"l1": 0.0, "l2": 0.0},
    "L2": {"l2": 0.01},
    "OrthogonalRegularizer": {"factor": 0.01, "mode": "rows"},
}

REGULARIZER_NAMES: dict[str, str] = {
    "L1": "L1", "L1L2": "L1L2", "L2": "L2", "OrthogonalRegularizer": "OrthogonalRegularizer", "l1": "L1",
        "l1l2": "L1L2", "l2": "L2", "orthogonal_regularizer": "OrthogonalRegularizer",
}

CONSTRAINTS: dict[str, dict[str, Any]] = {
    "MaxNorm": {"max_value": 2, "axis": 0},
    "MinMaxNorm": {"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0},
    "NonNeg": {},
    "UnitNorm": {"axis": 0},
}

CONSTRAINT_NAMES: dict[str, str] = {
    "MaxNorm": "MaxNorm", "MinMaxNorm": "MinMaxNorm", "NonNeg": "NonNeg", "UnitNorm": "UnitNorm",
        "max_norm": "MaxNorm", "min_max_norm": "MinMaxNorm", "non_neg": "NonNeg", "unit_norm": "UnitNorm",
}
