"""Makes strict_rates.json: what TensorFlow's classes do with rates that are no numbers, or infinite.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu==2.21.0 tf-keras==2.21.0
    venv/bin/pip download --no-deps tf-models-official==2.20.0
    MODELS=tf_models_official-2.20.0-py2.py3-none-any.whl venv/bin/python test/golden/make_strict_rates.py

The classes are the real ones, on CPU in float32: two steps on `p` and `q`. A number is written as text where JSON has none.
"""
import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow as tf
from tf_keras.optimizers import legacy

from model_garden import model_garden

NAN, INF = float("nan"), float("inf")

CLASSES = {
    "Adam": legacy.Adam,
    "SGD": legacy.SGD,
    "RMSprop": legacy.RMSprop,
    "Adagrad": legacy.Adagrad,
    "AdamWeightDecay": model_garden("legacy_adamw").AdamWeightDecay,
    "LAMB": model_garden("lamb").LAMB,
    "LARS": model_garden("lars").LARS,
}
DECAY = {"weight_decay_rate": 0.125, "exclude_from_weight_decay": ["q"]}
SUBJECTS = [
    ("Adam", {}),
    ("Adam", {"amsgrad": True}),
    ("SGD", {}),
    ("SGD", {"momentum": 0.5}),
    ("SGD", {"momentum": 0.5, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Adagrad", {}),
    ("AdamWeightDecay", DECAY),
    ("LAMB", DECAY),
    ("LARS", DECAY),
    ("LARS", {**DECAY, "classic_momentum": False}),
]
RATES = [
    ({"learning_rate": NAN}, {}),
    ({"learning_rate": INF}, {}),
    ({"learning_rate": -INF}, {}),
    ({"learning_rate": NAN, "decay": 0.5}, {}),
    ({}, {"learning_rate": NAN}),
    ({"learning_rate": NAN}, {"learning_rate": 0.5}),
]
DECAYS = [({"weight_decay_rate": NAN}, {}), ({"weight_decay_rate": INF}, {}), ({}, {"weight_decay_rate": NAN})]
BETAS = [({"beta_1": NAN}, {}), ({"beta_2": NAN}, {}), ({"beta_1": 1.0, "beta_2": 1.0}, {}), ({"beta_2": 2.0}, {})]
CASES = [
    *((name, {**common, **first}, later) for name, common in SUBJECTS for first, later in RATES),
    *((name, {**DECAY, **first}, later) for name in ("AdamWeightDecay", "LAMB", "LARS") for first, later in DECAYS),
    *((name, {**first}, later) for name in ("Adam", "AdamWeightDecay") for first, later in BETAS),
    ("AdamWeightDecay", {"gradient_clip_norm": NAN}, {}),
]


def numbers(values):
    return [float(x) if np.isfinite(x) else str(float(x)) for x in np.asarray(values).ravel()]


def text(options):
    return {k: str(v) if isinstance(v, float) and not np.isfinite(v) else v for k, v in options.items()}


def run(name, first, later):
    optimizer = CLASSES[name](**first)
    variables = [tf.Variable([1.0, -2.0, 0.0], name="p"), tf.Variable([3.0], name="q")]
    steps = []
    for _ in range(2):
        optimizer.apply_gradients(zip([tf.constant([0.5, 0.0, -1.0]), tf.constant([0.0])], variables))
        weights = optimizer.get_weights()[1:]
        steps.append({"variables": [numbers(x) for x in variables], "weights": [numbers(x) for x in weights]})
        for key, value in later.items():
            setattr(optimizer, key, value)
    return {"class": name, "first": text(first), "later": text(later), "steps": steps}


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(run(*case)) for case in CASES)
    (pathlib.Path(__file__).parent / "strict_rates.json").write_text(f"[\n{lines}\n]\n")
