"""The same steps in optax and torch, one thread each, asked by the benchmark over stdin: one JSON object a line.

{"load": {"chain": ..., "shapes": [...]}}  ->  {"names": [...]}
{"run": name, "times": n}                  ->  {"ms": milliseconds per step}
"""
import functools
import json
import os
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import numpy as np

rng = np.random.default_rng(1)


def optax_rivals(chain, arrays):
    import jax
    import optax

    make = {
        "sgd-momentum": lambda: optax.sgd(1e-3, momentum=0.9),
        "adam": lambda: optax.adam(1e-3),
        "adamw": lambda: optax.adamw(1e-3, weight_decay=1e-2),
        "clip-adamw": lambda: optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(1e-3, weight_decay=1e-2)),
        "lion": lambda: optax.lion(1e-4, weight_decay=1e-2),
        "lamb": lambda: optax.lamb(1e-3, weight_decay=1e-2),
        "adan": lambda: optax.adan(1e-3),
        "ademamix": lambda: optax.contrib.ademamix(1e-3, weight_decay=1e-2),
        "prodigy": lambda: optax.contrib.prodigy(),
        "adafactor": lambda: optax.adafactor(1e-2),
    }
    tx = make[chain]()

    def step(params, state, gradients):
        updates, state = tx.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    def rival(donate):
        jitted = jax.jit(step, donate_argnums=(0, 1) if donate else ())
        params = [jax.numpy.array(a) for a in arrays]
        gradients = [jax.numpy.array(a) for a in arrays]
        # a state may hold the parameters themselves, as prodigy's does, and no buffer can be donated twice
        held = [params, jax.tree.map(jax.numpy.copy, tx.init(params))]

        def run(times):
            for _ in range(times):
                held[0], held[1] = jitted(held[0], held[1], gradients)
            jax.block_until_ready(held)

        return run

    return {"optax jit donated": rival(True), "optax jit": rival(False)}


def torch_rivals(chain, arrays):
    import torch

    torch.set_num_threads(1)
    make = {
        "sgd-momentum": functools.partial(torch.optim.SGD, lr=1e-3, momentum=0.9),
        "adam": functools.partial(torch.optim.Adam, lr=1e-3),
        "adamw": functools.partial(torch.optim.AdamW, lr=1e-3, weight_decay=1e-2),
        "clip-adamw": functools.partial(torch.optim.AdamW, lr=1e-3, weight_decay=1e-2),
        "adafactor": functools.partial(torch.optim.Adafactor, lr=1e-2),
    }
    if chain not in make:
        return {}

    def rival(mode):
        params = [torch.nn.Parameter(torch.from_numpy(a.copy())) for a in arrays]
        for p, a in zip(params, arrays):
            p.grad = torch.from_numpy(a.copy())
        optimizer = make[chain](params, **{mode: True})

        def run(times):
            for _ in range(times):
                if chain == "clip-adamw":
                    torch.nn.utils.clip_grad_norm_(params, 1.0, foreach=True)
                optimizer.step()

        return run

    if chain == "adafactor":  # it has no fused form
        return {"torch foreach": rival("foreach")}
    return {"torch fused": rival("fused"), "torch foreach": rival("foreach")}


def versions():
    import jax
    import optax
    import torch

    return {"python": sys.version.split()[0], "jax": jax.__version__, "optax": optax.__version__, "torch": torch.__version__}


def main():
    rivals = {}
    for line in sys.stdin:
        ask = json.loads(line)
        if "load" in ask:
            rivals = {}
            arrays = [rng.standard_normal(shape, dtype=np.float32) for shape in ask["load"]["shapes"]]
            chain = ask["load"]["chain"]
            rivals = {**optax_rivals(chain, arrays), **torch_rivals(chain, arrays)}
            answer = {"names": list(rivals)}
        elif "run" in ask:
            start = time.perf_counter()
            rivals[ask["run"]](ask["times"])
            answer = {"ms": (time.perf_counter() - start) * 1e3 / ask["times"]}
        else:
            answer = {"versions": versions()}
        print(json.dumps(answer), flush=True)


main()
