"""The parameters, gradients and losses on which cases of make_optax.py run."""
import numpy as np


def short(x):
    """A float32 in as few digits as tell it apart; what JSON has no number for is a string that JavaScript's Number reads."""
    x = np.float32(x)
    if np.isnan(x):
        return "NaN"
    if np.isinf(x):
        return "Infinity" if x > 0 else "-Infinity"
    return float(str(x))


def shorts(x):
    return [shorts(y) for y in x] if np.ndim(x) else short(x)


def made(seed, shapes, steps, scales, zero=(), specials=()):
    """Gradients of a different scale at each step; `zero` names (step, leaf) whose gradient is zero throughout."""
    random = np.random.default_rng(seed)
    params = {name: random.normal(size=shape, scale=0.6) for name, shape in shapes.items()}
    grads = []
    for step in range(steps):
        grad = {name: random.normal(size=shape) * scales[step % len(scales)] for name, shape in shapes.items()}
        for at, name in zero:
            if at == step:
                grad[name] = np.zeros(shapes[name])
        for at, name, index, value in specials:
            if at == step:
                grad[name][index] = value
        grads.append(grad)
    values = np.abs(random.normal(size=steps)) + np.linspace(2.5, 1, steps)
    listed = lambda tree: {name: shorts(x) for name, x in tree.items()}
    return {"params": listed(params), "grads": [listed(g) for g in grads], "values": shorts(values)}


PROBLEMS = {
    # Seven steps, with a scalar among the leaves; a vector has no gradient at the fourth step.
    "seven": made(1, {"kernel": (3, 2), "bias": (2,), "gain": ()}, 7, [1, 0.1, 3, 0.03, 1, 0.5, 2], [(3, "bias")]),
    # A leaf has no gradient at the first step.
    "cold": made(2, {"w": (2, 2), "b": (3,)}, 6, [1, 0.3, 2], [(0, "b"), (4, "w")]),
    # Sides large enough to tell rows from columns; three axes, two equal sides.
    "matrices": made(3, {"tall": (5, 3), "square": (3, 3), "three": (2, 3, 4), "bias": (4,)}, 6, [1, 0.2, 2], [(3, "bias")]),
    # A convolution's kernel, and a column, that unit-wise norms take for a vector.
    "image": made(4, {"conv": (2, 2, 3, 2), "column": (4, 1), "bias": (2,)}, 6, [1, 0.3, 2], [(2, "conv")]),
    # Matrices and vectors for what treats the two in different ways.
    "layers": made(5, {"wide": (2, 5), "tall": (4, 2), "bias": (3,)}, 6, [1, 0.3, 2], [(3, "bias")]),
    # Gradients that are not finite, at three steps of eight.
    "broken": made(
        6, {"w": (2, 3), "b": (3,)}, 8, [1, 0.3, 2], [(5, "b")],
        [(1, "w", (0, 1), np.nan), (2, "b", 0, np.inf), (6, "w", (1, 2), -np.inf)],
    ),
}
