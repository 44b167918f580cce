"""Makes factory.json: what the Model Garden's OptimizerFactory and create_optimizer make of a config, rates and steps.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu==2.21.0 tf-keras==2.21.0 pyyaml==6.0.3
    venv/bin/pip install gin-config==0.5.0 six==1.17.0
    venv/bin/pip download --no-deps tf-models-official==2.20.0
    MODELS=tf_models_official-2.20.0-py2.py3-none-any.whl venv/bin/python test/golden/make_factory.py
    MODELS=… venv/bin/python test/golden/make_factory.py --check

The factory, the configs and the optimizers are the real ones, on CPU in float32. Of the wheel only parts of
`official/modeling` and `official/nlp/optimization.py` are used, without installing it, since it wants many packages.

Every key of a config but `name` is there once with another value than its default. What is not finite is written as a
string; two rows have it, as upstream's formulas make it: the last segment of a step cosine has no length (NaN), and a
polynomial decay with `cycle` has no steps before its offset (inf). `refused` has what cannot be made, `slide` and
`adafactor` too, with the class of upstream's error, or null where upstream passes over a key that no config has.
"""
import json
import os
import pathlib
import sys
import tempfile
import types
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
FOLDER = tempfile.TemporaryDirectory()
with zipfile.ZipFile(os.environ["MODELS"]) as wheel:
    parts = ("official/modeling/hyperparams/", "official/modeling/optimization/", "official/nlp/optimization.py")
    wheel.extractall(FOLDER.name, [name for name in wheel.namelist() if name.startswith(parts)])
sys.path.insert(0, FOLDER.name)

import numpy as np
import tensorflow as tf
from official.modeling.optimization import ExponentialMovingAverage, OptimizationConfig, OptimizerFactory
from official.nlp.optimization import create_optimizer

FILE = pathlib.Path(__file__).parent / "factory.json"
VARIABLES = [{"name": "dense/kernel", "init": [1, -2, 3]}, {"name": "dense/bias", "init": [0.5, -0.25]}]
# the norm of all is below 1, then above 1, then above 1 in one variable only
GRADS = [[[0.1, -0.2, 0.3], [0.2, -0.1]], [[3, 0.5, -1], [0.25, 2]], [[0.001, 2, 0], [-0.5, 0.125]]]
AT = [0, 1, 2, 3, 5, 10, 11, 100]

CONSTANT = {"type": "constant", "constant": {"learning_rate": 0.1}}
POLYNOMIAL = {"initial_learning_rate": 0.1, "decay_steps": 10}


def of(kind, **options):
    return {"type": kind, kind: options} if options else {"type": kind}


# name, config
CONFIGS = [
    ("sgd_defaults", {"optimizer": of("sgd"), "learning_rate": of("constant")}),
    ("sgd_polynomial_later", {
        "optimizer": of("sgd", name="Mine"),
        "learning_rate": of("polynomial", **POLYNOMIAL, offset=2, name="later"),
        "warmup": of("linear", warmup_steps=1, name="warm")}),
    ("sgd_stepwise_linear", {
        "optimizer": of("sgd", momentum=0.9, nesterov=True, decay=0.5),
        "learning_rate": of("stepwise", boundaries=[2, 10], values=[0.1, 0.01, 0.001], offset=1),
        "warmup": of("linear", warmup_steps=2, warmup_learning_rate=0.01)}),
    ("sgd_clipnorm", {"optimizer": of("sgd", clipnorm=1.0), "learning_rate": CONSTANT}),
    ("sgd_global_clipnorm", {"optimizer": of("sgd", global_clipnorm=1.0), "learning_rate": CONSTANT}),
    ("adam_exponential", {
        "optimizer": of("adam", beta_1=0.8, beta_2=0.95, epsilon=0.001, amsgrad=True),
        "learning_rate": of("exponential", initial_learning_rate=0.1, decay_steps=2, decay_rate=0.96, staircase=True)}),
    ("adam_exponential_polynomial", {
        "optimizer": of("adam", clipvalue=0.5),
        "learning_rate": of("exponential", initial_learning_rate=0.1, decay_steps=3, decay_rate=0.5, offset=1),
        "warmup": of("polynomial", warmup_steps=3, power=2.0)}),
    ("adamw_polynomial_linear", {
        "optimizer": of("adamw", weight_decay_rate=0.1, exclude_from_weight_decay=["LayerNorm", "bias"],
                        gradient_clip_norm=0.5),
        "learning_rate": of("polynomial", **POLYNOMIAL, end_learning_rate=0.0),
        "warmup": of("linear", warmup_steps=2)}),
    ("adamw_included", {
        "optimizer": of("adamw", weight_decay_rate=0.1, include_in_weight_decay=["kernel"],
                        exclude_from_weight_decay=["dense"], gradient_clip_norm=0.0),
        "learning_rate": of("polynomial", **POLYNOMIAL, power=0.5, cycle=True)}),
    ("adamw_cycle_before_offset", {
        "optimizer": of("adamw", beta_1=0.8, beta_2=0.95, epsilon=0.001, amsgrad=True, clipvalue=0.5),
        "learning_rate": of("polynomial", **POLYNOMIAL, power=0.5, cycle=True, offset=1)}),
    ("adamw_defaults", {"optimizer": of("adamw"), "learning_rate": of("polynomial", **POLYNOMIAL)}),
    ("lamb_power_linear", {
        "optimizer": of("lamb", weight_decay_rate=0.1, exclude_from_weight_decay=["bias"]),
        "learning_rate": of("power_linear", initial_learning_rate=0.1, total_decay_steps=11, linear_decay_fraction=0.5,
                            offset=1)}),
    ("lamb_excluded", {
        "optimizer": of("lamb", beta_1=0.8, beta_2=0.95, epsilon=0.001, weight_decay_rate=0.1,
                        exclude_from_weight_decay=["bias"], exclude_from_layer_adaptation=["kernel"]),
        "learning_rate": CONSTANT}),
    ("lamb_defaults", {"optimizer": of("lamb"), "learning_rate": of("power", initial_learning_rate=0.1)}),
    ("rmsprop_defaults", {
        "optimizer": of("rmsprop"),
        "learning_rate": of("power_with_offset", initial_learning_rate=0.1, offset=1)}),
    ("rmsprop_power_with_offset", {
        "optimizer": of("rmsprop", rho=0.8),
        "learning_rate": of("power_with_offset", initial_learning_rate=0.1, power=-1.0, offset=3,
                            pre_offset_learning_rate=0.07)}),
    ("rmsprop_step_cosine", {
        "optimizer": of("rmsprop", rho=0.8, momentum=0.5, epsilon=0.001, centered=True),
        "learning_rate": of("step_cosine_with_offset", boundaries=[0, 50], values=[0.1, 0.05], offset=2),
        "warmup": of("linear", warmup_steps=2)}),
    ("lars_polynomial", {
        "optimizer": of("lars", momentum=0.8, eeta=0.01, weight_decay_rate=0.1, nesterov=True,
                        exclude_from_weight_decay=["bias"]),
        "learning_rate": CONSTANT, "warmup": of("polynomial", warmup_steps=2)}),
    ("lars_popular", {
        "optimizer": of("lars", classic_momentum=False, weight_decay_rate=0.1, exclude_from_layer_adaptation=["kernel"]),
        "learning_rate": CONSTANT}),
    ("lars_defaults", {"optimizer": of("lars"), "learning_rate": of("power", initial_learning_rate=1.0, power=-1.0)}),
    ("adagrad_cosine", {
        "optimizer": of("adagrad", initial_accumulator_value=0.5, epsilon=0.01),
        "learning_rate": of("cosine", initial_learning_rate=0.1, decay_steps=10, alpha=0.1, offset=1)}),
    ("adagrad_defaults", {
        "optimizer": of("adagrad"),
        "learning_rate": of("cosine", initial_learning_rate=0.1, decay_steps=10)}),
    ("average", {"optimizer": of("sgd", momentum=0.9), "learning_rate": CONSTANT,
                 "ema": {"start_step": 2, "average_decay": 0.6, "dynamic_decay": False, "trainable_weights_only": False,
                         "name": "Mean"}}),
    ("average_defaults", {"optimizer": of("adam"), "learning_rate": CONSTANT, "ema": {}}),
]
RATE = {"learning_rate": of("constant")}
ADAM = {"optimizer": of("adam")}
REFUSED = [
    ("slide", {"optimizer": of("slide"), **RATE}),
    ("adafactor", {"optimizer": of("adafactor"), **RATE}),
    ("optimizer_missing", RATE),
    ("optimizer_without_type", {"optimizer": {"adam": {"beta_1": 0.5}}, **RATE}),
    ("optimizer_type_null", {"optimizer": {"type": None}, **RATE}),
    ("optimizer_type_unknown", {"optimizer": {"type": "adamax"}, **RATE}),
    ("optimizer_null", {"optimizer": {"type": "adam", "adam": None}, **RATE}),
    ("rate_missing", ADAM),
    ("rate_type_unknown", {**ADAM, "learning_rate": {"type": "linear"}}),
    ("rate_null", {**ADAM, "learning_rate": {"type": "constant", "constant": None}}),
    ("rate_without_steps", {**ADAM, "learning_rate": of("power_linear", initial_learning_rate=0.1)}),
    ("warmup_type_unknown", {**ADAM, **RATE, "warmup": {"type": "cosine"}}),
    ("warmup_without_steps", {**ADAM, **RATE, "warmup": of("linear")}),
    ("key_unknown", {**ADAM, **RATE, "optimiser": {}}),
    ("key_of_choices_unknown", {"optimizer": {"type": "adam", "adamax": {}}, **RATE}),
    ("key_of_optimizer_unknown", {"optimizer": of("adam", beta_3=0.5), **RATE}),
    ("key_of_another_optimizer", {"optimizer": of("adam", weight_decay_rate=0.5), **RATE}),
    ("key_in_camel_case", {"optimizer": of("adam", beta1=0.5), **RATE}),
    ("rate_in_optimizer", {"optimizer": of("adam", learning_rate=0.5), **RATE}),
    ("old_rate_in_optimizer", {"optimizer": of("adam", lr=0.5), **RATE}),
    ("decay_of_adam", {"optimizer": of("adam", decay=0.5), **RATE}),
    ("key_of_rate_unknown", {**ADAM, "learning_rate": of("constant", rate=0.5)}),
    ("key_of_schedule_unknown", {**ADAM, "learning_rate": of("polynomial", **POLYNOMIAL, warmup=1)}),
    ("key_of_warmup_unknown", {**ADAM, **RATE, "warmup": of("linear", warmup_steps=1, after_warmup_lr_sched=1.0)}),
    ("key_of_average_unknown", {**ADAM, **RATE, "ema": {"decay": 0.5}}),
    ("clipnorm_negative", {"optimizer": of("sgd", clipnorm=-1.0), **RATE}),
]
DECAY = {"initial_learning_rate": 0.1, "decay_steps": 1000}
INVERSE = {"initial_learning_rate": 1.0, "power": -1.0}
STEPS = of("stepwise", boundaries=[10000, 20000], values=[0.1, 0.01, 0.001])
WARM = of("linear", warmup_steps=500, warmup_learning_rate=0.01)
AFTER = [[500, 0.1], [5500, 0.1], [10000, 0.1], [10001, 0.01], [20000, 0.01], [20001, 0.001]]
# the rates of upstream's optimizer_factory_test.py: test, rate, warm-up, values at steps, decimals that hold
VECTORS = [
    ("stepwise_lr_schedule", STEPS, None, [[0, 0.1], [5000, 0.1], *AFTER], 7),
    ("stepwise_lr_with_warmup_schedule", STEPS, WARM, [[0, 0.01], [250, 0.055], *AFTER], 7),
    ("exponential_lr_schedule", of("exponential", **DECAY, decay_rate=0.96, staircase=True), None,
     [[0, 0.1], [999, 0.1], [1000, 0.096], [1999, 0.096], [2000, 0.09216]], 7),
    ("polynomial_lr_schedule", of("polynomial", **DECAY, end_learning_rate=0.001), None,
     [[0, 0.1], [500, 0.0505], [1000, 0.001]], 7),
    ("cosine_lr_schedule", of("cosine", **DECAY), None,
     [[0, 0.1], [250, 0.08535534], [500, 0.04999999], [750, 0.01464466], [1000, 0]], 7),
    ("constant_lr_with_warmup_schedule", CONSTANT, WARM,
     [[0, 0.01], [250, 0.055], [500, 0.1], [5000, 0.1], [10000, 0.1], [20000, 0.1]], 7),
    ("stepwise_lr_with_polynomial_warmup_schedule", STEPS, of("polynomial", warmup_steps=500, power=2.0),
     [[0, 0.0], [250, 0.025], *AFTER], 6),
    ("power_lr_schedule", of("power", **INVERSE), None, [[0, 1.0], [1, 1.0], [250, 1 / 250]], 7),
    ("power_linear_lr_schedule",
     of("power_linear", **INVERSE, linear_decay_fraction=0.5, total_decay_steps=100, offset=0), None,
     [[0, 1.0], [1, 1.0], [40, 1 / 40], [60, 0.8 / 60]], 7),
    ("power_with_offset_lr_schedule", of("power_with_offset", **INVERSE, offset=10, pre_offset_learning_rate=3.0),
     None, [[1, 3.0], [10, 3.0], [20, 0.1]], 7),
    ("step_cosine_lr_schedule_with_warmup",
     of("step_cosine_with_offset", values=[0.0001, 0.00005], boundaries=[0, 500000], offset=10000),
     of("linear", warmup_steps=10000, warmup_learning_rate=0.0),
     [[0, 0.0], [5000, 5e-5], [10000, 1e-4], [20000, 9.994863e-05], [499999, 5e-05]], 7),
]
# name, positional arguments, the others
CREATED = [
    ("adamw", [0.1, 10, 0], {}),
    ("adamw_warm", [0.1, 10, 2], {}),
    ("lamb", [0.1, 10, 0], {"optimizer_type": "lamb"}),
    ("lamb_warm", [0.1, 10, 2], {"optimizer_type": "lamb"}),
    ("adamw_options", [0.1, 10, 2], {"end_lr": 0.01, "beta_1": 0.8, "poly_power": 2.0}),
]


def number(x):
    return float(x) if np.isfinite(x) else "NaN" if np.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def flat(tensor):
    return [number(x) for x in tensor.numpy()]


def rates(rate):
    return [number(np.float32(rate(tf.constant(step)) if callable(rate) else rate)) for step in AT]


def steps(optimizer):
    made = [tf.Variable(tf.constant(v["init"], tf.float32), name=v["name"]) for v in VARIABLES]
    averaged = isinstance(optimizer, ExponentialMovingAverage)
    if averaged:
        optimizer.shadow_copy(types.SimpleNamespace(trainable_variables=made, variables=made))
    for grads in GRADS:
        optimizer.apply_gradients([(tf.constant(g, tf.float32), v) for g, v in zip(grads, made)])
        yield {"vars": [flat(v) for v in made],
               **({"averages": [flat(optimizer.get_slot(v, "average")) for v in made]} if averaged else {})}


def configured(name, config):
    made = OptimizationConfig(config)
    factory = OptimizerFactory(made)
    rate = factory.build_learning_rate()
    optimizer = factory.build_optimizer(rate)
    head = {"name": name, "config": config, "written": made.as_dict(), "class": type(optimizer).__name__}
    return {**head, "rates": rates(rate), "steps": list(steps(optimizer))}


def refused(name, config):
    try:
        configured(name, config)
    except Exception as error:
        return {"name": name, "config": config, "error": type(error).__name__}
    return {"name": name, "config": config, "error": None}


def vector(name, rate, warmup, points, decimals):
    config = {"optimizer": of("sgd", momentum=0.9), "learning_rate": rate, **({"warmup": warmup} if warmup else {})}
    made = OptimizerFactory(OptimizationConfig(config)).build_learning_rate()
    for step, value in points:
        assert round(float(made(step)) - value, decimals) == 0, (name, step, float(made(step)), value)
    return {"name": name, "config": config, "points": points, "decimals": decimals}


def created(name, arguments, options):
    optimizer = create_optimizer(*arguments, **options)
    head = {"name": name, "arguments": arguments, "options": options, "class": type(optimizer).__name__}
    return {**head, "rates": rates(optimizer.learning_rate), "steps": list(steps(optimizer))}


def main():
    made = {"generator": "tensorflow-cpu 2.21.0, tf-keras 2.21.0, tf-models-official 2.20.0, CPU, float32",
            "variables": VARIABLES, "grads": GRADS, "at": AT,
            "configs": [configured(*one) for one in CONFIGS], "created": [created(*one) for one in CREATED],
            "refused": [refused(*one) for one in REFUSED], "vectors": [vector(*one) for one in VECTORS]}
    text = json.dumps(made, allow_nan=False)
    if "--check" not in sys.argv:
        FILE.write_text(text + "\n")
        return
    committed = json.loads(FILE.read_text())
    for key in ["configs", "created", "refused", "vectors"]:
        for a, b in zip(json.loads(text)[key], committed[key], strict=True):
            print(f"{key} {a['name']}: {'the same bits' if a == b else 'DIFFERS'}")
    assert json.loads(text) == committed
    print("OK")


main()
