"""The seven networks in Keras, with the seeded weights that tests/goldens has logits for.

`compiler/weights/src/seeded.rs` describes the numbers. A tensor's key is its name in the golden: Keras's own, or, for
LeNet-5 and AlexNet, the one in the PyTorch network that the golden comes from.
"""
import dataclasses, json, pathlib
import keras, numpy as np, tensorflow as tf
from keras import layers

ROOT = pathlib.Path(__file__).resolve().parents[2]
SALT = "archc"
ROLES = {"kernel": "kernel", "bias": "bias", "gamma": "gamma", "beta": "bias", "moving_mean": "bias", "moving_variance": "variance"}


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
        for variable in layer.weights:
            shape = tuple(variable.shape)
            fan_in = int(np.prod(shape[:2] if isinstance(layer, layers.DepthwiseConv2D) else shape[:-1]))
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


class LocalResponseNormalization(layers.Layer):
    """Over 5 channels, with AlexNet's numbers."""

    def call(self, x):
        return tf.nn.local_response_normalization(x, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75)


class SpelledOutNormalization(layers.Layer):
    """The same as an average pooling along channels and plain arithmetic, which is how PyTorch exports it."""

    def call(self, x):
        x = tf.transpose(x, (0, 3, 1, 2))
        _, channels, height, width = x.shape
        squares = tf.pad(tf.reshape(tf.square(x), (-1, channels, height * width, 1)), [[0, 0], [2, 2], [0, 0], [0, 0]])
        mean = tf.reshape(tf.nn.avg_pool2d(squares, (5, 1), 1, "VALID"), (-1, channels, height, width))
        return tf.transpose(x / tf.pow(2.0 + 5e-4 * mean, 0.75), (0, 2, 3, 1))


class Conv2D(layers.Conv2D):
    """Keras hides a convolution with groups in a function that the exporter cannot see through."""

    def convolution_op(self, inputs, kernel):
        return tf.nn.conv2d(inputs, kernel, self.strides, self.padding.upper())


def lenet5():
    """archs/lenet5.arch"""
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(6, 5, padding="same", activation="tanh", name="0"), layers.AveragePooling2D(2),
        layers.Conv2D(16, 5, activation="tanh", name="3"), layers.AveragePooling2D(2),
        Flatten(), layers.Dense(120, activation="tanh", name="7"), layers.Dense(84, activation="tanh", name="9"), layers.Dense(10, name="11"),
    ])


def alexnet(normalization=LocalResponseNormalization):
    """archs/alexnet.arch"""
    conv = lambda name, width, kernel, **more: Conv2D(width, kernel, activation="relu", name=name, **more)
    return keras.Sequential([
        keras.Input((227, 227, 3)),
        conv("0", 96, 11, strides=4), normalization(), layers.MaxPooling2D(3, 2),
        conv("4", 256, 5, padding="same", groups=2), normalization(), layers.MaxPooling2D(3, 2),
        conv("8", 384, 3, padding="same"), conv("10", 384, 3, padding="same", groups=2), conv("12", 256, 3, padding="same", groups=2), layers.MaxPooling2D(3, 2),
        Flatten(), layers.Dense(4096, activation="relu", name="16"), layers.Dense(4096, activation="relu", name="19"), layers.Dense(1000, name="22"),
    ])


def application(name):
    return lambda: getattr(keras.applications, name)(weights=None, classifier_activation=None)


@dataclasses.dataclass
class Network:
    """How to build a network, and its file in tests/goldens."""
    build: object
    seed: object
    golden: str

    def load_golden(self):
        return json.loads((ROOT / "tests/goldens" / f"{self.golden}.json").read_text())

    def model(self):
        """The network with its weights, which must be those of the golden."""
        keras.utils.clear_session()
        golden, model = self.load_golden(), self.build()
        if self.seed(model, golden["gain"]) != golden["weights"]:
            raise SystemExit(f"{self.golden}: the framework has other tensors than tests/goldens")
        return model


# By their names in the zoo. AlexNet is there twice, since ONNX Runtime is faster where its normalization is spelled out,
# and OpenVINO where it is one operation.
NETWORKS = {
    "lenet5": Network(lenet5, seed_torch, "torch/lenet5"),
    "alexnet": Network(alexnet, seed_torch, "torch/alexnet_2012"),
    "alexnet_spelled_out": Network(lambda: alexnet(SpelledOutNormalization), seed_torch, "torch/alexnet_2012"),
    "vgg16": Network(application("VGG16"), seed_keras, "keras/VGG16"),
    "resnet50": Network(application("ResNet50"), seed_keras, "keras/ResNet50"),
    "inception_v3": Network(application("InceptionV3"), seed_keras, "keras/InceptionV3"),
    "mobilenet": Network(application("MobileNet"), seed_keras, "keras/MobileNet"),
    "mobilenet_v2": Network(application("MobileNetV2"), seed_keras, "keras/MobileNetV2"),
}
