"""The problem of the optax programs here: a line fitted to eight points by clipped AdamW under a cosine schedule."""
import jax
import jax.numpy as jnp
import optax

X = [[0.9, -0.4, 0.3], [-0.7, 1.1, 0.2], [0.1, 0.6, -1.2], [1.3, 0.5, 0.8],
     [-0.2, -0.9, 0.4], [0.6, 0.7, -0.1], [-1.1, 0.3, 0.9], [0.4, -1.3, -0.6]]
Y = [[4.3, -3.3], [0.3, -1.7], [2.9, -0.1], [4.8, -2.2], [2.4, -3.0], [3.9, -1.0], [-0.2, -2.7], [2.5, -3.5]]
START = {"dense": {"kernel": [[0.5, -0.6], [0.3, 0.4], [-0.2, 0.7]], "bias": [0.1, -0.3]}}
HYPER = {"clip": 1.0, "rate": 0.05, "decay_steps": 20, "b2": 0.95, "weight_decay": 0.01}


def transformation():
    """Its state is `(EmptyState, (ScaleByAdamState, MaskedState, ScaleByScheduleState))`."""
    return optax.chain(
        optax.clip_by_global_norm(HYPER["clip"]),
        optax.adamw(
            optax.cosine_decay_schedule(HYPER["rate"], HYPER["decay_steps"]),
            b2=HYPER["b2"],
            weight_decay=HYPER["weight_decay"],
            mask={"dense": {"kernel": True, "bias": False}},
        ),
    )


def start():
    """Parameters and state before the first step."""
    params = jax.tree.map(jnp.float32, START, is_leaf=lambda x: isinstance(x, list))
    return {"params": params, "state": transformation().init(params)}


def loss_of(params):
    x, y = jnp.float32(X), jnp.float32(Y)
    return jnp.mean((x @ params["dense"]["kernel"] + params["dense"]["bias"] - y) ** 2)


def train(run, steps):
    """`run` after so many more steps, and the loss before each."""
    tx, losses = transformation(), []
    for _ in range(steps):
        loss, gradients = jax.value_and_grad(loss_of)(run["params"])
        updates, state = tx.update(gradients, run["state"], run["params"])
        run = {"params": optax.apply_updates(run["params"], updates), "state": state}
        losses.append(float(loss))
    return run, losses
