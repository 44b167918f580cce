"""An optax state, or any tree of JAX's, as a .safetensors file that tfjs-optax reads.

    pip install jax optax safetensors
    python optax_to_safetensors.py run.safetensors --steps 5    # trains regression.py so long, then saves

In a program of your own:

    from optax_to_safetensors import save
    save("run.safetensors", {"params": params, "state": opt_state})

Each array is stored under its path: field names of named tuples, keys of dicts and places in tuples joined by dots, as
in `state.1.0.mu.dense.kernel`. `EmptyState`, `MaskedNode` and None hold nothing and store nothing.
"""
import argparse

import jax
import numpy as np
from safetensors.numpy import save_file


def named(tree):
    """The leaves of a tree under their paths; a tree that is one leaf is called `value`."""
    leaves = {}
    for path, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
        name = jax.tree_util.keystr(path, simple=True, separator=".") or "value"
        if name in leaves:
            raise ValueError(f"two leaves have the name {name}; rename a key that contains a dot")
        leaves[name] = leaf
    return leaves


def save(path, tree, metadata=None):
    """Writes a tree; `metadata` are texts beside it."""
    arrays = {name: np.ascontiguousarray(leaf).reshape(np.shape(leaf)) for name, leaf in named(tree).items()}
    save_file(arrays, path, {"format": "optax", **(metadata or {})})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", help="the .safetensors file to write")
    parser.add_argument("--steps", type=int, default=5, help="steps of regression.py before it is saved (default 5)")
    args = parser.parse_args()

    import regression

    run, losses = regression.train(regression.start(), args.steps)
    print("losses", *(f"{loss:.6f}" for loss in losses))
    save(args.out, run)
    for name, leaf in named(run).items():
        print(f"{name}  {leaf.dtype}{list(leaf.shape)}")


if __name__ == "__main__":
    main()
