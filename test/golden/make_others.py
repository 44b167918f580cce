"""Makes others.json: what torch, Keras 3 and the papers of rules that optax lacks give, for the
parameters and gradients in it.

    python3 -m venv venv && venv/bin/pip install numpy torch tensorflow
    venv/bin/python test/golden/make_others.py torch keras papers           # writes test/golden/others.json
    venv/bin/python test/golden/make_others.py torch keras papers --check   # compares with the committed file

Parameters evolve by the optimizer's own steps; gradients are fixed per step; five steps. torch and Keras run in float32.
The papers' algorithms are written out below, in float64 numpy, as their equations stand. The committed numbers were made
with torch 2.13.0, Keras 3.15.1 on TensorFlow 2.21.0, and numpy 2.
"""
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
PATH = HERE / "others.json"
COMMITTED = json.loads(PATH.read_text())
PARAMS, GRADS = COMMITTED["params"], COMMITTED["grads"]


def by_torch():
    import torch

    o = torch.optim
    cases = {
        "sgd": lambda p: o.SGD(p, 0.05),
        "sgd dampening": lambda p: o.SGD(p, 0.05, momentum=0.9, dampening=0.2, weight_decay=0.1),
        "sgd nesterov": lambda p: o.SGD(p, 0.05, momentum=0.9, nesterov=True),
        "rmsprop": lambda p: o.RMSprop(p, 0.05),
        "rmsprop momentum": lambda p: o.RMSprop(p, 0.05, alpha=0.9, eps=1e-3, momentum=0.9, weight_decay=0.1),
        "rmsprop centered": lambda p: o.RMSprop(p, 0.05, alpha=0.9, eps=1e-3, centered=True),
        "adagrad": lambda p: o.Adagrad(p, 0.05),
        "adagrad decay": lambda p: o.Adagrad(p, 0.05, lr_decay=0.1, initial_accumulator_value=0.5, eps=1e-3),
        "nadam": lambda p: o.NAdam(p, 0.05),
        "nadam decay": lambda p: o.NAdam(p, 0.05, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.1, momentum_decay=0.1),
        "adamax": lambda p: o.Adamax(p, 0.05),
        "adadelta": lambda p: o.Adadelta(p, 1.0),
        "rprop": lambda p: o.Rprop(p, 0.05),
        "adamw": lambda p: o.AdamW(p, 0.05, weight_decay=0.1),
        "adam": lambda p: o.Adam(p, 0.05, betas=(0.8, 0.9), eps=1e-3),
    }

    def run(make):
        params = {k: torch.nn.Parameter(torch.tensor(v, dtype=torch.float32)) for k, v in PARAMS.items()}
        optimizer = make(list(params.values()))
        for grads in GRADS:
            for k, p in params.items():
                p.grad = torch.tensor(grads[k], dtype=torch.float32)
            optimizer.step()
            yield {k: p.detach().numpy().tolist() for k, p in params.items()}

    return {name: list(run(make)) for name, make in cases.items()}


def by_keras():
    import keras

    o = keras.optimizers
    cases = {
        "nadam": lambda: o.Nadam(0.05),
        "nadam betas": lambda: o.Nadam(0.05, beta_1=0.8, beta_2=0.9, epsilon=1e-3),
        "adamax": lambda: o.Adamax(0.05),
        "adamax eps": lambda: o.Adamax(0.05, beta_1=0.8, beta_2=0.9, epsilon=0.1),
        "rmsprop": lambda: o.RMSprop(0.05),
        "rmsprop momentum": lambda: o.RMSprop(0.05, rho=0.8, momentum=0.9, centered=True, epsilon=1e-3),
        "adagrad": lambda: o.Adagrad(0.05),
        "adadelta": lambda: o.Adadelta(1.0),
        "lion": lambda: o.Lion(0.05),
        "sgd": lambda: o.SGD(0.05, momentum=0.9, nesterov=True),
        "adam": lambda: o.Adam(0.05),
        "adam amsgrad": lambda: o.Adam(0.05, beta_1=0.8, beta_2=0.9, epsilon=1e-3, amsgrad=True),
    }

    def run(make):
        params = {k: keras.Variable(np.array(v, np.float32)) for k, v in PARAMS.items()}
        optimizer = make()
        optimizer.build(list(params.values()))
        for grads in GRADS:
            optimizer.apply([np.array(grads[k], np.float32) for k in params])
            yield {k: np.asarray(p).tolist() for k, p in params.items()}

    return {name: list(run(make)) for name, make in cases.items()}


def adam(g, s, t, b1=0.9, b2=0.999, eps=1e-8):
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
    return s["m"] / (1 - b1**t) / (np.sqrt(s["v"] / (1 - b2**t)) + eps)


def cautious_adamw(p, g, s, t):
    d = adam(g, s, t)
    mask = (s["m"] * g > 0).astype(float)
    return p - 0.05 * (d * mask / max(mask.mean(), 1e-3) + 0.1 * p)


def cautious_lion(p, g, s, t):
    x = np.sign(0.9 * s.get("m", 0) + 0.1 * g)
    s["m"] = 0.99 * s.get("m", 0) + 0.01 * g
    mask = (x * g > 0).astype(float)
    return p - 0.05 * x * mask / max(mask.mean(), 1e-3)


def cautious_decay(p, g, s, t):
    d = adam(g, s, t)
    return p - 0.05 * (d + 0.3 * np.where(d * p >= 0, p, 0))


def mars(p, g, s, t):
    c = g + 0.025 * 0.95 / 0.05 * (g - s.get("last", g))
    s["last"] = g
    c = c / max(1, np.linalg.norm(c))
    return p - 0.05 * (adam(c, s, t, 0.95, 0.99) + 0.1 * p)


def grokfast(p, g, s, t):
    s["ema"] = 0.98 * s.get("ema", g) + 0.02 * g
    return p - 0.05 * (g + 2 * s["ema"])


def ortho_grad(p, g, s, t):
    left = g - np.vdot(g, p) / np.vdot(p, p) * p
    return p - 0.05 * left * np.linalg.norm(g) / max(np.linalg.norm(left), 1e-30)


PAPERS = (cautious_adamw, cautious_lion, cautious_decay, mars, grokfast, ortho_grad)


def by_papers():
    def run(step):
        params = {k: np.array(v) for k, v in PARAMS.items()}
        states = {k: {} for k in params}
        for i, grads in enumerate(GRADS):
            params = {k: step(p, np.array(grads[k]), states[k], i + 1) for k, p in params.items()}
            yield {k: p.tolist() for k, p in params.items()}

    return {step.__name__: list(run(step)) for step in PAPERS}


def numbers(tree):
    if isinstance(tree, dict):
        return [x for key in tree for x in numbers(tree[key])]
    return [x for part in tree for x in numbers(part)] if isinstance(tree, list) else [tree]


def main():
    made = {name: globals()[f"by_{name}"]() for name in sys.argv[1:] if not name.startswith("-")}
    if "--check" in sys.argv:
        for name, cases in made.items():
            np.testing.assert_allclose(numbers(cases), numbers(COMMITTED[name]), rtol=1e-5, atol=1e-7)
            assert cases.keys() == COMMITTED[name].keys(), name
        return
    PATH.write_text(json.dumps({**COMMITTED, **made}, separators=(",", ":")) + "\n")


main()
