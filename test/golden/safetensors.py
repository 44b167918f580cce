"""Files of Python's safetensors for test/io: what it writes, and proof that it reads what is written here.

    python3 -m venv venv && venv/bin/pip install safetensors numpy ml_dtypes
    venv/bin/python test/golden/safetensors.py          # writes safetensors.safetensors and its values, safetensors.json
    venv/bin/python test/golden/safetensors.py --check  # reads safetensors-written.safetensors, which test/io pins

The committed files were made with safetensors 0.8.0, numpy 2.4.6, ml_dtypes 0.6.0.
"""
import json
import pathlib
import struct
import sys

sys.path.pop(0)  # this file bears the name of the package
import ml_dtypes
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save, save_file

HERE = pathlib.Path(__file__).resolve().parent
inf, nan = np.inf, np.nan

MADE = {
    "dense.kernel": np.array([[1.5, -0.0, nan], [inf, -inf, 1e-45]], np.float32),
    "half": np.array([1.0, -0.0, 65504.0, 6e-08, 6.1e-05, 0.1, inf, nan], np.float16),
    "brain": np.array([1.0, -0.0, 3e38, 1e-40, 0.1, -inf, nan], ml_dtypes.bfloat16),
    "double": np.array([0.1, 1e300, -0.0], np.float64),
    "long": np.array([0, -1, 2**31 - 1, -(2**31)], np.int64),
    "unsigned": np.array([0, 2**31 - 1], np.uint64),
    "int": np.array([0, -1, 2**31 - 1, -(2**31)], np.int32),
    "uint": np.array([0, 2**31 - 1], np.uint32),
    "short": np.array([-(2**15), 2**15 - 1], np.int16),
    "ushort": np.array([0, 2**16 - 1], np.uint16),
    "byte": np.array([-128, 127], np.int8),
    "ubyte": np.array([0, 255], np.uint8),
    "flags": np.array([[True], [False]]),
    "scalar": np.array(7.25, np.float32),
    "empty": np.zeros((0, 3), np.float32),
}
METADATA = {"format": "np", "count": "12", "who": "Zoë \"quoted\""}

# What test/io writes: the tree, as Python sees it.
WRITTEN = {
    "params.dense.bias": np.array([0.5, -0.0, nan], np.float32),
    "params.dense.kernel": np.array([[1, 2, 3], [4, 5, 6]], np.float32),
    "params.empty": np.zeros((0, 2), np.float32),
    "params.scalar": np.array(-inf, np.float32),
    "state.0.steps": np.array([1, -2], np.int32),
    "state.1.mask": np.array([True, False, True]),
}
WRITTEN_METADATA = {
    "epoch": "7",
    "state.0.count": "3",
    "state.0.rate": "-0",
    "state.1.done": "true",
    "state.1.name": "\"Zoë\"",
    "__host__": '["state.0.count","state.0.rate","state.1.done","state.1.name"]',
}


def bits(x):
    """The values as tfjs has them: the bits of float32, or integers."""
    if x.dtype.kind == "f" or x.dtype == ml_dtypes.bfloat16:
        with np.errstate(over="ignore"):
            x = x.astype(np.float32).view(np.uint32)
    return [int(v) for v in x.reshape(-1)]


def make():
    save_file(MADE, HERE / "safetensors.safetensors", METADATA)
    values = {name: {"shape": list(x.shape), "values": bits(x)} for name, x in MADE.items()}
    (HERE / "safetensors.safetensors").chmod(0o644)
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
    text = f'{{\n  "metadata": {json.dumps(METADATA, ensure_ascii=False)},\n  "tensors": {{\n{lines}\n  }}\n}}\n'
    (HERE / "safetensors.json").write_text(text, encoding="utf-8")


def check():
    path = HERE / "safetensors-written.safetensors"
    with safe_open(path, "np") as f:
        assert f.metadata() == WRITTEN_METADATA, f.metadata()
        assert set(f.keys()) == set(WRITTEN), f.keys()
        tensors = {name: f.get_tensor(name) for name in f.keys()}
    for name, expected in WRITTEN.items():
        got = tensors[name]
        assert got.dtype == expected.dtype and got.shape == expected.shape, (name, got)
        assert got.tobytes() == expected.tobytes(), (name, got)
    # But for the order of the metadata, which Python leaves to chance, its own writer gives the same bytes.
    ours, theirs = path.read_bytes(), save(WRITTEN, WRITTEN_METADATA)
    assert len(ours) == len(theirs)
    size = struct.unpack("<Q", ours[:8])[0]
    assert ours[:8] == theirs[:8] and ours[8 + size :] == theirs[8 + size :]
    assert list(json.loads(ours[8 : 8 + size]).items()) == list(json.loads(theirs[8 : 8 + size]).items())
    print(f"{path.name}: {len(tensors)} tensors, {len(WRITTEN_METADATA)} texts, as expected")


check() if "--check" in sys.argv else make()
