"""Makes optax.json: what optax itself gives, in float32 on the CPU, for every transformation, recipe and schedule here.

    python3 -m venv venv && venv/bin/pip install jax optax
    venv/bin/python test/golden/make_optax.py           # writes test/golden/optax.json
    venv/bin/python test/golden/make_optax.py --check   # compares with the committed file

Parameters evolve by p += u; gradients are fixed per step. The committed numbers were made with optax 0.2.9.dev (git
2edbcbe2) and, for what that run had not, 0.2.8, on jax 0.10.2; the two agree to 6e-8. optax rounds bias corrections to float32, so compare at a relative 2e-5.
"""
import json
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax as o
import optax.contrib  # noqa: F401, for o.contrib

HERE = pathlib.Path(__file__).parent
PARAMS = {
    "w": [[1.183368, -0.32615617, 0.022974115], [0.2852614, -0.5522461, 0.001445901]],
    "b": [-0.00026711577, -0.5264173, 0.3052974],
}
MASK = {"w": True, "b": False}

TRANSFORMS = {
    "identity": o.identity(),
    "scale(-0.1)": o.scale(-0.1),
    "sgd": o.sgd(0.05),
    "sgd_mom": o.sgd(0.05, momentum=0.9),
    "trace": o.trace(0.9),
    "trace_nesterov": o.trace(0.9, nesterov=True),
    "adam": o.adam(0.05),
    "adam_eps_root": o.adam(0.05, eps_root=1e-4),
    "adamw": o.adamw(0.05, weight_decay=0.1),
    "nadamw": o.nadamw(0.05, weight_decay=0.1),
    "nadam": o.nadam(0.05),
    "amsgrad": o.amsgrad(0.05),
    "clip": o.clip(0.5),
    "clip_by_global_norm": o.clip_by_global_norm(1.0),
    "add_decayed_weights": o.add_decayed_weights(0.1),
    "scale_by_schedule": o.scale_by_schedule(o.cosine_decay_schedule(1.0, 4)),
    "multisteps_adam_2": o.MultiSteps(o.adam(0.05), 2).gradient_transformation(),
    "muon": o.contrib.muon(0.05),
    "masked_adam_w": o.masked(o.adam(0.05), MASK),
    "inject_adam_sched": o.inject_hyperparams(o.adam)(o.linear_schedule(0.1, 0.0, 4)),
}
SCHEDULES = {
    "linear(1,0,10,begin2)": o.linear_schedule(1.0, 0.0, 10, 2),
    "poly(1,.1,2.5,8)": o.polynomial_schedule(1.0, 0.1, 2.5, 8),
    "exp(1,4,.5)": o.exponential_decay(1.0, 4, 0.5),
    "exp staircase, floor": o.exponential_decay(1.0, 3, 0.5, 2, True, 0.2),
    "exp growing, ceiling": o.exponential_decay(0.1, 2, 1.5, 0, False, 0.7),
    "cosine(1,10,.1,1.5)": o.cosine_decay_schedule(1.0, 10, 0.1, 1.5),
    "pwc(1,{3:.5,6:4})": o.piecewise_constant_schedule(1.0, {3: 0.5, 6: 4.0}),
    "pwi_lin(1,{3:.5,6:4})": o.piecewise_interpolate_schedule("linear", 1.0, {3: 0.5, 6: 4.0}),
    "pwi_cos(1,{3:.5,6:4})": o.piecewise_interpolate_schedule("cosine", 1.0, {3: 0.5, 6: 4.0}),
    "warmup_const(0,1,4)": o.warmup_constant_schedule(0.0, 1.0, 4),
    "warmup_cosine(.1,1,4,12,.2,2)": o.warmup_cosine_decay_schedule(0.1, 1.0, 4, 12, 0.2, 2.0),
    "join": o.join_schedules(
        [o.linear_schedule(0.0, 1.0, 3), o.constant_schedule(0.7), o.exponential_decay(0.7, 1, 0.5)], [3, 6]
    ),
}


def run(tx, grads):
    params = {k: jnp.array(v, jnp.float32) for k, v in PARAMS.items()}
    state, updates = tx.init(params), []
    for grad in grads:
        grad = {k: jnp.array(v, jnp.float32) for k, v in grad.items()}
        update, state = tx.update(grad, state, params)
        params = o.apply_updates(params, update)
        updates.append(update)
    to_list = lambda tree: {k: np.asarray(v, np.float32).tolist() for k, v in tree.items()}
    return {"updates": [to_list(u) for u in updates], "final_params": to_list(params)}


def make(grads):
    return {
        "meta": {"optax": o.__version__, "jax": jax.__version__, "dtype": "float32"},
        "params": PARAMS,
        "grads": grads,
        "transforms": {name: run(tx, grads) for name, tx in TRANSFORMS.items()},
        "schedules": {name: [float(np.float32(s(i))) for i in range(15)] for name, s in SCHEDULES.items()},
    }


def main():
    committed = json.loads((HERE / "optax.json").read_text())
    made = make(committed["grads"])
    if "--add" in sys.argv:  # what is not there yet
        for kind in ("transforms", "schedules"):
            committed[kind] = {name: committed[kind].get(name, made[kind][name]) for name in made[kind]}
        made = committed
    if "--check" not in sys.argv:
        (HERE / "optax.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")
        return
    worst = 0.0
    for kind in ("transforms", "schedules"):
        assert made[kind].keys() == committed[kind].keys(), kind
        for name in made[kind]:
            for a, b in zip(jax.tree.leaves(made[kind][name]), jax.tree.leaves(committed[kind][name]), strict=True):
                worst = max(worst, abs(a - b) / max(abs(b), 1e-30))
    print(f"greatest relative difference from the committed file: {worst:.2g}")
    assert worst < 1e-6


main()
