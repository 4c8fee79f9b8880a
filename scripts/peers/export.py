"""Exports the networks by their framework's exporter:  export.py DIR NAME...

Writes DIR/NAME.onnx for each that is not there. Its input is [n, channels, rows, columns] in f32 and its output the
logits; the softmax behind them, which archc computes as well, is the peers' advantage, and so is that archc's input
has channels last. ONNX Runtime must give the logits of tests/goldens, which proves that the peers compute what archc
does.
"""
import os, pathlib, sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, networks, numpy as np, onnx, onnxruntime, tensorflow as tf, tf2onnx
from catalogue import golden

TOLERANCE = 1e-4  # of the largest logit, as in the tests of archc's own kernels


def relative_error(path, expected):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = networks.image(*expected["input"]).transpose(2, 0, 1)[None]
    logits = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    expected = np.array(expected["logits"])
    return np.abs(logits - expected).max() / np.abs(expected).max()


def convert(model):
    """The network as an ONNX model. Kernels of dense layers are inputs until it is done, since the converter copies
    constants dozens of times: for VGG16 more than 20 GB of them."""
    for layer in model.layers:
        # Tensors that belong to no variable would become inputs.
        if isinstance(layer, keras.layers.Normalization):
            layer.mean, layer.variance = np.array(layer.mean), np.array(layer.variance)
    dense = [layer.kernel for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    names = [f"dense{i}" for i in range(len(dense))]
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="input")]
    signature += [tf.TensorSpec(kernel.shape, tf.float32, name=name) for kernel, name in zip(dense, names)]

    @tf.function(input_signature=signature)
    def forward(x, *kernels):
        with keras.StatelessScope(state_mapping=list(zip(dense, kernels))):
            return model(x, training=False)

    proto, _ = tf2onnx.convert.from_function(forward, input_signature=signature, opset=18, inputs_as_nchw=["input"])
    inputs = [i for i in proto.graph.input if i.name not in names]
    del proto.graph.input[:]
    proto.graph.input.extend(inputs)
    proto.graph.initializer.extend(onnx.numpy_helper.from_array(kernel.numpy(), name) for kernel, name in zip(dense, names))
    onnx.checker.check_model(proto)
    return proto


def export(folder, name):
    final, new = folder / f"{name}.onnx", folder / f".{name}.new.onnx"
    if final.exists():
        return
    onnx.save(convert(networks.model(name)), new)
    error = relative_error(new, golden(name))
    if not error <= TOLERANCE:
        sys.exit(f"{name}: the exported network's logits are {error:.1e} from those of tests/goldens")
    os.replace(new, final)
    print(f"exported {name}: {error:.1e} from the golden's logits", file=sys.stderr, flush=True)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:]:
        export(folder, name)
