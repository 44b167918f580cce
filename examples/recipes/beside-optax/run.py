"""The run of the recipe in Python: prints the loss and a norm of the parameters as JSON, to be compared with ours.

    python3 -m venv venv && venv/bin/pip install jax optax==0.2.8
    venv/bin/python examples/recipes/beside-optax/run.py > examples/recipes/beside-optax/optax.json
"""
import json

import jax
import jax.numpy as jnp
import optax

x = jnp.linspace(-1, 2, 64, dtype=jnp.float32).reshape(64, 1)
y = jnp.sin(2 * x)


def wave(n, scale):
    """Numbers that look random, by a formula that both languages have."""
    return scale * jnp.sin(jnp.arange(1, n + 1, dtype=jnp.float32) * 1.7)


params = {
    "hidden": {"kernel": wave(16, 1.0).reshape(1, 16), "bias": jnp.zeros(16)},
    "out": {"kernel": wave(16, 0.5).reshape(16, 1), "bias": jnp.zeros(1)},
}


def loss_of(params):
    hidden = jnp.tanh(x @ params["hidden"]["kernel"] + params["hidden"]["bias"])
    return jnp.mean((y - (hidden @ params["out"]["kernel"] + params["out"]["bias"])) ** 2)


schedule = optax.warmup_cosine_decay_schedule(0.0, 0.03, 10, 100)
mask = {"hidden": {"kernel": True, "bias": False}, "out": {"kernel": True, "bias": False}}
tx = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=0.01, mask=mask))
state = tx.init(params)

rows = []
for step in range(101):
    loss, grads = jax.value_and_grad(loss_of)(params)
    if step % 20 == 0:
        rows.append({"step": step, "loss": float(loss), "norm": float(optax.global_norm(params))})
    updates, state = tx.update(grads, state, params)
    params = optax.apply_updates(params, updates)

print(json.dumps({"made with": f"optax {optax.__version__}, jax {jax.__version__}", "rows": rows}, indent=2))
