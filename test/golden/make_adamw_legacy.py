"""Checks adamw_legacy.json against TensorFlow itself: legacy Keras Adam under decay and clip as the Model Garden has them.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu tf-keras
    venv/bin/python test/golden/make_adamw_legacy.py        # writes adamw_legacy.json anew, from its own inputs
    venv/bin/python test/golden/make_adamw_legacy.py --check

The committed numbers were made with TensorFlow 2.21.0 (CPU), tf-keras and the class of tensorflow/models itself. Here the
class is stated in a few lines: before Adam touches a variable it is decayed by the scheduled rate, unless its name is
excluded; all gradients are clipped by their global norm first. The sparse case is left as it is.
"""
import json
import os
import pathlib
import re
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import tensorflow as tf
import tf_keras
from tf_keras.optimizers import legacy, schedules

FILE = pathlib.Path(__file__).parent / "adamw_legacy.json"


class AdamWeightDecay(legacy.Adam):
    def __init__(self, weight_decay_rate=0.0, exclude_from_weight_decay=(), gradient_clip_norm=1.0, **rest):
        super().__init__(name="AdamWeightDecay", **rest)
        self.rate, self.exclude, self.clip = weight_decay_rate, exclude_from_weight_decay, gradient_clip_norm

    def apply_gradients(self, pairs, experimental_aggregate_gradients=True):
        grads, variables = zip(*pairs)
        if experimental_aggregate_gradients and self.clip > 0:
            grads, _ = tf.clip_by_global_norm(grads, clip_norm=self.clip)
        return super().apply_gradients(
            zip(grads, variables), experimental_aggregate_gradients=experimental_aggregate_gradients
        )

    def _resource_apply_dense(self, grad, var, apply_state=None):
        decayed = self.rate != 0 and not any(re.search(pattern, var.name) for pattern in self.exclude)
        rate = apply_state[(var.device, var.dtype.base_dtype)]["lr_t"]
        if decayed:
            var.assign_sub(rate * var * self.rate, use_locking=self._use_locking)
        return super()._resource_apply_dense(grad, var, apply_state=apply_state)


class WarmUp(schedules.LearningRateSchedule):
    """initial step / warmup_steps, then the schedule behind it, which is not shifted."""

    def __init__(self, initial, after, steps):
        self.initial, self.after, self.steps = initial, after, steps

    def __call__(self, step):
        part = tf.cast(step, tf.float32) / float(self.steps)
        return tf.cond(step < self.steps, lambda: self.initial * part**1.0, lambda: self.after(step))


def run(case):
    config = dict(case["config"])
    if case["name"] == "bert_warmup":
        config["learning_rate"] = WarmUp(0.01, schedules.PolynomialDecay(0.01, 10, end_learning_rate=0.0, power=1), 4)
    optimizer = AdamWeightDecay(**config)
    variables = [
        tf.Variable(tf.reshape(tf.constant(v["init"], tf.float32), v["shape"]), name=v["name"].removesuffix(":0"))
        for v in case["variables"]
    ]
    flat = lambda tensor: tf.reshape(tf.cast(tensor, tf.float32), [-1]).numpy().tolist()
    steps = []
    for step in case["steps"]:
        grads = [None if g is None else tf.reshape(tf.constant(g, tf.float32), v.shape)
                 for g, v in zip(step["grads"], variables)]
        optimizer.apply_gradients(list(zip(grads, variables)), experimental_aggregate_gradients=case["aggregate"])
        steps.append({
            "grads": step["grads"],
            "vars": [flat(v) for v in variables],
            "iterations": int(optimizer.iterations.numpy()),
            "weights": [{"name": w.name, "value": flat(w)} for w in optimizer.weights],
        })
    return {**case, "steps": steps}


def main():
    committed = json.loads(FILE.read_text())
    made = {**committed, "cases": [c if c["name"] == "sparse" else run(c) for c in committed["cases"]]}
    if "--check" not in sys.argv:
        FILE.write_text(json.dumps(made))
        return
    for a, b in zip(made["cases"], committed["cases"], strict=True):
        print(f"{a['name']}: {'the same bits' if a['steps'] == b['steps'] else 'DIFFERS'}")
    assert made["cases"] == committed["cases"]


main()
