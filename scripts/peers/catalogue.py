"""The networks that are compared, by their names in the zoo."""
import json, pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Those that the targets of a mean are for.
TEN = {
    "xception": "keras/Xception",
    "vgg16": "keras/VGG16",
    "vgg19": "keras/VGG19",
    "resnet50": "keras/ResNet50",
    "resnet50_v2": "keras/ResNet50V2",
    "resnet101": "keras/ResNet101",
    "resnet101_v2": "keras/ResNet101V2",
    "resnet152": "keras/ResNet152",
    "resnet152_v2": "keras/ResNet152V2",
    "inception_v3": "keras/InceptionV3",
}
# All, with their files in tests/goldens.
GOLDENS = {
    **TEN,
    "mobilenet": "keras/MobileNet",
    "mobilenet_v2": "keras/MobileNetV2",
    "efficientnet_b0": "keras/EfficientNetB0",
    "alexnet_torch": "torch/alexnet",
    "lenet5": "torch/lenet5",
}


def golden(name):
    return json.loads((ROOT / "tests/goldens" / f"{GOLDENS[name]}.json").read_text())
