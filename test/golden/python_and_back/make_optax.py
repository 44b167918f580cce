"""optax.json and optax.safetensors: a run begun in optax that goes on here, and one begun here that goes on in optax.

    python3 -m venv venv && venv/bin/pip install jax optax safetensors
    venv/bin/python test/golden/python_and_back/make_optax.py begin      # optax's ten steps, its file after five
    TAP_SNAPSHOT=1 npx tap test/io/python.test.ts                        # writes ours-optax.safetensors after five
    venv/bin/python test/golden/python_and_back/make_optax.py continue   # optax's five steps after that file
    venv/bin/python test/golden/python_and_back/make_optax.py --check    # all of it against what is committed

The committed numbers were made with optax 0.2.8, jax 0.10.2 and safetensors 0.8.0 on a CPU. The problem and the
programs that read and write are those of examples/python.
"""
import json
import pathlib
import sys
import tempfile

import jax
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "examples" / "python"))
import regression
from named_file import read
from optax_to_safetensors import named, save
from safetensors_to_optax import load

JSON, THEIRS, OURS = HERE / "optax.json", HERE / "optax.safetensors", HERE / "ours-optax.safetensors"


def steps_of(run, n):
    """The loss before each step and everything after it, flat."""
    steps = []
    for _ in range(n):
        run, [loss] = regression.train(run, 1)
        flat = {name: np.asarray(leaf).reshape(-1).tolist() for name, leaf in named(run).items()}
        steps.append({"loss": loss, "after": flat})
    return steps


def begin():
    run, _ = regression.train(regression.start(), 5)
    save(THEIRS, run)
    THEIRS.chmod(0o644)
    problem = {"x": regression.X, "y": regression.Y, "start": regression.START, "hyper": regression.HYPER}
    return {"problem": problem, "begunInPython": steps_of(load(THEIRS, regression.start()), 5)}


def go_on():
    return {"begunHere": steps_of(load(OURS, regression.start()), 5)}


def close(a, b):
    return jax.tree.all(jax.tree.map(lambda x, y: np.allclose(x, y, rtol=1e-6, atol=1e-9), a, b))


def check():
    global THEIRS
    committed, theirs = json.loads(JSON.read_text()), read(THEIRS)
    with tempfile.TemporaryDirectory() as folder:
        THEIRS = pathlib.Path(folder) / "optax.safetensors"
        made = {**begin(), **go_on()}
        assert close(read(THEIRS), theirs)
    through, _ = regression.train(regression.start(), 10)
    last = {name: np.asarray(leaf).reshape(-1).tolist() for name, leaf in named(through).items()}
    assert close(last, made["begunInPython"][-1]["after"]), "ten steps are not five, a file, and five"
    for part, value in made.items():
        assert close(value, committed[part]), part
        print(f"{part}: {'the same bits' if value == committed[part] else 'within 1e-6'}")


if "--check" in sys.argv:
    check()
elif sys.argv[1:] == ["begin"]:
    JSON.write_text(json.dumps(begin(), indent=1) + "\n")
elif sys.argv[1:] == ["continue"]:
    JSON.write_text(json.dumps({**json.loads(JSON.read_text()), **go_on()}, indent=1) + "\n")
else:
    sys.exit(__doc__)
