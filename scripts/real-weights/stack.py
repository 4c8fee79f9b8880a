"""VGG16's convolutions, fine-tuned for edges (HED), computed by ONNX Runtime:  stack.py WEIGHTS.h5 IMAGE.npy OUT.npz

Reads Keras's file with h5py, so that no code of archc is on this way. IMAGE.npy gets the input, 224 x 224 x 3 in the order rows,
columns, channels; OUT.npz every layer's value in the same order, under archc's names of
scripts/real-weights/vgg16_convolutions.arch.
"""
import sys

import h5py
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def main():
    weights, image, out = sys.argv[1:]
    rows, columns, channels = np.ogrid[:224, :224, :3]
    # Edges, ramps and a texture, between 0 and 255 as the network was trained on.
    x = 127.5 + 90 * np.sin(0.05 * rows + 0.9 * channels) * np.sign(np.sin(0.07 * columns)) + 30 * np.sin(1.7 * rows * columns)
    x = x.astype(np.float32)
    np.save(image, x)

    nodes, tensors, names, value = [], [], {}, "x"
    with h5py.File(weights) as file:
        for stage, convolutions in enumerate([2, 2, 3, 3, 3]):
            for j in range(convolutions):
                group = file[f"block{stage + 1}/layers/conv2d" + (f"_{j}" if j else "") + "/vars"]
                kernel, bias = f"k{stage}_{j}", f"b{stage}_{j}"
                tensors.append(numpy_helper.from_array(np.ascontiguousarray(group["0"][()].transpose(3, 2, 0, 1)), kernel))
                tensors.append(numpy_helper.from_array(group["1"][()], bias))
                linear, relu = f"l{stage}_{j}", f"r{stage}_{j}"
                nodes.append(helper.make_node("Conv", [value, kernel, bias], [linear], pads=[1, 1, 1, 1]))
                nodes.append(helper.make_node("Relu", [linear], [relu]))
                names[relu] = f"stage.{stage}.stack1.{j}.relu1"
                value = relu
            pooled = f"p{stage}"
            nodes.append(helper.make_node("MaxPool", [value], [pooled], kernel_shape=[2, 2], strides=[2, 2]))
            names[pooled] = f"stage.{stage}.maxpool1"
            value = pooled
    info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "stack", [info("x")], [info(name) for name in names], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    values = session.run(list(names), {"x": x.transpose(2, 0, 1)[None]})
    np.savez(out, **{name: v[0].transpose(1, 2, 0) for name, v in zip(names.values(), values)})


main()
