#!/usr/bin/env python3
"""Makes the expectations of runtime/tests/images with Pillow and NumPy; the tests themselves need neither.

    python3 -m venv venv && venv/bin/pip install pillow==13.0.0 numpy==2.4.6
    venv/bin/python scripts/pillow_images.py                        # resize.txt, preprocess.txt and the files of files/
    venv/bin/python scripts/pillow_images.py --random 300 --seed 7  # resize.txt with as many random cases instead

The images that are resized come out of a formula, which the tests know as well, and results are told by a hash.
"""

import argparse
import random
import struct
import zlib
from pathlib import Path

import numpy
import PIL
from PIL import Image

OUT = Path(__file__).resolve().parent.parent / "runtime/tests/images"
FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
HEAD = f"# Made by scripts/pillow_images.py with Pillow {PIL.__version__} and NumPy {numpy.__version__}.\n"
F = numpy.float32


def synthetic(rows, columns, channels, kind):
    """Noise (kind 0), black and white noise (1), or a steep gradient (2)."""
    y, x, c = numpy.meshgrid(*map(numpy.arange, (rows, columns, channels)), indexing="ij")
    if kind == 2:
        return ((x * 3 + y * 5 + c * 40) % 256).astype(numpy.uint8)
    mixed = (y * 73856093 ^ x * 19349663 ^ c * 83492791) % 2**32
    mixed = (mixed ^ mixed >> 13) * 0x5BD1E995 % 2**32 >> 24
    return (mixed if kind == 0 else mixed // 128 * 255).astype(numpy.uint8)


def fnv(data):
    """FNV-1a of 64 bits."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def resize_bytes(array, rows, columns, name):
    image = Image.fromarray(array[:, :, 0] if array.shape[2] == 1 else array)
    result = numpy.asarray(image.resize((columns, rows), FILTERS[name]))
    return result.reshape(rows, columns, -1)


def resize_floats(array, rows, columns, name):
    """Pillow's mode F, channel by channel, of the bytes by 255."""
    planes = [Image.fromarray(array[:, :, c].astype(F) / F(255)) for c in range(array.shape[2])]
    planes = [numpy.asarray(p.resize((columns, rows), FILTERS[name])) for p in planes]
    return numpy.stack(planes, axis=2)


def resize_case(name, kind, channels, before, after, floats):
    array = synthetic(*before, channels, kind)
    result = (resize_floats if floats else resize_bytes)(array, *after, name)
    data = result.tobytes()
    numbers = "f32" if floats else "u8"
    sizes = "{}x{} {}x{}".format(*before, *after)
    return f"{name} {numbers} {kind} {channels} {sizes} {fnv(data)} {data[:12].hex()}\n"


SIZES = [
    ((1, 1), (1, 1)), ((1, 1), (5, 7)), ((7, 5), (1, 1)), ((1, 97), (1, 13)), ((97, 1), (13, 1)), ((1, 40), (3, 300)),
    ((33, 47), (33, 47)), ((33, 47), (33, 20)), ((33, 47), (20, 47)), ((64, 64), (32, 32)), ((31, 57), (30, 56)),
    ((57, 31), (58, 32)), ((12, 9), (101, 77)), ((200, 3), (3, 200)), ((3, 200), (200, 3)), ((151, 233), (64, 98)),
    ((10, 2000), (4, 9)), ((240, 321), (224, 299)),
]  # fmt: skip


def resize_cases():
    for name in FILTERS:
        for index, (before, after) in enumerate(SIZES):
            yield resize_case(name, index % 3, 1 if index % 2 else 3, before, after, False)
            if index % 4 == 0:
                yield resize_case(name, index % 3, 3 if index % 8 else 1, before, after, True)


def random_cases(count, seed):
    random.seed(seed)
    side = lambda: int(2 ** random.uniform(0, random.choice([3, 6, 8, 9])))
    for _ in range(count):
        before, after = (side(), side()), (side(), side())
        kind, channels = random.randrange(3), random.choice([1, 3])
        yield resize_case(random.choice(list(FILTERS)), kind, channels, before, after, random.random() < 0.25)


def short_side(image, side, name):
    """As torchvision.transforms.functional.resize with one number."""
    width, height = image.size
    short, long = min(width, height), max(width, height)
    long = int(side * long / short)
    size = (side, long) if width <= height else (long, side)
    return image.resize(size, FILTERS[name])


def center_crop(image, side):
    """As torchvision.transforms.functional.center_crop."""
    width, height = image.size
    top, left = int(round((height - side) / 2.0)), int(round((width - side) / 2.0))
    return image.crop((left, top, left + side, top + side))


def to_tensor(image):
    """As torchvision.transforms.functional.to_tensor, in NHWC."""
    return numpy.asarray(image).astype(F) / F(255)


def normalized(tensor, mean, std):
    """As torchvision.transforms.functional.normalize: both are tensors of float32."""
    return (tensor - numpy.array(mean, F)) / numpy.array(std, F)


def preprocess_cases():
    """Pipelines by the names that the tests know them by, each on an image of its own size."""
    imagenet = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

    def torchvision(image):
        return normalized(to_tensor(center_crop(short_side(image, 64, "bilinear"), 56)), *imagenet)

    def lite(image):
        return normalized(to_tensor(center_crop(short_side(image, 64, "bicubic"), 56)), [0.5] * 3, [0.5] * 3)

    def keras_tf(image):
        x = numpy.asarray(image.resize((48, 40), FILTERS["bilinear"])).astype(F)
        x /= 127.5
        x -= 1.0
        return x

    def keras_caffe(image):
        x = numpy.asarray(center_crop(short_side(image, 64, "bilinear"), 56)).astype(F)[..., ::-1].copy()
        x[..., 0] -= 103.939
        x[..., 1] -= 116.779
        x[..., 2] -= 123.68
        return x

    def keras_torch(image):
        x = numpy.asarray(image.resize((48, 40), FILTERS["lanczos"])).astype(F)
        x /= 255.0
        for c in range(3):
            x[..., c] -= imagenet[0][c]
        for c in range(3):
            x[..., c] /= imagenet[1][c]
        return x

    def grey(image):
        return to_tensor(image.convert("L").resize((28, 28), FILTERS["box"]))

    pipelines = [torchvision, lite, keras_tf, keras_caffe, keras_torch, grey]
    for pipeline, (rows, columns) in zip(pipelines, [(77, 103), (131, 90), (99, 64), (64, 65), (30, 31), (57, 60)]):
        for kind in range(3):
            result = pipeline(Image.fromarray(synthetic(rows, columns, 3, kind)))
            assert result.dtype == F
            numbers = " ".join(f"{x:.9g}" for x in result.flatten()[:3])
            yield f"{pipeline.__name__} {kind} {rows}x{columns} {fnv(result.tobytes())} {numbers}\n"


def png(path, depth, colour, rows, columns, data, chunks=()):
    """A PNG file of kinds that Pillow does not write; `data` has the bytes of all rows."""
    step = len(data) // rows
    lines = b"".join(b"\0" + data[y * step : (y + 1) * step] for y in range(rows))
    head = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def files(folder):
    """Small files of every kind, and what Pillow makes of each."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    rows, columns = 13, 18
    rgb = Image.fromarray(synthetic(rows, columns, 3, 2))
    grey = rgb.convert("L")
    alpha = Image.fromarray(synthetic(rows, columns, 1, 0)[:, :, 0])
    rgba, la = rgb.copy(), grey.copy()
    rgba.putalpha(alpha)
    la.putalpha(alpha)
    palette = rgb.quantize(11)
    turned = Image.Exif()
    turned[0x112] = 6
    rgb.save(folder / "rgb.png")
    rgba.save(folder / "rgba.png")
    grey.save(folder / "grey.png")
    la.save(folder / "grey_alpha.png")
    palette.save(folder / "palette.png")
    palette.save(folder / "palette_transparent.png", transparency=3)
    grey.point(lambda x: 255 * (x > 99), "1").save(folder / "grey_1.png")
    wide = b"".join(struct.pack(">H", (int(v) * 257 + 5 * i) % 65536) for i, v in enumerate(numpy.asarray(rgb).flatten()))
    png(folder / "grey_2.png", 2, 0, 5, 8, bytes(range(10, 20)))
    png(folder / "rgb_16.png", 16, 2, rows, columns, wide)
    png(folder / "rgba_16.png", 16, 6, rows, columns // 3 * 2, wide[: rows * columns // 3 * 2 * 8])
    png(folder / "grey_16.png", 16, 0, rows, columns, wide[: rows * columns * 2])
    rgb.save(folder / "lossless.webp", lossless=True)
    rgba.save(folder / "lossless_alpha.webp", lossless=True, exact=True)
    exact = sorted(folder.iterdir())
    photo = Image.fromarray(synthetic(33, 47, 3, 2)).resize((60, 45), FILTERS["bicubic"])
    photo.save(folder / "420.jpg", quality=90)
    photo.save(folder / "progressive.jpg", quality=85, progressive=True, subsampling=0)
    photo.save(folder / "turned.jpg", quality=90, exif=turned)
    photo.convert("L").save(folder / "grey.jpg", quality=90)
    photo.convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    photo.save(folder / "lossy.webp", quality=90)
    lossy = sorted(set(folder.iterdir()) - set(exact))
    for path in lossy:
        Image.open(path).convert("RGB").save(folder / f"{path.name}.png")
    text = HEAD + "# NAME ROWSxCOLUMNS, and a hash of the bytes of convert(\"RGB\").\n"
    for path in exact:
        image = Image.open(path)
        if path.name == "grey_16.png":
            # Pillow's convert turns everything above 255 white; the upper bytes are as for rgb_16.png.
            upper = (numpy.asarray(image) >> 8).astype(numpy.uint8)
            image = Image.fromarray(upper)
        image = image.convert("RGB")
        text += f"{path.name} {image.height}x{image.width} {fnv(image.tobytes())}\n"
    (OUT / "files.txt").write_text(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--random", type=int, metavar="N", default=0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    text = HEAD + "# FILTER NUMBERS KIND CHANNELS, ROWSxCOLUMNS before and after, a hash of the result, its first bytes.\n"
    cases = random_cases(arguments.random, arguments.seed) if arguments.random else resize_cases()
    (OUT / "resize.txt").write_text(text + "".join(cases))
    if arguments.random:
        return
    text = HEAD + "# PIPELINE KIND ROWSxCOLUMNS, a hash of the numbers, the first three of them.\n"
    (OUT / "preprocess.txt").write_text(text + "".join(preprocess_cases()))
    files(OUT / "files")


main()
