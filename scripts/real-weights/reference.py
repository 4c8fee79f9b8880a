"""The answers of PyTorch, with Pillow and torchvision, to the photographs of scripts/real-weights.sh.

    pip install torch torchvision pillow efficientnet-lite-pytorch
    scripts/real-weights.sh --fetch DIR
    python scripts/reference_real_weights.py DIR > tests/real-weights/reference.json

Prints, for every network and photograph, the five most probable classes and their probabilities. The photographs are
decoded and resized by Pillow and computed in f32. Run once, by hand; the versions are in what it prints.
"""
import json
import pathlib
import sys

import PIL
import torch
import torchvision
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

BILINEAR, BICUBIC = InterpolationMode.BILINEAR, InterpolationMode.BICUBIC


def transform(filter, mean, std):
    return transforms.Compose([
        transforms.Resize(256, filter), transforms.CenterCrop(224), transforms.ToTensor(), transforms.Normalize(mean, std),
    ])


def mobilenet_v2(folder):
    model = torchvision.models.mobilenet_v2()
    model.load_state_dict(torch.load(folder / "mobilenet_v2-b0353104.pth", weights_only=True))
    return model, transform(BILINEAR, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def efficientnet_lite0(folder):
    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(folder / "efficientnet-lite0-57934424.pth", weights_only=True))
    return model, transform(BICUBIC, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


@torch.no_grad()
def main():
    folder = pathlib.Path(sys.argv[1])
    answers = []
    for network, build in [("mobilenet_v2", mobilenet_v2), ("efficientnet_lite0", efficientnet_lite0)]:
        model, prepare = build(folder)
        model.eval()
        for photograph in ["coffee.png", "chelsea.png", "rocket.jpg"]:
            image = Image.open(folder / photograph).convert("RGB")
            p, classes = model(prepare(image)[None])[0].softmax(0).topk(5)
            answers.append({"network": network, "image": photograph, "classes": classes.tolist(), "probabilities": p.tolist()})
    versions = f"torch {torch.__version__}, torchvision {torchvision.__version__}, Pillow {PIL.__version__}"
    print(json.dumps({"made_by": versions, "answers": answers}, indent=1))


main()
