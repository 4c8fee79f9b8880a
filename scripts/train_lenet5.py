"""Trains LeNet-5 on Fashion-MNIST and writes its weights and what the tests compare with.

    scripts/fashion-mnist.sh DATA
    python3 -m venv VENV && VENV/bin/pip install torch==2.7.1 numpy==2.4.6 safetensors==0.8.0 pillow==13.0.0
    VENV/bin/python scripts/train_lenet5.py DATA

DATA is any folder. It takes 6 minutes of one core, and answers 0.9075 of the test
images rightly. Everything is seeded, and the last epoch's weights are kept: the
test images choose nothing. The recipe was chosen by `--holdout 5000`, which trains
without the last 5,000 training images, prints the accuracy on those (0.9076), and
writes nothing. Bits may differ on another processor or PyTorch, so weights and
test data are always written together:

    archs/weights/lenet5.safetensors   f32, in archc's names and layouts: kernels HWIO, dense [in, out], rows in HWC order
    tests/data/lenet5/classes.bin      a byte for each of the 10,000 test images: PyTorch's class (f32)
    tests/data/lenet5/ties.txt         test images too close to call, where another order of additions may answer otherwise
    tests/data/lenet5/logits.json      accuracy, and the first 32 test images' logits in f64
    samples/LABEL.png                  a test image of each class that the network is sure of

The input is pixel / 255, the weights are float32; "in f64" means from these on.
"""
import argparse, gzip, json, math, pathlib, time
import numpy as np, torch
from PIL import Image
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parent.parent
EPOCHS, BATCH, RATE, DECAY, SHIFT, SEED = 30, 128, 4e-3, 1e-2, 1, 5
TIE = 1e-6   # the two largest probabilities are nearer than this
SURE = 0.9   # a sample's probability is above this


def lenet5():
    """LeCun et al. 1998, in today's usual form: plain average pooling, all of conv2's connections, no RBF layer."""
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
                         nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))


def idx(path):
    """An array of bytes in the IDX format: two zero bytes, type 8, the rank, the sizes (big-endian), the data."""
    raw = gzip.decompress(path.read_bytes())
    assert raw[:3] == b"\0\0\x08", f"{path} is not an IDX file of bytes"
    rank = raw[3]
    shape = np.frombuffer(raw, ">u4", rank, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def load(folder, part):
    """Images as bytes [n, 28, 28] and as the network's input [n, 1, 28, 28], and labels."""
    pixels = idx(folder / f"{part}-images-idx3-ubyte.gz")
    labels = idx(folder / f"{part}-labels-idx1-ubyte.gz")
    return pixels, torch.from_numpy(pixels.astype(np.float32))[:, None] / 255, torch.from_numpy(labels.astype(np.int64))


def shifted(x, generator):
    """Moves each image by up to SHIFT pixels each way. Mirroring them costs accuracy: 0.898 for 0.907 held out."""
    n, side = len(x), x.shape[-1]
    offset = lambda: torch.randint(2 * SHIFT + 1, (n, 1), generator=generator) + torch.arange(side)
    rows, cols = offset(), offset()
    padded = F.pad(x[:, 0], [SHIFT] * 4)
    return padded[torch.arange(n)[:, None, None], rows[:, :, None], cols[:, None, :]][:, None]


def train(x, y, epochs):
    """AdamW; the rate rises over the first epoch, then falls to zero along a cosine."""
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    model = lenet5().to(memory_format=torch.channels_last)  # a third faster than channels first
    kernels = [p for p in model.parameters() if p.dim() > 1]
    biases = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": kernels, "weight_decay": DECAY}, {"params": biases, "weight_decay": 0.0}], lr=RATE)
    steps = math.ceil(len(x) / BATCH)
    rate = lambda t: min(1.0, t / steps) * (1 + math.cos(math.pi * t / (steps * epochs))) / 2
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: rate(t + 1))
    for epoch in range(epochs):
        started, total = time.time(), 0.0
        for batch in torch.randperm(len(x), generator=generator).split(BATCH):
            loss = F.cross_entropy(model(shifted(x[batch], generator)), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1:3}  loss {total / len(x):.4f}  {time.time() - started:.1f} s", flush=True)
    return model.eval()


@torch.no_grad()
def classes(model, x):
    return torch.cat([model(part).argmax(1) for part in x.split(1000)])


def archc_weights(model):
    """The model's weights in archc's names and layouts."""
    conv1, conv2, dense1, dense2, dense3 = (m for m in model if isinstance(m, (nn.Conv2d, nn.Linear)))
    hwio = lambda conv: conv.weight.permute(2, 3, 1, 0)
    # PyTorch flattens in CHW order, archc in HWC.
    first = dense1.weight.T.reshape(16, 5, 5, 120).permute(1, 2, 0, 3).reshape(400, 120)
    layers = {"conv1": (hwio(conv1), conv1.bias), "conv2": (hwio(conv2), conv2.bias),
              "dense1": (first, dense1.bias), "dense2": (dense2.weight.T, dense2.bias), "dense3": (dense3.weight.T, dense3.bias)}
    return {f"{name}.{role}": np.ascontiguousarray(t.detach().numpy())
            for name, pair in layers.items() for role, t in zip(("weight", "bias"), pair)}


def sample_name(label):
    return label.lower().split("/")[0].replace(" ", "_")


@torch.no_grad()
def write(model, pixels, x, y):
    """Weights, expectations and samples: everything that is committed."""
    data, samples = ROOT / "tests/data/lenet5", ROOT / "samples"
    for folder in (ROOT / "archs/weights", data, samples):
        folder.mkdir(parents=True, exist_ok=True)
    save_file(archc_weights(model), ROOT / "archs/weights/lenet5.safetensors")
    found = classes(model, x)
    accuracy = (found == y).double().mean().item()
    (data / "classes.bin").write_bytes(found.numpy().astype(np.uint8).tobytes())

    exact = torch.from_numpy(pixels.astype(np.float64))[:, None] / 255
    model.double()
    logits = torch.cat([model(part) for part in exact.split(1000)])
    probabilities = logits.softmax(1)
    best = probabilities.topk(2).values
    ties = (best[:, 0] - best[:, 1] < TIE).nonzero()[:, 0].tolist()
    lines = [f"# Test images whose two largest probabilities (f64) differ by less than {TIE:g}, one index a line: {len(ties)} of {len(y):,}.", *map(str, ties)]
    (data / "ties.txt").write_text("".join(line + "\n" for line in lines))
    rows = ",\n".join("  " + json.dumps(row) for row in logits[:32].tolist())
    (data / "logits.json").write_text(f'{{"accuracy": {accuracy}, "logits": [\n{rows}\n]}}\n')

    for label, name in enumerate((ROOT / "archs/labels/fashion_mnist.txt").read_text().splitlines()):
        sure = (y == label) & (found == label) & (probabilities[:, label] > SURE)
        index = sure.nonzero()[0].item()
        Image.fromarray(pixels[index]).save(samples / f"{sample_name(name)}.png")
        print(f"sample {sample_name(name)}: test image {index}, probability {probabilities[index, label]:.4f}")
    print(f"test accuracy {accuracy:.4f}, nearest two probabilities {(best[:, 0] - best[:, 1]).min():.1e}, ties {len(ties)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="the folder that fashion-mnist.sh filled")
    parser.add_argument("--holdout", type=int, default=0, metavar="N", help="measure on the last N training images, and write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    _, x, y = load(options.data, "train")
    keep = len(x) - options.holdout
    started = time.time()
    model = train(x[:keep], y[:keep], EPOCHS)
    print(f"trained for {time.time() - started:.0f} s")
    print(f"accuracy on the training images {(classes(model, x[:keep]) == y[:keep]).double().mean():.4f}")
    if options.holdout:
        print(f"accuracy on the images held out {(classes(model, x[keep:]) == y[keep:]).double().mean():.4f}")
    else:
        write(model, *load(options.data, "t10k"))


if __name__ == "__main__":
    main()
