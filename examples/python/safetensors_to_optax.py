"""An optax state, or any tree of JAX's, from a .safetensors file that tfjs-optax or optax_to_safetensors.py wrote.

    pip install jax optax safetensors
    python safetensors_to_optax.py run.safetensors --steps 5    # goes on with regression.py

In a program of your own:

    from safetensors_to_optax import load
    run = load("run.safetensors", {"params": params, "state": tx.init(params)})

Every array must have its place in the tree `like`, and every place its array of the same shape. tfjs-optax counts the
steps of every link, optax only where it needs them: give its `toSafetensors` a `rename` to optax's names, as README.md
shows, or give `load` one that maps a path here to the name in the file.
"""
import argparse

import jax
import jax.numpy as jnp

from named_file import read
from optax_to_safetensors import named, save


def load(path, like, rename=lambda path: path):
    """The tree of a file, with the structure, shapes and dtypes of `like`."""
    arrays, leaves, used = read(path), [], set()
    for place, leaf in named(like).items():
        name = rename(place)
        where = place if name == place else f"{place} (named {name})"
        if name not in arrays:
            raise ValueError(f"{path}: {where} is missing")
        leaf, array = jnp.asarray(leaf), arrays[name]
        if array.shape != leaf.shape:
            raise ValueError(f"{path}: {where} has shape {list(array.shape)}, expected {list(leaf.shape)}")
        cast = array.astype(leaf.dtype)
        if cast.dtype.kind in "iu" and (cast != array).any():
            raise ValueError(f"{path}: {where} is {array}, which {leaf.dtype} does not hold")
        leaves.append(jnp.asarray(cast))
        used.add(name)
    if left := sorted(arrays.keys() - used):
        raise ValueError(f"{path} has {', '.join(left)}, the tree has not")
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="the .safetensors file to go on from")
    parser.add_argument("--steps", type=int, default=5, help="further steps of regression.py (default 5)")
    parser.add_argument("--out", help="a file for the run after them")
    args = parser.parse_args()

    import regression

    run = load(args.file, regression.start())
    print("from step", int(run["state"][1][0].count))
    run, losses = regression.train(run, args.steps)
    print("losses", *(f"{loss:.6f}" for loss in losses))
    if args.out:
        save(args.out, run)


if __name__ == "__main__":
    main()
