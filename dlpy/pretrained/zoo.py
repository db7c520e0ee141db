"""The networks of keras.applications, and their properties that dlpy needs before Keras is imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.pretrained.zoo_checksums import WITH_CLASSIFIER, WITHOUT_CLASSIFIER
from dlpy.storage.locate import Remote

_SITE = "https://storage.googleapis.com/"
_FOLDER = "tensorflow/keras-applications/"
_KERNELS = "_weights_tf_dim_ordering_tf_kernels_notop.h5"  # the usual end of a file name; * in the table
_NO_CLASSIFIER = re.compile(r"[-_]no[-_]?top(_v2)?(?=\.h5$)")  # not in the names of files with a classifier

Range = Literal["caffe", "tf", "torch", "inside", "fixed"]


@dataclass(frozen=True)
class Network:
    """A network without its classifier.

    constructor: its name in keras.applications.
    range: the range of its input. caffe: blue, green, red, each minus ImageNet's mean; tf: -1 to 1; torch: 0 to 1,
        standardized by ImageNet's colors; inside: 0 to 255 with preprocessing in the network, which can be switched
        off; fixed: the same, which cannot be switched off.
    file: path of its ImageNet weights, below the folder of keras.applications.
    least: the smallest side of an image that Keras accepts.
    keras_name: name of the file in Keras' cache, if it differs.
    """

    constructor: str
    range: Range
    file: str
    least: int = 32
    keras_name: str | None = None


def imagenet_file(name: str, option: str, *, classifier: bool = False) -> Remote:
    """Return the remote file of a network's ImageNet weights, with or without the classifier.

    Args:
        option: the option that can name a local copy, for the error message.
    """
    network = NETWORKS[name]
    path, keras_name = network.file.replace("*", _KERNELS), network.keras_name
    if classifier:
        path, keras_name = _NO_CLASSIFIER.sub("", path), keras_name and _NO_CLASSIFIER.sub("", keras_name)
    folder = "" if path.startswith("keras-applications/") else _FOLDER
    return Remote(
        path.rpartition("/")[2],
        f"{_SITE}{folder}{path}",
        (WITH_CLASSIFIER if classifier else WITHOUT_CLASSIFIER).get(name),
        keras_folder="models",
        keras_name=keras_name,
        max_bytes=2 << 30,
        advice=f"Put it into the folder $DLPY_DATA, or give its path as {option}.",
    )


def unknown_network(name: str) -> str:
    """Return the error message for an unknown network; Keras' own spelling gets the right suggestion."""
    spelling = {known.replace("_", ""): known for known in NETWORKS}
    meant = spelling.get(re.sub(r"[^a-z0-9]", "", name.lower()), name)
    return f"keras.applications has no network '{name}'.{did_you_mean(meant, NETWORKS)}"


def check_size(name: str, height: int | None, width: int | None) -> None:
    """Raise ConfigError if images are smaller than a network accepts; None is any size."""
    least = NETWORKS[name].least
    if min(side for side in (height, width, least) if side is not None) < least:
        raise ConfigError(f"{name} needs images of at least {least} x {least}, not {height} x {width}: enlarge them.")


NETWORKS = {
    "convnext_base": Network("ConvNeXtBase", "inside", "convnext/convnext_base_notop.h5"),
    "convnext_large": Network("ConvNeXtLarge", "inside", "convnext/convnext_large_notop.h5"),
    "convnext_small": Network("ConvNeXtSmall", "inside", "convnext/convnext_small_notop.h5"),
    "convnext_tiny": Network("ConvNeXtTiny", "inside", "convnext/convnext_tiny_notop.h5"),
    "convnext_xlarge": Network("ConvNeXtXLarge", "inside", "convnext/convnext_xlarge_notop.h5"),
    "densenet121": Network("DenseNet121", "torch", "densenet/densenet121*"),
    "densenet169": Network("DenseNet169", "torch", "densenet/densenet169*"),
    "densenet201": Network("DenseNet201", "torch", "densenet/densenet201*"),
    "efficientnet_b0": Network("EfficientNetB0", "fixed", "keras-applications/efficientnetb0_notop.h5"),
    "efficientnet_b1": Network("EfficientNetB1", "fixed", "keras-applications/efficientnetb1_notop.h5"),
    "efficientnet_b2": Network("EfficientNetB2", "fixed", "keras-applications/efficientnetb2_notop.h5"),
    "efficientnet_b3": Network("EfficientNetB3", "fixed", "keras-applications/efficientnetb3_notop.h5"),
    "efficientnet_b4": Network("EfficientNetB4", "fixed", "keras-applications/efficientnetb4_notop.h5"),
    "efficientnet_b5": Network("EfficientNetB5", "fixed", "keras-applications/efficientnetb5_notop.h5"),
    "efficientnet_b6": Network("EfficientNetB6", "fixed", "keras-applications/efficientnetb6_notop.h5"),
    "efficientnet_b7": Network("EfficientNetB7", "fixed", "keras-applications/efficientnetb7_notop.h5"),
    "efficientnet_v2_b0": Network("EfficientNetV2B0", "inside", "efficientnet_v2/efficientnetv2-b0_notop.h5"),
    "efficientnet_v2_b1": Network("EfficientNetV2B1", "inside", "efficientnet_v2/efficientnetv2-b1_notop.h5"),
    "efficientnet_v2_b2": Network("EfficientNetV2B2", "inside", "efficientnet_v2/efficientnetv2-b2_notop.h5"),
    "efficientnet_v2_b3": Network("EfficientNetV2B3", "inside", "efficientnet_v2/efficientnetv2-b3_notop.h5"),
    "efficientnet_v2_l": Network("EfficientNetV2L", "inside", "efficientnet_v2/efficientnetv2-l_notop.h5"),
    "efficientnet_v2_m": Network("EfficientNetV2M", "inside", "efficientnet_v2/efficientnetv2-m_notop.h5"),
    "efficientnet_v2_s": Network("EfficientNetV2S", "inside", "efficientnet_v2/efficientnetv2-s_notop.h5"),
    "inception_resnet_v2": Network("InceptionResNetV2", "tf", "inception_resnet_v2/inception_resnet_v2*", least=75),
    "inception_v3": Network("InceptionV3", "tf", "inception_v3/inception_v3*", least=75),
    "mobilenet": Network("MobileNet", "tf", "mobilenet/mobilenet_1_0_224_tf_no_top.h5"),
    "mobilenet_v2": Network(
        "MobileNetV2", "tf", "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
    ),
    "mobilenet_v3_large": Network(
        "MobileNetV3Large", "inside", "mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5"
    ),
    "mobilenet_v3_small": Network(
        "MobileNetV3Small", "inside", "mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5"
    ),
    "nasnet_large": Network("NASNetLarge", "tf", "nasnet/NASNet-large-no-top.h5", keras_name="nasnet_large_no_top.h5"),
    "nasnet_mobile": Network(
        "NASNetMobile", "tf", "nasnet/NASNet-mobile-no-top.h5", keras_name="nasnet_mobile_no_top.h5"
    ),
    "resnet101": Network("ResNet101", "caffe", "resnet/resnet101*"),
    "resnet101_v2": Network("ResNet101V2", "tf", "resnet/resnet101v2*"),
    "resnet152": Network("ResNet152", "caffe", "resnet/resnet152*"),
    "resnet152_v2": Network("ResNet152V2", "tf", "resnet/resnet152v2*"),
    "resnet50": Network("ResNet50", "caffe", "resnet/resnet50*"),
    "resnet50_v2": Network("ResNet50V2", "tf", "resnet/resnet50v2*"),
    "vgg16": Network("VGG16", "caffe", "vgg16/vgg16*"),
    "vgg19": Network("VGG19", "caffe", "vgg19/vgg19*"),
    "xception": Network("Xception", "tf", "xception/xception*", least=71),
}
