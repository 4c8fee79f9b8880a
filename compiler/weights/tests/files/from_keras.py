"""Writes the Keras files of this folder.

    KERAS_BACKEND=jax python keras.py        (Keras 3.15, h5py 3.16; the backend does not matter)

Number i of weight k, in Keras's order, is 100 k + i.
"""

import os
import zipfile

import h5py
import keras
import numpy as np
from keras import layers


def inner(name):
    image = layers.Input((4, 4, 2))
    x = layers.SeparableConv2D(3, 1, name="sep")(image)
    x = layers.DepthwiseConv2D(1, use_bias=False, name="dw")(x)
    return keras.Model(image, layers.BatchNormalization(name="dw_bn")(x), name=name)


def network(nested):
    image = layers.Input((4, 4, 3))
    x = layers.Conv2D(2, (1, 2), padding="same", name="stem")(image)
    x = layers.BatchNormalization(scale=False, name="stem_bn")(x)
    body = inner("body")
    if nested:
        x = body(x)
    else:
        for layer in body.layers[1:]:
            x = layer(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(5, name="predictions")(x), name="tiny")


def numbered(model):
    for k, weight in enumerate(model.weights):
        weight.assign(100.0 * k + np.arange(np.prod(weight.shape), dtype="float32").reshape(weight.shape))
    return model


keras.utils.clear_session()
flat = numbered(network(False))
flat.save("keras3.keras")
flat.save_weights("keras3.weights.h5")
flat.save("keras3.h5")
keras.utils.clear_session()
nested = numbered(network(True))
nested.save("keras3_nested.keras")
nested.save_weights("keras3_nested.weights.h5")
nested.save("keras3_nested.h5")

# What Keras 2's `save_weights` wrote: no group around the layers, names of fixed length that end in `:0`.
with h5py.File("keras2.h5", "w") as file:
    file.attrs["layer_names"] = np.array([layer.name for layer in flat.layers], dtype="S")
    file.attrs["backend"] = np.bytes_("tensorflow")
    file.attrs["keras_version"] = np.bytes_("2.15.0")
    for layer in flat.layers:
        group = file.create_group(layer.name)
        names = [f"{layer.name}/{w.name}:0" for w in layer.weights]
        group.attrs["weight_names"] = np.array(names, dtype="S")
        for name, weight in zip(names, layer.weights):
            group.create_dataset(name, data=np.array(weight))

# The same, as tools rewrite it: the kernel in chunks that are shuffled and compressed, the rest in other types.
with h5py.File("keras2.h5") as file, h5py.File("compressed.h5", "w") as out:
    for key, value in file.attrs.items():
        out.attrs[key] = value
    for layer in file:
        group = out.create_group(layer)
        group.attrs["weight_names"] = file[layer].attrs["weight_names"]
        for name in group.attrs["weight_names"]:
            data = file[layer][name][()]
            if data.ndim > 1:
                group.create_dataset(name, data=data, chunks=(1,) * (data.ndim - 1) + data.shape[-1:], shuffle=True, compression="gzip")
            else:
                group.create_dataset(name, data=data.astype({2: "float16", 3: "float64", 5: "int32"}[data.size]))

# `.keras` files of Keras before 3.6 do not say the layers' own names beside the weights: config.json has them.
with zipfile.ZipFile("keras3.keras") as whole, zipfile.ZipFile("keras3_unnamed.keras", "w", zipfile.ZIP_DEFLATED) as out:
    for entry in whole.namelist():
        data = whole.read(entry)
        if entry == "model.weights.h5":
            with open("unnamed.h5", "wb") as file:
                file.write(data)
            with h5py.File("unnamed.h5", "a") as file:
                file.visititems(lambda _, item: item.attrs.pop("name", None) and None)
            with open("unnamed.h5", "rb") as file:
                data = file.read()
            os.remove("unnamed.h5")
        out.writestr(entry, data)

# HDF5 has no bfloat16: Keras stores its bits as whole numbers, and says so in an attribute.
keras.utils.clear_session()
half = keras.Sequential([layers.Input((3,)), layers.Dense(2, dtype="bfloat16", name="predictions")])
numbered(half).save_weights("bfloat16.weights.h5")

# Batch normalizations of every kind: Keras 3 numbers their weights, and of three the first is gamma or beta.
keras.utils.clear_session()
image = layers.Input((2, 2, 2))
x = image
for name, scale, center in [("both", True, True), ("scaled", True, False), ("shifted", False, True), ("plain", False, False)]:
    x = layers.BatchNormalization(scale=scale, center=center, name=name)(x)
norms = numbered(keras.Model(image, x, name="norms"))
norms.save("keras3_norms.keras")
norms.save_weights("keras3_norms.weights.h5")

# Files that are made to harm whoever reads them: a group that is within itself, 2^40 numbers that were never written, and a
# group of another file.
with h5py.File("hostile_loop.h5", "w") as file:
    group = file.create_group("layers/dense")
    group["first"] = file["layers"]
    group["second"] = file["layers"]
with h5py.File("hostile_huge.h5", "w") as file:
    file.create_dataset("layers/dense/vars/0", shape=(1 << 20, 1 << 20), chunks=(1 << 10, 1 << 10), dtype="f4")
with h5py.File("hostile_external.h5", "w") as file:
    file["layers"] = h5py.ExternalLink("keras3.weights.h5", "/layers")
