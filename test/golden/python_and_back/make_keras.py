"""keras.json and keras.safetensors: AdamWeightDecay begun in TensorFlow that goes on here, and the other way round.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu tf-keras h5py safetensors
    venv/bin/pip install --no-deps tf-models-official==2.20.0
    venv/bin/python test/golden/python_and_back/make_keras.py begin      # TensorFlow's ten steps, its file after five
    TAP_SNAPSHOT=1 npx tap test/io/python.test.ts                        # writes ours-keras.safetensors after five
    venv/bin/python test/golden/python_and_back/make_keras.py continue   # TensorFlow's five steps after that file
    venv/bin/python test/golden/python_and_back/make_keras.py --check    # all of it against what is committed

The committed numbers were made with TensorFlow 2.21.0 (CPU), tf-keras 2.21.0, and the class itself, from
tf-models-official 2.20.0. Everything passes through an .h5 file and through a checkpoint, by the programs in
examples/python, and both must come to the same. Gradients are fixed, half of them above the norm that clips.
"""
import importlib.util
import json
import os
import pathlib
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow as tf
import tf_keras

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "examples" / "python"))
import keras_to_safetensors
import safetensors_to_keras
from named_file import read

JSON, THEIRS, OURS = HERE / "keras.json", HERE / "keras.safetensors", HERE / "ours-keras.safetensors"
NAME = "AdamWeightDecay"
CONFIG = {
    "learning_rate": 0.05,
    "weight_decay_rate": 0.1,
    "exclude_from_weight_decay": ["bias"],
    "gradient_clip_norm": 1.0,
}
SHAPES = {"dense/kernel": [3, 2], "dense/bias": [2], "out/kernel": [2, 1], "out/bias": [1]}


def class_of_the_model_garden():
    """The class from its file: the packages around it need far more than it does."""
    folder = pathlib.Path(importlib.util.find_spec("official").submodule_search_locations[0])
    file = folder / "modeling" / "optimization" / "legacy_adamw.py"
    spec = importlib.util.spec_from_file_location("legacy_adamw", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.AdamWeightDecay


AdamWeightDecay = class_of_the_model_garden()


def problem():
    chance = np.random.default_rng(7)
    draw = lambda shape, scale: (chance.normal(size=shape) * scale).round(3).astype(np.float32).reshape(-1).tolist()
    return {
        "config": CONFIG,
        "shapes": SHAPES,
        "start": {name: draw(shape, 1) for name, shape in SHAPES.items()},
        "gradients": [{name: draw(s, (0.1, 2)[i % 2]) for name, s in SHAPES.items()} for i in range(10)],
    }


def model_of(values):
    """A compiled model with these variables."""
    dense = tf_keras.layers.Dense
    model = tf_keras.Sequential([dense(2, name="dense", input_shape=(3,)), dense(1, name="out")])
    model.compile(AdamWeightDecay(**CONFIG), "mse")
    for variable in model.trainable_variables:
        name = variable.name.removesuffix(":0")
        variable.assign(np.float32(values[name]).reshape(SHAPES[name]))
    return model


def with_weights(model):
    model.optimizer._create_all_weights(model.trainable_variables)
    return model


def flat(model):
    """Everything that a step changes, by names that start with the optimizer's also where Keras leaves it out."""
    full = lambda name: name if name.startswith(f"{NAME}/") else f"{NAME}/{name}"
    weights = {full(v.name.removesuffix(":0")): v for v in model.optimizer.weights}
    weights.update({v.name.removesuffix(":0"): v for v in model.trainable_variables})
    return {name: v.numpy().reshape(-1).tolist() for name, v in weights.items()}


def train(model, gradients):
    steps = []
    for step in gradients:
        named = {v.name.removesuffix(":0"): v for v in model.trainable_variables}
        pairs = [(tf.reshape(tf.constant(step[name], tf.float32), v.shape), v) for name, v in named.items()]
        model.optimizer.apply_gradients(pairs)
        steps.append(flat(model))
    return steps


def same(a, b):
    return list(a) == list(b) and all(np.array_equal(a[name], b[name]) for name in a)


def begin(folder):
    given = problem()
    model = model_of(given["start"])
    train(model, given["gradients"][:5])
    model.save(folder / "five.h5")
    prefix = tf.train.Checkpoint(optimizer=model.optimizer, model=model).save(str(folder / "five"))
    from_h5 = keras_to_safetensors.convert(folder / "five.h5", THEIRS, variables=True)
    THEIRS.chmod(0o644)
    from_checkpoint = keras_to_safetensors.convert(prefix, folder / "five.safetensors", variables=True)
    assert same(from_h5, from_checkpoint), (list(from_h5), list(from_checkpoint))
    return {"problem": given, "begunInPython": train(model, given["gradients"][5:])}


def go_on(folder):
    given = problem()
    other = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    template = with_weights(model_of(other))
    template.save(folder / "template.h5")
    prefix = tf.train.Checkpoint(optimizer=template.optimizer, model=template).save(str(folder / "template"))
    safetensors_to_keras.convert(OURS, folder / "template.h5", folder / "ours.h5", NAME)
    safetensors_to_keras.convert(OURS, prefix, folder / "ours", NAME)

    custom = {NAME: lambda **config: AdamWeightDecay(**{**config, **CONFIG})}
    loaded = tf_keras.models.load_model(folder / "ours.h5", custom_objects=custom)
    restored = with_weights(model_of(other))
    checkpoint = tf.train.Checkpoint(optimizer=restored.optimizer, model=restored)
    checkpoint.restore(str(folder / "ours")).assert_consumed()
    assert loaded.optimizer.iterations == restored.optimizer.iterations == 5
    after = train(loaded, given["gradients"][5:])
    assert all(map(same, after, train(restored, given["gradients"][5:])))
    return {"begunHere": after}


def close(a, b):
    near = lambda x, y: list(x) == list(y) and all(np.allclose(x[name], y[name], rtol=1e-6) for name in x)
    return len(a) == len(b) and all(map(near, a, b))


def check(folder):
    global THEIRS
    committed, theirs = json.loads(JSON.read_text()), read(THEIRS)
    THEIRS = folder / "keras.safetensors"
    made = {**begin(folder), **go_on(folder)}
    assert close([read(THEIRS)], [theirs])
    assert made["problem"] == committed["problem"]
    for part in ("begunInPython", "begunHere"):
        assert close(made[part], committed[part]), part
        print(f"{part}: {'the same bits' if made[part] == committed[part] else 'within 1e-6'}")


with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    if "--check" in sys.argv:
        check(work)
    elif sys.argv[1:] == ["begin"]:
        JSON.write_text(json.dumps(begin(work), indent=1) + "\n")
    elif sys.argv[1:] == ["continue"]:
        JSON.write_text(json.dumps({**json.loads(JSON.read_text()), **go_on(work)}, indent=1) + "\n")
    else:
        sys.exit(__doc__)
