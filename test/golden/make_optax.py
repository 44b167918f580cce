"""Makes optax.json: what optax itself gives on the CPU for every transformation, recipe and schedule here.

    python3 -m venv venv && venv/bin/pip install jax optax==0.2.8
    venv/bin/python test/golden/make_optax.py           # writes test/golden/optax.json
    venv/bin/python test/golden/make_optax.py --check   # compares with the committed file
    venv/bin/python test/golden/make_optax.py --add     # makes only what the file has not yet

Parameters evolve by p += u; gradients are fixed per step; `values` are the losses of the steps. Problems are in
optax_problems.py, schedules in optax_schedules.py, transformations in the other files optax_*.py.

The cases of the problem "five" and the first schedules were made with optax 0.2.9.dev (git 2edbcbe2) in float32, everything
else with optax 0.2.8 in float64 (jax_enable_x64), written as float32; both on jax 0.10.2. In float32 optax rounds bias
corrections and the like on its own: the first update of Adam is off by 7e-6 of its size, that of radam by 6e-4, and where
terms cancel nothing may be left. So compare at a relative 2e-5.

Left out, since optax has a fault there that is not ours:
- rprop as it is: gives the step of one call before, and 0 at first (here without the lag).
- schedule_free with a schedule: its own count starts at 1, that of its inner optimizer at 0 (here counted from 0).
- clip_by_global_norm, and centralize and the like behind it, for the norm 0 and the limit 0: 0/0.
- apply_if_finite after it gave up: its counter of consecutive failures is not set back.
- adafactor and scale_by_factored_rms with a positive offset: NaN on a fresh state.
- MultiSteps, apply_every, lookahead(reset_state) and sam with gradients that are not finite: 0 times NaN is NaN.
- prodigy, dadapt_adamw and normalize with a first gradient of zeros throughout: NaN for ever.
- prodigy's weight_decay_mask: 0.2.8 has none.
- rmsprop(centered) without an initial scale and with eps outside the root, or with hardly any: the root of a rounding
  error below zero.
- radam with a threshold below 4: the root of a negative number.
- add_noise, noisy_sgd: their bits are those of jax's generator.
- scale_by_lbfgs and line searches, which need more than gradients.
"""
import json
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax as o

jax.config.update("jax_enable_x64", True)

# What these make has the precision that was set before.
from optax_first import FIVE  # noqa: E402
from optax_problems import PROBLEMS, shorts  # noqa: E402
from optax_recipes import RECIPES  # noqa: E402
from optax_rules import RULES  # noqa: E402
from optax_schedules import FIRST, SCHEDULES  # noqa: E402
from optax_shapes import COLD, IMAGE, LAYERS, MATRICES  # noqa: E402
from optax_wrappers import BROKEN, WRAPPERS  # noqa: E402

CASES = {
    "five": FIVE,
    "seven": RULES | RECIPES | WRAPPERS,
    "cold": COLD,
    "matrices": MATRICES,
    "image": IMAGE,
    "layers": LAYERS,
    "broken": BROKEN,
}
FILE = pathlib.Path(__file__).parent / "optax.json"


def tensors(tree):
    """In the precision of the case; the numbers are those of float32."""
    return {k: jnp.array(np.array(v, np.float32), float) for k, v in tree.items()}


def listed(tree):
    return {k: shorts(np.asarray(v)) for k, v in tree.items()}


def run(name, tx, problem):
    tx = o.with_extra_args_support(tx)
    params = tensors(problem["params"])
    state, updates = tx.init(params), []
    for grad, value in zip(problem["grads"], problem["values"]):
        extra = {} if name.startswith("sam") else {"value": jnp.array(np.float32(value), float)}
        update, state = tx.update(tensors(grad), state, params, **extra)
        params = o.apply_updates(params, update)
        updates.append(listed(update))
    if not all(np.isfinite(np.float64(x)) for x in jax.tree.leaves(updates)):
        raise ValueError(f"{name}: not finite")
    return {"updates": updates, "final_params": listed(params)}


def make(problems, kept, kept_values):
    cases = {}
    for problem, some in CASES.items():
        with jax.enable_x64(problem != "five"):
            for name, tx in some.items():
                cases[name] = {"on": problem} | (kept.get(name) or run(name, tx, problems[problem]))
    assert len(cases) == sum(map(len, CASES.values())), "a name stands twice"
    schedules = {}
    for name, schedule in (FIRST | SCHEDULES).items():
        with jax.enable_x64(name not in FIRST):
            counts = range(15 if name in FIRST else 24)
            schedules[name] = kept_values.get(name) or [shorts(schedule(count)) for count in counts]
    meta = {
        "optax": f"{o.__version__}; the problem five and the first schedules: 0.2.9.dev git 2edbcbe2",
        "jax": jax.__version__,
        "dtype": "float64, as float32; the problem five and the first schedules: float32",
    }
    return {"meta": meta, "problems": problems, "transforms": cases, "schedules": schedules}


def leaves(made):
    """The arrays of a case or of a schedule."""
    trees = [made] if isinstance(made, list) else [*made["updates"], made["final_params"]]
    return [np.array(x, np.float64) for tree in trees for x in (tree.values() if isinstance(tree, dict) else [tree])]


def main():
    committed = json.loads(FILE.read_text())
    problems = {"five": committed["problems"]["five"]} | PROBLEMS
    check, add = "--check" in sys.argv, "--add" in sys.argv
    # The numbers of the first set stay those of the version that made them.
    kept = {name: case for name, case in committed["transforms"].items() if not check and (add or case["on"] == "five")}
    values = {name: v for name, v in committed["schedules"].items() if not check and (add or name in FIRST)}
    made = make(problems, kept, values)
    if not check:
        FILE.write_text(json.dumps(made, separators=(",", ":")) + "\n")
        return
    assert made["problems"] == committed["problems"], "problems"
    worst = 0.0
    for kind in ("transforms", "schedules"):
        assert made[kind].keys() == committed[kind].keys(), kind
        for name in made[kind]:
            # Differences are relative to the greatest number of a leaf: elements that cancel have no digits to compare.
            for a, b in zip(leaves(made[kind][name]), leaves(committed[kind][name]), strict=True):
                same = (a == b) | (np.isnan(a) & np.isnan(b))
                off = np.max(np.abs(np.where(same, 0, a - b))) / max(np.max(np.abs(np.where(np.isfinite(b), b, 0))), 1e-30)
                if off > 2e-6:
                    print(f"{name}: {off:.2g}")
                worst = max(worst, off)
    print(f"greatest difference from the committed file, relative to its leaf: {worst:.2g}")
    assert worst < 2e-6


if __name__ == "__main__":
    main()
