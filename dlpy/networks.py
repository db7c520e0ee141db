"""The networks of keras.applications: what dlpy must know of each before Keras is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dlpy.fetch import Remote

_SITE = "https://storage.googleapis.com/"
_FOLDER = "tensorflow/keras-applications/"
_KERNELS = "_weights_tf_dim_ordering_tf_kernels_notop.h5"  # how most of the files end; the table writes a star

Range = Literal["caffe", "tf", "torch", "inside", "fixed"]


@dataclass(frozen=True)
class Network:
    """A network without its classifier.

    constructor: its name in keras.applications.
    range: what its numbers must look like. caffe: blue, green, red, each minus ImageNet's mean; tf: -1 to 1; torch: 0
        to 1, standardized by ImageNet's colours; inside: 0 to 255, which the network brings into shape itself unless
        told not to; fixed: the same, always.
    file: of its ImageNet weights, below the folder of keras.applications.
    least: the smallest side of a picture that Keras lets in.
    keras_name: what Keras calls the file in its cache, where that differs.
    """

    constructor: str
    range: Range
    file: str
    least: int = 32
    keras_name: str | None = None


def imagenet_file(name: str) -> Remote:
    """Return the file of a network's ImageNet weights, without the classifier."""
    network = NETWORKS[name]
    path = network.file.replace("*", _KERNELS)
    folder = "" if path.startswith("keras-applications/") else _FOLDER
    return Remote(
        path.rpartition("/")[2],
        f"{_SITE}{folder}{path}",
        CHECKSUMS.get(name),
        keras_folder="models",
        keras_name=network.keras_name,
        advice="Put it into a folder that DLPY_DATA names, or give it as model.weights; null begins at random.",
    )


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

# What the files must have, md5 or sha256, as Keras has it; for two nobody has published one.
CHECKSUMS = {
    "convnext_base": "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    "convnext_large": "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    "convnext_small": "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    "convnext_tiny": "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    "convnext_xlarge": "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    "densenet121": "30ee3e1110167f948a6b9946edeeb738",
    "densenet169": "b8c4d4c20dd625c148057b9ff1c1176b",
    "densenet201": "c13680b51ded0fb44dff2d8f86ac8bb1",
    "efficientnet_b0": "50bc09e76180e00e4465e1a485ddc09d",
    "efficientnet_b1": "74c4e6b3e1f6a1eea24c589628592432",
    "efficientnet_b2": "111f8e2ac8aa800a7a99e3239f7bfb39",
    "efficientnet_b3": "af6d107764bb5b1abb91932881670226",
    "efficientnet_b4": "ebc24e6d6c33eaebbd558eafbeedf1ba",
    "efficientnet_b5": "38879255a25d3c92d5e44e04ae6cec6f",
    "efficientnet_b6": "9ecce42647a20130c1f39a5d4cb75743",
    "efficientnet_b7": "cbcfe4450ddf6f3ad90b1b398090fe4a",
    "efficientnet_v2_b0": "893217f2bb855e2983157299931e43ff",
    "efficientnet_v2_b1": "0e80663031ca32d657f9caa404b6ec37",
    "efficientnet_v2_b2": "1dfe2e7a5d45b6632553a8961ea609eb",
    "efficientnet_v2_b3": "f6abf7b5849ac99a89b50dd3fd532856",
    "efficientnet_v2_l": "b0b66b5c863aef5b46e8608fe1711615",
    "efficientnet_v2_m": "1b8dc055df72dde80d614482840fe342",
    "efficientnet_v2_s": "af0682fb74e8c54910f2d4393339c070",
    "inception_resnet_v2": "d19885ff4a710c122648d3b5c3b684e4",
    "inception_v3": "bcbd6486424b2319ff4ef7d526e38f63",
    "mobilenet_v3_large": "07fb09a5933dd0c8eaafa16978110389",
    "mobilenet_v3_small": "d3e8ec802a04aa4fc771ee12a9a9b836",
    "nasnet_large": "d81d89dc07e6e56530c4e77faddd61b5",
    "nasnet_mobile": "1ed92395b5b598bdda52abe5c0dbfd63",
    "resnet101": "88cf7a10940856eca736dc7b7e228a21",
    "resnet101_v2": "c0ed64b8031c3730f411d2eb4eea35b5",
    "resnet152": "ee4c566cf9a93f14d82f913c2dc6dd0c",
    "resnet152_v2": "ed17cf2e0169df9d443503ef94b23b33",
    "resnet50": "4d473c1dd8becc155b73f8504c6f6626",
    "resnet50_v2": "fac2f116257151a9d068a22e544a4917",
    "vgg16": "6d6bbae143d832006294945121d1f1fc",
    "vgg19": "253f8cb515780f3b799900260a226db6",
    "xception": "b0042744bf5b25fce3cb969f33bebb97",
}
