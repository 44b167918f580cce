"""Cases of make_optax.py: wrappers, and chains of several links."""
import jax
import jax.numpy as jnp
import optax as o
import optax.contrib as C

from optax_adapters import BIAS, KERNEL, counted_from_0, injected, linear, of_fast, steps, total, warm

LABELS = {"kernel": "matrix", "bias": "rest", "gain": "rest"}
WRAPPERS = {
    "mechanize(sgd(0.1), s_init 0.1)": C.mechanize(o.sgd(0.1), s_init=0.1),
    "mechanize(adamw(0.1), weight_decay 0.1, num_betas 4)": C.mechanize(
        o.adamw(0.1), weight_decay=0.1, s_init=0.1, num_betas=4
    ),
    "schedule_free(sgd(0.2), 0.2)": C.schedule_free(o.sgd(0.2), 0.2),
    "schedule_free(adamw(0.1, b1 0), 0.1, b1 0.8, power 1)": C.schedule_free(
        o.adamw(0.1, b1=0.0, weight_decay=0.1), 0.1, 0.8, 1.0
    ),
    "schedule_free(rmsprop(0.1), linear, counted from 0)": counted_from_0(C.schedule_free(o.rmsprop(linear), linear)),
    "schedule_free_sgd(0.3, decay)": C.schedule_free_sgd(0.3, b1=0.8, weight_decay=0.1),
    "schedule_free_sgd(0.3, warmup 3, counted from 0)": counted_from_0(C.schedule_free_sgd(0.3, warmup_steps=3)),
    "schedule_free_adamw(0.1)": C.schedule_free_adamw(0.1),
    "schedule_free_adamw(0.1, warmup 3, counted from 0)": counted_from_0(
        C.schedule_free_adamw(0.1, warmup_steps=3, b1=0.8, b2=0.9, weight_decay=0.2)
    ),
    "multi_steps(adam, 3)": steps(o.adam(0.1), 3),
    "multi_steps(sgd momentum, 2, sums)": steps(o.sgd(0.1, momentum=0.9), 2, use_grad_mean=False),
    "multi_steps(adamw(linear), 1)": steps(o.adamw(linear), 1),
    "multi_steps(adam(linear), k by schedule)": steps(o.adam(linear), lambda step: jnp.minimum(step + 1, 3)),
    "multi_steps(clip_by_global_norm, adam; 2)": steps(o.chain(o.clip_by_global_norm(0.5), o.adam(0.1)), 2),
    "clip, multi_steps(trace, 2), decay": o.chain(o.clip(0.5), steps(o.trace(0.9), 2), o.add_decayed_weights(0.1)),
    "multi_steps(multi_steps(sgd, 2), 2)": steps(steps(o.sgd(0.1), 2), 2),
    "multi_steps(adam, 2, skip_large_updates(4))": steps(
        o.adam(0.1), 2, should_skip_update_fn=lambda *args: o.skip_large_updates(*args, max_squared_norm=4.0)
    ),
    "apply_every(3)": o.apply_every(3),
    "adam, apply_every(2)": o.chain(o.adam(0.1), o.apply_every(2)),
    "conditionally_transform(adam, from the third)": o.conditionally_transform(o.adam(0.1), lambda step: step >= 2),
    "conditionally_mask(sgd momentum, not every third)": o.conditionally_mask(
        o.sgd(0.1, momentum=0.9), lambda step: step % 3 != 0
    ),
    "conditionally_mask(adam, while the value is above 2)": o.conditionally_mask(
        o.adam(0.1), lambda step, value, **_: value > 2.0, forward_extra_args=True
    ),
    "lookahead(sgd(0.2), 3, 0.5)": of_fast(o.lookahead(o.sgd(0.2), 3, 0.5)),
    "lookahead(adam(0.1), 2, 0.3)": of_fast(o.lookahead(o.adam(0.1), 2, 0.3)),
    "lookahead(adam(0.1), 2, 0.3, reset_state)": of_fast(o.lookahead(o.adam(0.1), 2, 0.3, True)),
    "lookahead(sgd momentum, 1, 0.5)": of_fast(o.lookahead(o.sgd(0.1, momentum=0.9), 1, 0.5)),
    "flatten(clip_by_block_rms(0.5))": o.flatten(o.clip_by_block_rms(0.5)),
    "flatten(lamb(0.1))": o.flatten(o.lamb(0.1)),
    "partition(labels)": o.partition({"matrix": o.adam(0.1), "rest": o.sgd(0.3, momentum=0.9)}, LABELS),
    "partition(by rank)": o.partition(
        {0: o.set_to_zero(), 1: o.lion(0.05), 2: o.adamw(0.1, weight_decay=0.1)},
        lambda tree: jax.tree.map(lambda x: x.ndim, tree),
    ),
    "partition(clip_by_global_norm in a group)": o.chain(
        o.partition({"matrix": o.clip_by_global_norm(0.5), "rest": o.identity(), "none": o.adam(1.0)}, LABELS),
        o.sgd(0.1),
    ),
    "partition(of a partition)": o.partition(
        {"matrix": o.adam(0.1), "rest": o.partition({"a": o.sgd(0.1), "b": o.set_to_zero()}, {"kernel": "a", "bias": "a", "gain": "b"})},
        LABELS,
    ),
    "freeze(true)": o.freeze(True),
    "adam, freeze(bias)": o.chain(o.adam(0.1), o.freeze(BIAS)),
    "selective_transform(adamw, frozen bias)": o.selective_transform(o.adamw(0.1), freeze_mask=BIAS),
    "masked(masked(trace))": o.masked(
        o.masked(o.trace(0.9), {"kernel": True, "bias": False, "gain": True}), {"kernel": True, "bias": True, "gain": False}
    ),
    "masked(chain(clip_by_global_norm, adam))": o.masked(o.chain(o.clip_by_global_norm(0.5), o.adam(0.1)), KERNEL),
    "named_chain(clip, adam, decay)": o.named_chain(
        ("clip", o.clip_by_global_norm(1.0)), ("adam", o.scale_by_adam()), ("decay", o.add_decayed_weights(0.1)), ("rate", o.scale(-0.1))
    ),
    "stateless(u + 0.1 p)": o.stateless(lambda u, p: jax.tree.map(lambda a, b: a + 0.1 * b, u, p)),
    "stateless_with_tree_map(u - 0.2 p)": o.stateless_with_tree_map(lambda u, p: u - 0.2 * p),
    "inject_hyperparams(adamw)(linear, decay by schedule)": injected(
        o.adamw, learning_rate=linear, weight_decay=o.linear_schedule(0.2, 0.0, 4)
    ),
    "inject_hyperparams(adam)(b1 by schedule)": injected(
        o.adam, learning_rate=0.1, b1=o.linear_schedule(0.5, 0.9, 5), b2=o.linear_schedule(0.8, 0.95, 5)
    ),
    "inject_hyperparams(sgd)(momentum by schedule)": injected(
        o.sgd, learning_rate=0.1, momentum=o.linear_schedule(0.9, 0.1, 5)
    ),
    "inject_hyperparams(clip_by_global_norm)(by schedule)": injected(
        o.clip_by_global_norm, max_norm=o.linear_schedule(2.0, 0.1, 5)
    ),
    "reduce_on_plateau()": C.reduce_on_plateau(),
    "adam, reduce_on_plateau(0.5, patience 1)": o.chain(o.adam(0.1), C.reduce_on_plateau(0.5, 1, rtol=0.05)),
    "reduce_on_plateau(windows of 2)": C.reduce_on_plateau(
        0.5, 1, rtol=0.0, atol=0.5, cooldown=1, accumulation_size=2, min_scale=0.3
    ),
    "sam(sgd(0.1), 3)": C.sam(o.sgd(0.1, momentum=0.9), o.chain(C.normalize(), o.sgd(0.05)), sync_period=3, reset_state=False),
    "clip_by_global_norm, adamw(warmup_cosine)": o.chain(o.clip_by_global_norm(1.0), o.adamw(warm, weight_decay=0.1)),
    "centralize, sgd momentum": o.chain(o.centralize(), o.sgd(0.1, momentum=0.9)),
    "monitor, snapshot, adam": o.chain(
        o.monitor({"sum": total}), o.snapshot("first", total), o.adam(0.1)
    ),
}
# On the problem "broken".
BROKEN = {
    "zero_nans, clip(1)": o.chain(o.zero_nans(), o.clip(1.0)),
    "apply_if_finite(adam, 5)": o.apply_if_finite(o.adam(0.1), 5),
    "apply_if_finite(clip, sgd momentum; 3)": o.apply_if_finite(o.chain(o.clip(1.0), o.sgd(0.1, momentum=0.9)), 3),
    "apply_if_finite(clip_by_global_norm, adamw(linear); 2)": o.apply_if_finite(
        o.chain(o.clip_by_global_norm(1.0), o.adamw(linear, weight_decay=0.1)), 2
    ),
    "zero_nans, apply_if_finite(adam, 2)": o.chain(o.zero_nans(), o.apply_if_finite(o.adam(0.1), 2)),
    "multi_steps(adam, 2, skip_not_finite)": steps(o.adam(0.1), 2, should_skip_update_fn=o.skip_not_finite),
    "multi_steps(sgd momentum, 3, sums, skip_not_finite)": steps(
        o.sgd(0.1, momentum=0.9), 3, use_grad_mean=False, should_skip_update_fn=o.skip_not_finite
    ),
    "multi_steps(adam, 2, skip_large_updates(1e3))": steps(
        o.adam(0.1), 2, should_skip_update_fn=lambda *args: o.skip_large_updates(*args, max_squared_norm=1e3)
    ),
}
