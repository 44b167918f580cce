"""Makes keras_schedules.json: what Keras's and TF Model Garden's learning-rate schedules give, in float32 on the CPU.

    python3 -m venv venv && venv/bin/pip install tensorflow tf-keras
    venv/bin/python test/golden/make_keras_schedules.py           # writes test/golden/keras_schedules.json
    venv/bin/python test/golden/make_keras_schedules.py --check   # compares with the committed file

The committed numbers were made with TensorFlow 2.21.0 on the CPU: Keras's schedules by tf-keras (git dd0a7237, version
2.21.0), those of Model Garden by the formulas of its lr_schedule.py and nlp/optimization.py of 2023, written again below
on TensorFlow's ops. This program is the one that belongs to the cases in the file, written down after that run: --check
says whether it and your versions give the same. The step is passed as float32; NaN is written "nan".
"""
import json
import math
import pathlib
import sys

import tensorflow as tf
import tf_keras

OUT = pathlib.Path(__file__).parent / "keras_schedules.json"
S = tf_keras.optimizers.schedules
STEPS = [0, 1, 2, 3, 5, 7, 9, 10, 11, 15, 19, 20, 21, 25, 30, 35, 99, 100, 1000]
MORE = {
    "PiecewiseConstantDecay": [105, 110, 111, 120, 121],
    "CosineDecayRestarts": [29, 31, 70, 150],
}


def f32(x):
    return tf.cast(x, tf.float32)


def after(schedule):
    """A schedule of a step, from a schedule or a constant."""
    return schedule if callable(schedule) else lambda step: f32(schedule)


def linear_warmup(after_warmup_lr_sched, warmup_steps, warmup_learning_rate):
    inner = after(after_warmup_lr_sched)
    final = inner(warmup_steps)

    def call(step):
        line = warmup_learning_rate + step / warmup_steps * (final - warmup_learning_rate)
        return line if step < warmup_steps else inner(step)

    return call


def polynomial_warmup(after_warmup_lr_sched, warmup_steps, power=1.0):
    inner = after(after_warmup_lr_sched)
    final = inner(warmup_steps)

    def call(step):
        if step >= warmup_steps:
            return inner(step)
        return final * tf.pow(tf.maximum(step, 1.0) / f32(warmup_steps), power)

    return call


def nlp_warmup(initial_learning_rate, decay_schedule_fn, warmup_steps, power=1.0):
    def call(step):
        if step >= warmup_steps:
            return decay_schedule_fn(step)
        return initial_learning_rate * tf.pow(step / f32(warmup_steps), power)

    return call


def power_and_linear(initial_learning_rate, total_decay_steps, power=1.0, linear_decay_fraction=0.1, offset=0):
    def call(step):
        step = f32(step - offset)
        rate = initial_learning_rate * tf.pow(tf.maximum(step, 1.0), power)
        span = total_decay_steps * linear_decay_fraction
        if span > 0:
            rate = tf.maximum(0.0, rate * tf.minimum(1.0, (total_decay_steps - step) / span))
        return rate

    return call


def step_cosine(boundaries, values, offset=0):
    def call(step):
        step = f32(step - offset)
        rate = None
        for i, start in enumerate(boundaries):
            low = values[i + 1] if i + 1 < len(values) else 0.0
            length = boundaries[i + 1] - start if i + 1 < len(boundaries) else 0
            done = step if i == 0 else step - start
            wave = (values[i] - low) * (tf.cos(tf.constant(math.pi) * done / length) + 1.0) / 2.0 + low
            rate = wave if rate is None else tf.where(step >= start, wave, rate)
        return rate

    return call


def with_offset(cls):
    def make(offset=0, **args):
        inner = cls(**args)
        return lambda step: inner(f32(step - offset))

    return make


MAKERS = {
    **{
        name: getattr(S, name)
        for name in [
            "ExponentialDecay",
            "PiecewiseConstantDecay",
            "PolynomialDecay",
            "InverseTimeDecay",
            "CosineDecay",
            "CosineDecayRestarts",
        ]
    },
    "LinearWarmup": linear_warmup,
    "PolynomialWarmUp": polynomial_warmup,
    "WarmUp(nlp)": nlp_warmup,
    "PowerAndLinearDecay": power_and_linear,
    "StepCosineDecayWithOffset": step_cosine,
    "ExponentialDecayWithOffset": with_offset(S.ExponentialDecay),
    "CosineDecayWithOffset": with_offset(S.CosineDecay),
}
TO_ZERO = ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "end_learning_rate": 0.0}]
CASES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.96}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.96, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 15], "values": [1.0, 0.5, 0.1]}),
    ("PiecewiseConstantDecay", {"boundaries": [100, 110, 120], "values": [1.0, 0.1, 0.01, 0.001]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "end_learning_rate": 0.01, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "end_learning_rate": 0.01, "power": 0.5}),
    ("PolynomialDecay", {"initial_learning_rate": 0.05, "decay_steps": 10, "end_learning_rate": 0.001, "power": 0.5, "cycle": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.02, "decay_steps": 20, "warmup_target": 0.1, "warmup_steps": 10}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.0, "m_mul": 0.5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.5}),
    ("LinearWarmup", {"after_warmup_lr_sched": TO_ZERO, "warmup_steps": 5, "warmup_learning_rate": 0.01}),
    ("PolynomialWarmUp", {"after_warmup_lr_sched": 0.1, "warmup_steps": 5}),
    ("WarmUp(nlp)", {"initial_learning_rate": 0.1, "decay_schedule_fn": TO_ZERO, "warmup_steps": 5}),
    ("WarmUp(nlp)", {"initial_learning_rate": 0.1, "decay_schedule_fn": TO_ZERO, "warmup_steps": 5, "power": 2.0}),
    ("PowerAndLinearDecay", {"initial_learning_rate": 1.0, "total_decay_steps": 100, "power": -1.0, "linear_decay_fraction": 0.5}),
    ("PowerAndLinearDecay", {"initial_learning_rate": 1.0, "total_decay_steps": 100, "power": -1.0, "linear_decay_fraction": 0.5, "offset": 10}),
    ("StepCosineDecayWithOffset", {"boundaries": [0, 10, 30], "values": [1.0, 0.5, 0.2]}),
    ("StepCosineDecayWithOffset", {"boundaries": [0, 10, 30], "values": [1.0, 0.5, 0.2], "offset": 5}),
    ("ExponentialDecayWithOffset", {"offset": 10, "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("CosineDecayWithOffset", {"offset": 10, "initial_learning_rate": 0.1, "decay_steps": 10}),
]


def make(name, args):
    def value(x):
        return make(*x) if isinstance(x, list) and x and isinstance(x[0], str) else x

    return MAKERS[name](**{key: value(x) for key, x in args.items()})


def number(x):
    x = float(x)
    return "nan" if math.isnan(x) else x


def points(name, args):
    schedule = make(name, args)
    return [[step, number(schedule(tf.constant(float(step))))] for step in STEPS + MORE.get(name, [])]


def main():
    made = {
        "generator": f"tf {tf.__version__} CPU; Keras schedules from tf-keras {tf_keras.__version__}; TF-Models schedules "
        "re-created from the 2023 lr_schedule.py and run on TF ops; step passed as float32; values are exact float32",
        "schedules": [{"schedule": name, "args": args, "points": points(name, args)} for name, args in CASES],
    }
    if "--check" in sys.argv:
        if made["schedules"] != json.loads(OUT.read_text())["schedules"]:
            sys.exit("the committed numbers differ")
        print("the committed numbers are the same")
    else:
        OUT.write_text(json.dumps(made, separators=(",", ":")))


if __name__ == "__main__":
    main()
