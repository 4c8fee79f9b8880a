"""The networks in Keras, with the seeded weights that tests/goldens has logits for.

`compiler/weights/src/seeded.rs` describes the numbers. A tensor's key is its name in the golden: Keras's own, or, for
LeNet-5 and AlexNet, the one in the PyTorch network that the golden comes from.
"""
import keras, numpy as np, tensorflow as tf
from catalogue import GOLDENS, golden
from keras import layers

SALT = "archc"
KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")
ROLES = {**dict.fromkeys(KERNELS, "kernel"), **dict.fromkeys(("bias", "beta", "moving_mean"), "bias"), "gamma": "gamma", "moving_variance": "variance"}


def uniform(key, count):
    """Numbers in [-1, 1) that follow from the key."""
    seed = 0xCBF29CE484222325
    for byte in f"{SALT}/{key}".encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    z = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def tensor(key, shape, role, fan_in, gain):
    u = uniform(key, int(np.prod(shape)))
    numbers = {"kernel": lambda: u * np.sqrt(6 / fan_in), "bias": lambda: 0.1 * u, "gamma": lambda: gain * (1 + 0.2 * u), "variance": lambda: 1 + 0.3 * u}
    return numbers[role]().astype(np.float32).reshape(shape)


def image(height, width, channels):
    """The input that a golden's logits answer, [row, column, channel]."""
    noise = uniform("input", height * width * channels).reshape(height, width, channels)
    y, x, c = np.ogrid[:height, :width, :channels]
    return (0.5 * noise + np.sin(0.011 * (c + 1) * y + 0.017 * x + c)).astype(np.float32)


def seed_keras(model, gain):
    """Fills a network of keras.applications; gives the names and shapes of its tensors."""
    table = []
    for layer in model.layers:
        # EfficientNet's mean and variance of its input stay 0 and 1.
        if isinstance(layer, layers.Normalization):
            continue
        for variable in layer.weights:
            shape = tuple(variable.shape)
            depthwise = variable.name == "depthwise_kernel" or isinstance(layer, layers.DepthwiseConv2D)
            fan_in = int(np.prod(shape[:2] if depthwise else shape[:-1]))
            key = f"{layer.name}/{variable.name}"
            variable.assign(tensor(key, shape, ROLES[variable.name], fan_in, gain))
            table.append([key, list(shape)])
    return table


def seed_torch(model, gain):
    """Fills a network whose layers have the names of PyTorch's, from tensors in PyTorch's layouts: OIHW and [out, in]."""
    table = []
    for layer in model.layers:
        if not layer.weights:
            continue
        kernel, bias = layer.weights
        to_keras = (2, 3, 1, 0) if isinstance(layer, layers.Conv2D) else (1, 0)
        shape = tuple(kernel.shape[to_keras.index(axis)] for axis in range(len(to_keras)))
        numbers = tensor(f"{layer.name}.weight", shape, "kernel", int(np.prod(shape[1:])), gain)
        kernel.assign(numbers.transpose(to_keras))
        bias.assign(tensor(f"{layer.name}.bias", tuple(bias.shape), "bias", None, gain))
        table += [[f"{layer.name}.weight", list(shape)], [f"{layer.name}.bias", list(bias.shape)]]
    return table


class Flatten(layers.Layer):
    """Flattens in PyTorch's order, [channel, row, column]. Keras's own becomes seven operations that ask for the batch."""

    def call(self, x):
        return tf.reshape(tf.transpose(x, (0, 3, 1, 2)), (-1, int(np.prod(x.shape[1:]))))


def lenet5():
    """archs/lenet5.arch"""
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(6, 5, padding="same", activation="tanh", name="0"), layers.AveragePooling2D(2),
        layers.Conv2D(16, 5, activation="tanh", name="3"), layers.AveragePooling2D(2),
        Flatten(), layers.Dense(120, activation="tanh", name="7"), layers.Dense(84, activation="tanh", name="9"), layers.Dense(10, name="11"),
    ])


def alexnet():
    """torchvision's: AlexNetTorch of archs/alexnet.arch"""
    conv = lambda name, width, kernel, **more: layers.Conv2D(width, kernel, activation="relu", name=f"features.{name}", **more)
    dense = lambda name, width, **more: layers.Dense(width, name=f"classifier.{name}", **more)
    return keras.Sequential([
        keras.Input((224, 224, 3)),
        layers.ZeroPadding2D(2), conv(0, 64, 11, strides=4), layers.MaxPooling2D(3, 2),
        conv(3, 192, 5, padding="same"), layers.MaxPooling2D(3, 2),
        conv(6, 384, 3, padding="same"), conv(8, 256, 3, padding="same"), conv(10, 256, 3, padding="same"), layers.MaxPooling2D(3, 2),
        Flatten(), dense(1, 4096, activation="relu"), dense(4, 4096, activation="relu"), dense(6, 1000),
    ])


def model(name):
    """A network by its name in the zoo, with its weights, which must be those of the golden."""
    keras.utils.clear_session()
    framework, of_keras = GOLDENS[name].split("/")
    if framework == "keras":
        model, seed = getattr(keras.applications, of_keras)(weights=None, classifier_activation=None), seed_keras
    else:
        model, seed = {"alexnet_torch": alexnet, "lenet5": lenet5}[name](), seed_torch
    expected = golden(name)
    if seed(model, expected["gain"]) != expected["weights"]:
        raise SystemExit(f"{name}: the framework has other tensors than tests/goldens")
    return model
