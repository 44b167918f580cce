"""Makes legacy_siblings.json: every step of Keras's legacy optimizers and of the Model Garden's LAMB, LARS and moving average.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu==2.21.0 tf-keras==2.21.0
    venv/bin/pip download --no-deps tf-models-official==2.20.0
    MODELS=tf_models_official-2.20.0-py2.py3-none-any.whl venv/bin/python test/golden/make_legacy_siblings.py
    MODELS=… venv/bin/python test/golden/make_legacy_siblings.py --check

The classes are the real ones, on CPU in float32. Of the Model Garden only three files are loaded, straight from the wheel,
since the package itself wants many others.
"""
import json
import os
import pathlib
import sys
import types

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow as tf
from tf_keras.optimizers import legacy

from model_garden import model_garden

FILE = pathlib.Path(__file__).parent / "legacy_siblings.json"

LAMB = model_garden("lamb").LAMB
LARS = model_garden("lars").LARS
Average = model_garden("ema_optimizer").ExponentialMovingAverage
CLASSES = {"SGD": legacy.SGD, "RMSprop": legacy.RMSprop, "Adam": legacy.Adam, "Adagrad": legacy.Adagrad,
           "LAMB": LAMB, "LARS": LARS}

W = [{"name": "w", "init": [1, -2, 3]}]
GRADS = [[[0.1, -0.2, 0.3]], [[3, 0.5, -1]], [[0.0001, 2, 0]]]
# for norms and names: a kernel, a bias, a leaf of zeros and one whose first gradient is zero
FOUR = W + [{"name": "bias", "init": [0.5, -0.25]}, {"name": "zeros", "init": [0, 0]}, {"name": "still", "init": [0.7]}]
FOUR_GRADS = [[g[0], [0.2, -0.1 * k], [0.3, -0.4], [0.0 if k == 0 else 0.5]] for k, g in enumerate(GRADS)]

# name, class, arguments
FIRST = [
    ("rmsprop", "RMSprop", {}),
    ("rmsprop_centered", "RMSprop", {"centered": True}),
    ("rmsprop_mom", "RMSprop", {"momentum": 0.9}),
    ("rmsprop_mom_centered", "RMSprop", {"learning_rate": 0.01, "momentum": 0.9, "centered": True}),
    ("sgd", "SGD", {}),
    ("sgd_mom", "SGD", {"momentum": 0.9}),
    ("sgd_nesterov", "SGD", {"momentum": 0.9, "nesterov": True}),
    ("adam", "Adam", {}),
    ("adagrad", "Adagrad", {}),
]
MORE = [
    ("sgd_decay", "SGD", {"decay": 0.5}),
    ("sgd_mom_decay", "SGD", {"learning_rate": 0.1, "momentum": 0.7, "decay": 0.5}),
    ("sgd_momentum_one", "SGD", {"momentum": 1.0, "nesterov": True}),
    ("rmsprop_options", "RMSprop", {"learning_rate": 0.02, "rho": 0.8, "epsilon": 0.001}),
    ("rmsprop_centered_options", "RMSprop", {"learning_rate": 0.02, "rho": 0.8, "epsilon": 0.001, "centered": True}),
    ("rmsprop_mom_options", "RMSprop", {"learning_rate": 0.02, "rho": 0.8, "momentum": 0.5, "epsilon": 0.001}),
    ("rmsprop_decay", "RMSprop", {"decay": 0.5}),
    ("rmsprop_mom_decay", "RMSprop", {"momentum": 0.9, "decay": 0.5}),
    ("adam_options", "Adam", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 0.01}),
    ("adam_amsgrad", "Adam", {"learning_rate": 0.1, "amsgrad": True}),
    ("adam_decay", "Adam", {"decay": 0.5}),
    ("adagrad_options", "Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 0.01}),
    ("adagrad_from_zero", "Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.0}),
    ("adagrad_decay", "Adagrad", {"decay": 0.5}),
]
NORMS = [
    ("lamb", "LAMB", {}),
    ("lamb_decay_rate", "LAMB", {"learning_rate": 0.01, "weight_decay_rate": 0.01}),
    ("lamb_options", "LAMB", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 0.01, "decay": 0.5,
                              "weight_decay_rate": 0.1}),
    # a pattern sees the name without ":0"; what does not decay has no ratio either
    ("lamb_exclude_decay", "LAMB", {"weight_decay_rate": 0.1, "exclude_from_weight_decay": ["bias$", "zero"]}),
    ("lamb_exclude_both", "LAMB", {"weight_decay_rate": 0.1, "exclude_from_weight_decay": ["w"],
                                   "exclude_from_layer_adaptation": ["bias", "still"]}),
    ("lamb_no_ratio", "LAMB", {"learning_rate": 0.1, "weight_decay_rate": 0.1, "exclude_from_layer_adaptation": ["."]}),
    ("lars", "LARS", {}),
    ("lars_decay_rate", "LARS", {"learning_rate": 0.1, "weight_decay_rate": 0.01}),
    ("lars_nesterov", "LARS", {"learning_rate": 0.1, "weight_decay_rate": 0.01, "nesterov": True}),
    ("lars_popular", "LARS", {"learning_rate": 0.1, "weight_decay_rate": 0.01, "classic_momentum": False}),
    ("lars_popular_nesterov", "LARS", {"learning_rate": 0.1, "momentum": 0.7, "eeta": 0.01, "nesterov": True,
                                       "classic_momentum": False}),
    # a pattern sees the name with ":0", so the first one matches nothing
    ("lars_exclude_decay", "LARS", {"weight_decay_rate": 0.1, "exclude_from_weight_decay": ["bias$", "zeros:0"]}),
    ("lars_exclude_both", "LARS", {"weight_decay_rate": 0.1, "decay": 0.5, "exclude_from_weight_decay": ["w"],
                                   "exclude_from_layer_adaptation": ["bias", "still"]}),
    ("lars_no_ratio", "LARS", {"weight_decay_rate": 0.1, "nesterov": True, "exclude_from_layer_adaptation": ["."]}),
    ("lars_popular_no_ratio", "LARS", {"weight_decay_rate": 0.1, "nesterov": True, "classic_momentum": False,
                                       "exclude_from_layer_adaptation": ["."]}),
]
# around SGD(0.1, momentum=0.9)
AVERAGES = [
    ("average", {}),
    ("average_fixed", {"dynamic_decay": False}),
    ("average_from_3", {"start_step": 3, "average_decay": 0.6}),
    ("average_fixed_from_3", {"start_step": 3, "average_decay": 0.6, "dynamic_decay": False}),
]

# one variable of three rows; a row may come twice, or not at all
ROWS = [[1, -2], [3, 0.5], [-0.7, 2]]
SPARSE_GRADS = [([0, 2], [[0.1, -0.2], [3, 0.5]]), ([1], [[2, -1]]), ([2, 0, 2], [[0.25, 1], [-1, 0.5], [0.5, -3]])]
SPARSE = [
    ("sgd", "SGD", {"learning_rate": 0.25}),
    ("rmsprop", "RMSprop", {}),
    ("rmsprop_centered", "RMSprop", {"centered": True}),
    ("adagrad", "Adagrad", {"learning_rate": 0.1}),
    ("lamb_no_ratio", "LAMB", {"weight_decay_rate": 0.1, "exclude_from_layer_adaptation": ["."]}),
    ("lamb", "LAMB", {"weight_decay_rate": 0.1}),
]


def flat(tensor):
    return tf.reshape(tf.cast(tensor, tf.float32), [-1]).numpy().tolist()


def run(optimizer, variables, grads, of=lambda o: o.weights):
    made = [tf.Variable(tf.constant(v["init"], tf.float32), name=v["name"]) for v in variables]
    if isinstance(optimizer, Average):
        optimizer.shadow_copy(types.SimpleNamespace(trainable_variables=made))
    steps = []
    for step in grads:
        optimizer.apply_gradients([(tf.constant(g, tf.float32), v) for g, v in zip(step, made)])
        weights = [{"name": w.name, "value": flat(w)} for w in of(optimizer)]
        steps.append({"grads": step, "vars": [flat(v) for v in made], "weights": weights})
    return {"variables": variables, "steps": steps, "config": optimizer.get_config()}


def case(name, kind, arguments, variables, grads):
    head = {"name": name, "class": kind, "arguments": arguments}
    return {**head, **run(CLASSES[kind](**arguments), variables, grads)}


def average(name, arguments):
    inner = {"class": "SGD", "arguments": {"learning_rate": 0.1, "momentum": 0.9}}
    optimizer = Average(legacy.SGD(**inner["arguments"]), **arguments)
    head = {"name": name, "class": "ExponentialMovingAverage", "arguments": arguments, "inner": inner}
    # `weights` are those of the inner optimizer, `variables()` has the averages
    return {**head, **run(optimizer, W, GRADS + GRADS, lambda o: o.weights + o.variables()[:-1])}


def sparse(name, kind, arguments):
    optimizer = CLASSES[kind](**arguments)
    w = tf.Variable(tf.constant(ROWS, tf.float32), name="w")
    steps = []
    for indices, values in SPARSE_GRADS:
        gradient = tf.IndexedSlices(tf.constant(values, tf.float32), tf.constant(indices), w.shape)
        optimizer.apply_gradients([(gradient, w)])
        weights = [{"name": x.name, "value": flat(x)} for x in optimizer.weights]
        steps.append({"indices": indices, "values": values, "w": flat(w), "weights": weights})
    return {"name": name, "class": kind, "arguments": arguments, "init": ROWS, "steps": steps}


def main():
    cases = [case(*one, W, GRADS) for one in FIRST]
    cases += [case(*one, W, GRADS + GRADS) for one in MORE]
    cases += [case(*one, FOUR, FOUR_GRADS + FOUR_GRADS) for one in NORMS]
    cases += [average(*one) for one in AVERAGES]
    made = {"generator": "tensorflow-cpu 2.21.0, tf-keras 2.21.0, tf-models-official 2.20.0, CPU, float32", "cases": cases}
    made["sparse"] = [sparse(*one) for one in SPARSE]
    text = json.dumps(made, default=lambda x: np.asarray(x).item())
    if "--check" not in sys.argv:
        FILE.write_text(text + "\n")
        return
    committed = json.loads(FILE.read_text())
    for key in ["cases", "sparse"]:
        for a, b in zip(json.loads(text)[key], committed[key], strict=True):
            print(f"{key} {a['name']}: {'the same bits' if a == b else 'DIFFERS'}")
    assert json.loads(text) == committed


main()
