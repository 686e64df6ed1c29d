"""Pseudo-random numbers as a formula of a name and an index, the same here and in Tests/TestSupport/SeededValues.swift.

They stand in for weights and inputs that would be too big to commit. Everything is exact or rounded once in IEEE
arithmetic, so that both sides hold the same bits.
"""

import numpy as np

#: Side of the squares that share one number in `picture`.
PATCH = 32


def stream(name):
    """The 64-bit FNV-1a hash of a name."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFF_FFFF_FFFF_FFFF
    return value


def units(name, count):
    """Numbers in -1 ..< 1, multiples of 2^-23: SplitMix64 of the name's stream, its upper 24 bits."""
    z = np.uint64(stream(name)) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2**-23) - np.float32(1)


def picture(shape, name="input"):
    """An input of shape [N, C, H, W]: half noise, half squares of one colour each, so that inputs tell apart."""
    batch, channels, height, width = shape
    coarse_shape = (batch, channels, -(-height // PATCH), -(-width // PATCH))
    fine = units(name, int(np.prod(shape))).reshape(shape)
    coarse = units(f"{name}.coarse", int(np.prod(coarse_shape))).reshape(coarse_shape)
    coarse = coarse.repeat(PATCH, axis=2).repeat(PATCH, axis=3)[:, :, :height, :width]
    return (fine + coarse) * np.float32(0.5)


def weight(name, shape, exponents):
    """The tensor of a model by its name and shape.

    Convolutions and linear layers are scaled by their fan-in (He). Batch norms get a gain in 0.75 ..< 1.25, offsets in
    -0.25 ..< 0.25, means in -0.25 ..< 0.25 and variances in 0.5 ..< 1.5 of the layer's scale 2^exponent.
    """
    u = units(name, int(np.prod(shape))).reshape(shape)
    if len(shape) > 1:
        return u * np.float32(np.sqrt(6 / int(np.prod(shape[1:]))))
    layer, _, kind = name.rpartition(".")
    scale = np.float32(2.0 ** exponents.get(layer, 0))
    if kind == "running_var":
        return (np.float32(1) + u * np.float32(0.5)) * (scale * scale)
    if kind == "running_mean":
        return u * np.float32(0.25) * scale
    if kind == "weight":
        return np.float32(1) + u * np.float32(0.25)
    return u * np.float32(0.25)
