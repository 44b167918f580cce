"""Reads what getConfig() writes with the Model Garden's AdamWeightDecay, and writes what its get_config() says.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu tf-keras
    venv/bin/pip download --no-deps tf-models-official==2.20.0   # and unpack it
    venv/bin/python test/golden/check_configs.py FOLDER          # where FOLDER/official is the Model Garden

    adamw_configs.json    made by test/legacy/configs.test.ts with TAP_SNAPSHOT=1, read here: each makes an optimizer, whose
                          own get_config agrees, whose attributes are those that get_config leaves out, whose rates at
                          some steps are the same, and which takes a step
    python_configs.json   written here, read by the same test: get_config in both forms that Keras has for schedules, and
                          the rates at the same steps

The committed file was made with TensorFlow 2.21.0 (CPU), tf-keras 2.21.0 and tf-models-official 2.20.0.
"""
import copy
import importlib.util
import json
import os
import pathlib
import sys
import types

sys.path.pop(0)  # safetensors.py beside this file bears the name of the package
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow as tf
from tf_keras.optimizers import schedules

HERE = pathlib.Path(__file__).resolve().parent
STEPS = [0, 1, 4, 5, 9, 10, 11, 100]


def garden(folder, file):
    """One file of the Model Garden; absl, which it only logs with, may be missing."""
    try:
        import absl.logging  # noqa: F401
    except ImportError:
        absl = types.ModuleType("absl")
        absl.logging = types.ModuleType("absl.logging")
        sys.modules |= {"absl": absl, "absl.logging": absl.logging}
    path = pathlib.Path(folder) / "official" / file
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


AdamWeightDecay = garden(sys.argv[1], "modeling/optimization/legacy_adamw.py").AdamWeightDecay


class WarmUp(schedules.LearningRateSchedule):
    """official/nlp/optimization.py's: initial (step / warmup_steps)^power, then the schedule behind it, not shifted."""

    def __init__(self, initial_learning_rate, decay_schedule_fn, warmup_steps, power=1.0, name=None):
        self.config = dict(
            initial_learning_rate=initial_learning_rate, decay_schedule_fn=decay_schedule_fn,
            warmup_steps=warmup_steps, power=power, name=name,
        )
        self.initial, self.after, self.steps, self.power = initial_learning_rate, decay_schedule_fn, warmup_steps, power

    def __call__(self, step):
        step, steps = tf.cast(step, tf.float32), tf.cast(self.steps, tf.float32)
        rate = self.initial * tf.math.pow(step / steps, self.power)
        return tf.cond(step < steps, lambda: rate, lambda: self.after(step))

    def get_config(self):
        return self.config


def rates(optimizer):
    rate = optimizer.learning_rate
    return [float(np.float32(rate(tf.constant(k, tf.float32)) if callable(rate) else rate)) for k in STEPS]


def plain(value):
    """A config without the envelopes of schedules, which differ between the forms."""
    if isinstance(value, dict) and "class_name" in value:
        return {"class_name": value["class_name"], "config": plain(value["config"])}
    if isinstance(value, schedules.LearningRateSchedule):
        return {"class_name": type(value).__name__, "config": plain(value.get_config())}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def nested(config):
    """Keras's from_config leaves the schedule inside another a dict, in either form; its reader of the older one does not."""
    rate = config["learning_rate"]
    if not isinstance(rate, dict) or rate["class_name"] != "WarmUp":
        return config
    schedule = schedules.deserialize(rate, custom_objects={"WarmUp": WarmUp}, use_legacy_format=True)
    return {**config, "learning_rate": schedule}


def read(config, expected):
    optimizer = AdamWeightDecay.from_config(nested(copy.deepcopy(config)))
    written = plain(optimizer.get_config())
    forgotten = {
        "gradient_clip_norm": optimizer.gradient_clip_norm,
        "include_in_weight_decay": optimizer._include_in_weight_decay,
        "exclude_from_weight_decay": optimizer._exclude_from_weight_decay,
    }
    for key, value in config.items():
        got = forgotten[key] if key in forgotten else written[key]
        assert plain(value) == got, (key, value, got)
    assert set(written) <= set(config), set(written) - set(config)
    assert rates(optimizer) == expected, (rates(optimizer), expected)
    variable = tf.Variable([1.0, 2.0], name="layer_norm")
    optimizer.apply_gradients([(tf.constant([0.1, -0.1]), variable)])
    assert np.isfinite(variable.numpy()).all()


def made():
    """Optimizers of Python's, one schedule each."""
    polynomial = schedules.PolynomialDecay(0.1, 10, end_learning_rate=0.01, power=0.5)
    yield "defaults", {}
    yield "all numbers", dict(
        learning_rate=0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-6, amsgrad=True, weight_decay_rate=0.01, decay=0.25,
        clipnorm=1.5, clipvalue=0.5, name="my_own",
    )
    yield "global_clipnorm", dict(global_clipnorm=2.0)
    yield "PolynomialDecay", dict(learning_rate=polynomial)
    yield "PolynomialDecay, cycle", dict(learning_rate=schedules.PolynomialDecay(0.1, 4, cycle=True, name="a_b"))
    yield "ExponentialDecay", dict(learning_rate=schedules.ExponentialDecay(0.1, 4, 0.5, staircase=True))
    yield "InverseTimeDecay", dict(learning_rate=schedules.InverseTimeDecay(0.1, 4, 0.5))
    yield "PiecewiseConstantDecay", dict(learning_rate=schedules.PiecewiseConstantDecay([5, 10], [1.0, 0.5, 0.25]))
    yield "CosineDecay", dict(learning_rate=schedules.CosineDecay(0.1, 10, alpha=0.1))
    yield "CosineDecay, warmup", dict(learning_rate=schedules.CosineDecay(0.0, 10, warmup_target=0.5, warmup_steps=5))
    yield "CosineDecayRestarts", dict(learning_rate=schedules.CosineDecayRestarts(0.1, 4, t_mul=2.0, m_mul=0.9))
    yield "WarmUp", dict(learning_rate=WarmUp(0.1, polynomial, 5), weight_decay_rate=0.01)


def main():
    cases = json.loads((HERE / "adamw_configs.json").read_text())
    for case in cases:
        read(case["config"], case["rates"])
    print(f"read {len(cases)} configs of ours")
    written = []
    for title, arguments in made():
        optimizer = AdamWeightDecay(**arguments)
        config = optimizer.get_config()
        rate = arguments.get("learning_rate")
        forms = {"": config}
        if isinstance(rate, schedules.LearningRateSchedule):
            legacy = schedules.serialize(rate, use_legacy_format=True)
            forms = {" (module)": config, " (legacy)": {**config, "learning_rate": legacy}}
        for form, one in forms.items():
            written.append({"title": title + form, "config": one, "rates": rates(optimizer)})
    lines = ",\n".join(json.dumps(one, default=float) for one in written)
    (HERE / "python_configs.json").write_text(f"[\n{lines}\n]\n")
    print(f"wrote {len(written)} configs of Python's")


main()
