"""Writes the PyTorch files of this folder.

    python from_torch.py                     (PyTorch 2.7)

Number i of tensor k, in the order of the state dict, is 100 k + i, except for the statistics of the training.
"""

import torch
import torch.serialization
from safetensors.torch import save_file
from torch import nn

# Streams keep the source of a module's classes and where it lies; the folders of the machine are left out.
source_of = torch.serialization.get_source_lines_and_file


def source_without_folders(obj, message=None):
    lines, number, file = source_of(obj, message)
    return lines, number, file.split("/")[-1]


torch.serialization.get_source_lines_and_file = source_without_folders


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 2, (1, 2))
        self.bn = nn.BatchNorm2d(2)
        self.fc = nn.Linear(2, 5)

    def forward(self, x):
        return self.fc(self.bn(self.stem(x)).mean((2, 3)))


model = Tiny()
model(torch.zeros(2, 3, 4, 4))
with torch.no_grad():
    for k, tensor in enumerate(model.state_dict().values()):
        if tensor.is_floating_point():
            tensor.copy_(100.0 * k + torch.arange(tensor.numel()).reshape(tensor.shape))
state = model.state_dict()


def both(name, value):
    torch.save(value, name + ".pth")
    torch.save(value, name + "_legacy.pth", _use_new_zipfile_serialization=False)


both("state", state)
torch.save(state, "protocol4.pth", pickle_protocol=4)
save_file(state, "state.safetensors")

# Training's checkpoint of a model on several devices: an optimizer with tensors of its own, other types of number.
optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=0.9)
model(torch.ones(2, 3, 4, 4)).sum().backward()
optimizer.step()
parallel = {f"module.{k}": v for k, v in state.items()}
both("checkpoint", {"epoch": 3, "optimizer": optimizer.state_dict(), "state_dict": parallel, "best": torch.tensor(0.5)})

# Parameters, not their data; views of one storage, transposed, strided and repeated; halves, doubles, integers.
base = torch.arange(24.0).reshape(4, 6)
both(
    "views",
    {
        "parameter": nn.Parameter(base),
        "transposed": base.t(),
        "strided": base[1::2, ::3],
        "column": base[:, 4],
        "repeated": torch.tensor([7.0]).expand(3),
        "channels_last": torch.arange(24.0).reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
        "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(2.5),
        "half": torch.tensor([1.5, -2.0]).half(),
        "bfloat16": torch.tensor([1.5, -2.0]).bfloat16(),
        "double": torch.tensor([0.1]).double(),
        "long": torch.tensor([-3]),
    },
)
both("module", model)
