"""Transformations that cases of make_optax.py are built of, beside those of optax."""
import jax
import jax.numpy as jnp
import optax as o

linear, cosine = o.linear_schedule(0.1, 0.01, 4), o.cosine_decay_schedule(0.2, 6, 0.1)
warm = o.warmup_cosine_decay_schedule(0.01, 0.1, 2, 6)
BIAS = {"kernel": False, "bias": True, "gain": False}
KERNEL = {"kernel": True, "bias": False, "gain": False}


def counted_from_0(tx):
    """Schedule-free whose own schedule starts at 0, as that of its inner optimizer does."""
    return o.GradientTransformationExtraArgs(lambda p: tx.init(p)._replace(step_count=jnp.zeros([], jnp.int32)), tx.update)


def without_lag(tx):
    """Rprop that gives the step it has just computed; optax gives the one before."""

    def update(u, state, params=None):
        _, state = tx.update(u, state, params)
        return jax.tree.map(lambda x: -x, state[0].prev_updates), state

    return o.GradientTransformation(tx.init, update)


# In place of an estimate of the Hessian's diagonal, the squares of the gradients.
squares = o.stateless_with_tree_map(lambda g, p: g**2)


def of_fast(tx):
    """Lookahead as seen by the fast parameters, with the slow ones in the state."""

    def init(params):
        return tx.init(o.LookaheadParams.init_synced(params)), params

    def update(u, state, params):
        inner, slow = state
        made, inner = tx.update(u, inner, o.LookaheadParams(params, slow))
        return made.fast, (inner, o.apply_updates(slow, made.slow))

    return o.GradientTransformation(init, update)


def steps(tx, k, **options):
    return o.MultiSteps(tx, k, **options).gradient_transformation()


def injected(factory, static=(), **given):
    return o.inject_hyperparams(factory, static_args=static)(**given)


def total(tree):
    return sum(jnp.sum(x) for x in jax.tree.leaves(tree))
