"""Reads a .safetensors file as one dictionary, whoever wrote it."""
import json

import numpy as np
from safetensors import safe_open


def read(path):
    """The arrays by name. What tfjs-optax keeps as texts of the metadata (a `count`) is an array without axes."""
    with safe_open(path, "np") as file:
        metadata = file.metadata() or {}
        arrays = {name: file.get_tensor(name) for name in file.keys()}
    for name in json.loads(metadata.get("__host__", "[]")):
        arrays[name] = np.asarray(json.loads(metadata[name]))  # Python's JSON knows NaN and Infinity
    return arrays
