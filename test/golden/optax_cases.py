"""The transformations of make_optax.py, by the name of their problem and case."""
import warnings

import jax
import jax.numpy as jnp
import optax as o
import optax.contrib as C

warnings.simplefilter("ignore", DeprecationWarning)

MASK = {"w": True, "b": False}
linear, cosine = o.linear_schedule(0.1, 0.01, 4), o.cosine_decay_schedule(0.2, 6, 0.1)
warm = o.warmup_cosine_decay_schedule(0.01, 0.1, 2, 6)


def counted_from_0(tx):
    """Schedule-free whose own schedule starts at 0, as that of its inner optimizer does."""
    return o.GradientTransformationExtraArgs(lambda p: tx.init(p)._replace(step_count=jnp.zeros([], jnp.int32)), tx.update)


def without_lag(tx):
    """Rprop that gives the step it has just computed; optax gives the one before."""

    def update(u, state, params=None):
        _, state = tx.update(u, state, params)
        return jax.tree.map(lambda x: -x, state[0].prev_updates), state

    return o.GradientTransformation(tx.init, update)


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


# The set that came with optax's catalogue, on the problem "five".
FIVE = {
    "identity": o.identity(),
    "set_to_zero": o.set_to_zero(),
    "scale(-0.1)": o.scale(-0.1),
    "sgd": o.sgd(0.05),
    "sgd_mom": o.sgd(0.05, momentum=0.9),
    "trace": o.trace(0.9),
    "trace_nesterov": o.trace(0.9, nesterov=True),
    "ema": o.ema(0.9),
    "adam": o.adam(0.05),
    "adam_eps_root": o.adam(0.05, eps_root=1e-4),
    "adamw": o.adamw(0.05, weight_decay=0.1),
    "nadamw": o.nadamw(0.05, weight_decay=0.1),
    "nadam": o.nadam(0.05),
    "amsgrad": o.amsgrad(0.05),
    "adamax": o.adamax(0.05),
    "adamaxw": o.adamaxw(0.05, weight_decay=0.1),
    "adabelief": o.adabelief(0.05),
    "adadelta": o.adadelta(1.0),
    "adagrad": o.adagrad(0.05),
    "adan": o.adan(0.05, weight_decay=0.1),
    "lion": o.lion(0.05, weight_decay=0.1),
    "scale_by_lion_smooth": o.scale_by_lion(mode="smooth", smooth_beta=2.0),
    "rmsprop": o.rmsprop(0.05),
    "rmsprop_centered": o.rmsprop(0.05, centered=True),
    "rmsprop_bc": o.rmsprop(0.05, eps_in_sqrt=False, bias_correction=True, initial_scale=0.5),
    "radam": o.radam(0.05, threshold=4.0, b2=0.9),
    "novograd": o.novograd(0.05, weight_decay=0.1),
    "lamb": o.lamb(0.05, weight_decay=0.1),
    "lars": o.lars(0.05, weight_decay=0.1, trust_coefficient=0.1),
    "fromage": o.fromage(0.05),
    "sm3": o.sm3(0.05),
    "sign_sgd": o.sign_sgd(0.05),
    "ogd": o.optimistic_gradient_descent(0.05, alpha=0.7, beta=0.1),
    "adafactor_unfactored": o.adafactor(0.05),
    "adafactor_no_lr": o.adafactor(min_dim_size_to_factor=2),
    "clip": o.clip(0.5),
    "clip_by_global_norm": o.clip_by_global_norm(1.0),
    "centralize": o.centralize(),
    "normalize_by_update_norm": o.normalize_by_update_norm(2.0),
    "scale_by_trust_ratio": o.scale_by_trust_ratio(min_norm=0.01, trust_coefficient=0.5, eps=1e-3),
    "scale_by_param_block_norm": o.scale_by_param_block_norm(),
    "scale_by_sign": o.scale_by_sign(),
    "scale_by_distance_over_gradients": o.scale_by_distance_over_gradients(),
    "add_decayed_weights": o.add_decayed_weights(0.1),
    "scale_by_schedule": o.scale_by_schedule(o.cosine_decay_schedule(1.0, 4)),
    "zero_nans": o.zero_nans(),
    "apply_if_finite_adam": o.apply_if_finite(o.adam(0.05), 2),
    "flatten_adam": o.flatten(o.adam(0.05)),
    "multisteps_adam_2": steps(o.adam(0.05), 2),
    "cond_mask": o.conditionally_mask(o.adam(0.05), lambda s: s % 2 == 0),
    "masked_adam_w": o.masked(o.adam(0.05), MASK),
    "freeze_w": o.freeze(MASK),
    "selective": o.selective_transform(o.adam(0.05), freeze_mask=MASK),
    "inject_adam_sched": o.inject_hyperparams(o.adam)(o.linear_schedule(0.1, 0.0, 4)),
    "acprop": C.acprop(0.05),
    "ademamix": C.ademamix(0.05, weight_decay=0.1),
    "simplified_ademamix": C.simplified_ademamix(0.05, alpha=2.0),
    "adopt": C.adopt(0.05),
    "cocob": C.cocob(),
    "dadapt_adamw": C.dadapt_adamw(estim_lr0=1e-2, weight_decay=0.1),
    "prodigy": C.prodigy(estim_lr0=1e-2, weight_decay=0.1),
    "dog": C.dog(init_step=("distance", 0.01)),
    "dog_lr": C.dog(init_step=("learning_rate", 0.01)),
    "madgrad": C.madgrad(0.05, weight_decay=0.01),
    "mechanize_adam": C.mechanize(o.adam(0.05), s_init=1e-2),
    "muon": C.muon(0.05),
    "muon_plain_rms": C.muon(0.05, nesterov=False, consistent_rms=0.2, weight_decay=0.1),
    "muon_aol_dion": C.muon(0.05, preconditioning="aol", ns_coeffs="dion"),
    "muon_schatten": C.muon(0.05, preconditioning="schatten"),
    "sam_transparent": C.sam(o.sgd(0.05), o.chain(C.normalize(), o.sgd(0.02)), sync_period=2),
    "polyak_sgd": o.polyak_sgd(),
    "polyak_sgd_plus": o.polyak_sgd(variant="sps+", f_min=2.6, max_learning_rate=0.5),
    "momo": C.momo(0.5),
    "momo_adapt": C.momo(0.5, adapt_lower_bound=True, weight_decay=0.1),
    "momo_adam": C.momo_adam(0.05),
    "reduce_on_plateau": C.reduce_on_plateau(factor=0.5, patience=1, cooldown=1),
}

BIAS = {"kernel": False, "bias": True, "gain": False}
KERNEL = {"kernel": True, "bias": False, "gain": False}
LABELS = {"kernel": "matrix", "bias": "rest", "gain": "rest"}

SEVEN = {
    # scales, signs and decay
    "scale(3)": o.scale(3.0),
    "scale_by_schedule(warmup_cosine)": o.scale_by_schedule(warm),
    "scale_by_learning_rate(0.3)": o.scale_by_learning_rate(0.3),
    "scale_by_learning_rate(linear, no flip)": o.scale_by_learning_rate(linear, flip_sign=False),
    "scale_by_sign, zeros stay": o.scale_by_sign(),
    "add_decayed_weights(0.3, mask)": o.add_decayed_weights(0.3, mask=KERNEL),
    "add_decayed_weights(cosine)": o.add_decayed_weights(cosine),
    "scale_by_optimistic_gradient()": o.scale_by_optimistic_gradient(),
    "scale_by_optimistic_gradient(0.7, 0.2)": o.scale_by_optimistic_gradient(0.7, 0.2),
    "scale_by_param_block_norm(0.5)": o.scale_by_param_block_norm(0.5),
    "scale_by_param_block_rms()": o.scale_by_param_block_rms(),
    "scale_by_param_block_rms(0.7)": o.scale_by_param_block_rms(0.7),
    "scale_by_trust_ratio()": o.scale_by_trust_ratio(),
    "scale_by_trust_ratio(min_norm 1)": o.scale_by_trust_ratio(min_norm=1.0, trust_coefficient=0.3),
    "normalize_by_update_norm()": o.normalize_by_update_norm(),
    "normalize()": C.normalize(),
    "scale_by_polyak()": o.scale_by_polyak(),
    "scale_by_polyak(f_min 1, max 0.2, eps 0.5)": o.scale_by_polyak(f_min=1.0, max_learning_rate=0.2, eps=0.5),
    "scale_by_polyak(f_min 2.5, sps+)": o.scale_by_polyak(f_min=2.5, variant="sps+"),
    "scale_by_distance_over_gradients(reps_rel 0.1, global_scale 0.5)": o.scale_by_distance_over_gradients(
        reps_rel=0.1, eps=1e-4, global_scale=0.5
    ),
    # clipping and constraints
    "clip(0.2)": o.clip(0.2),
    "clip_by_block_rms(0.5)": o.clip_by_block_rms(0.5),
    "clip_by_global_norm(2)": o.clip_by_global_norm(2.0),
    "adaptive_grad_clip(0.3)": o.adaptive_grad_clip(0.3),
    "sgd(0.3), keep_params_nonnegative": o.chain(o.sgd(0.3), o.keep_params_nonnegative()),
    # accumulation
    "trace(0.5)": o.trace(0.5),
    "trace(0.5, nesterov)": o.trace(0.5, nesterov=True),
    "ema(0.7, no debias)": o.ema(0.7, debias=False),
    "ema(0.7)": o.ema(0.7),
    # adaptive scales
    "scale_by_rss()": o.scale_by_rss(),
    "scale_by_rss(0, 1e-4)": o.scale_by_rss(0.0, 1e-4),
    "scale_by_rms()": o.scale_by_rms(),
    "scale_by_rms(0.8, eps 1e-3, initial_scale 0.3)": o.scale_by_rms(0.8, 1e-3, 0.3),
    "scale_by_rms(eps outside)": o.scale_by_rms(0.8, 1e-3, eps_in_sqrt=False),
    "scale_by_rms(bias_correction)": o.scale_by_rms(0.8, 1e-3, bias_correction=True),
    "scale_by_stddev(0.8, eps 1e-2)": o.scale_by_stddev(0.8, 1e-2),
    "scale_by_stddev(eps outside, bias_correction)": o.scale_by_stddev(
        0.8, 1e-2, initial_scale=0.5, eps_in_sqrt=False, bias_correction=True
    ),
    "scale_by_adam()": o.scale_by_adam(),
    "scale_by_adam(nesterov, eps_root)": o.scale_by_adam(0.8, 0.9, 1e-4, 1e-5, nesterov=True),
    "scale_by_amsgrad(0.8, 0.9)": o.scale_by_amsgrad(0.8, 0.9),
    "scale_by_amsgrad(no bias_correction)": o.scale_by_amsgrad(
        0.8, 0.9, 1e-4, 1e-5, bias_correction_mu=False, bias_correction_nu=False
    ),
    "scale_by_amsgrad(no bias_correction_nu)": o.scale_by_amsgrad(0.8, 0.9, bias_correction_nu=False),
    "scale_by_adamax(0.8, 0.9, 1e-3)": o.scale_by_adamax(0.8, 0.9, 1e-3),
    "scale_by_belief()": o.scale_by_belief(),
    "scale_by_belief(eps_root 1e-3)": o.scale_by_belief(0.8, 0.9, 1e-4, 1e-3),
    "scale_by_belief(nesterov)": o.scale_by_belief(0.8, 0.9, 1e-4, 1e-6, nesterov=True),
    "scale_by_yogi()": o.scale_by_yogi(),
    "scale_by_yogi(0.8, 0.9, initial 0.1)": o.scale_by_yogi(0.8, 0.9, 1e-2, 1e-4, 0.1),
    "scale_by_radam()": o.scale_by_radam(),
    "scale_by_radam(b2 0.9, threshold 4)": o.scale_by_radam(0.8, 0.9, 1e-4, 1e-5, 4.0),
    "scale_by_radam(b2 0.9, nesterov)": o.scale_by_radam(0.8, 0.9, nesterov=True),
    "scale_by_lion()": o.scale_by_lion(),
    "scale_by_lion(smooth, 0.5)": o.scale_by_lion(0.8, 0.9, mode="smooth", smooth_beta=0.5),
    "scale_by_lion(refined)": o.scale_by_lion(0.8, 0.9, mode="refined"),
    "scale_by_adan()": o.scale_by_adan(),
    "scale_by_adan(0.9, 0.8, 0.95)": o.scale_by_adan(0.9, 0.8, 0.95, 1e-3, 1e-4),
    "scale_by_adadelta()": o.scale_by_adadelta(),
    "scale_by_adadelta(0.8, 1e-2)": o.scale_by_adadelta(0.8, 1e-2),
    "scale_by_novograd()": o.scale_by_novograd(),
    "scale_by_novograd(0.8, 0.6, weight_decay 0.1)": o.scale_by_novograd(0.8, 0.6, 1e-3, 1e-4, 0.1),
    "scale_by_ademamix()": C.scale_by_ademamix(),
    "scale_by_ademamix(b3 and alpha by schedule)": C.scale_by_ademamix(
        0.8, 0.9, o.linear_schedule(0.5, 0.9, 4), o.linear_schedule(0.0, 3.0, 5), 1e-4, 1e-5
    ),
    "scale_by_simplified_ademamix()": C.scale_by_simplified_ademamix(),
    "scale_by_simplified_ademamix(0.9, 0.8, 2)": C.scale_by_simplified_ademamix(0.9, 0.8, 2.0, 1e-4, 1e-5),
    "scale_by_acprop()": C.scale_by_acprop(),
    "scale_by_acprop(0.8, 0.9, 1e-3, 1e-4)": C.scale_by_acprop(0.8, 0.9, 1e-3, 1e-4),
    "scale_by_adopt()": C.scale_by_adopt(),
    "scale_by_adopt(0.8, 0.9, nesterov)": C.scale_by_adopt(0.8, 0.9, 1e-3, nesterov=True),
    "scale_by_adopt(no clipping)": C.scale_by_adopt(0.8, 0.9, use_clipping=False),
    # recipes
    "sgd(linear)": o.sgd(linear),
    "sgd(cosine, 0.8, nesterov)": o.sgd(cosine, momentum=0.8, nesterov=True),
    "adam(0.1, 0.8, 0.9, 1e-4)": o.adam(0.1, 0.8, 0.9, 1e-4),
    "adam(linear)": o.adam(linear),
    "nadam(linear)": o.nadam(linear),
    "adamw(cosine, decay by schedule, mask)": o.adamw(cosine, weight_decay=o.linear_schedule(0.2, 0.0, 4), mask=KERNEL),
    "nadamw(0.1, mask)": o.nadamw(0.1, weight_decay=0.3, mask=KERNEL),
    "amsgrad(linear, 0.8, 0.9)": o.amsgrad(linear, 0.8, 0.9),
    "adamax(linear)": o.adamax(linear),
    "adamaxw(0.1, mask)": o.adamaxw(0.1, 0.8, 0.9, weight_decay=0.3, mask=KERNEL),
    "adabelief(0.05, nesterov)": o.adabelief(0.05, nesterov=True),
    "adabelief(linear, 0.8, 0.9, 1e-4)": o.adabelief(linear, 0.8, 0.9, 1e-4, 1e-6),
    # As 0.2.9.dev chains it; 0.2.8 has no decay.
    "adabelief(0.05, weight_decay 0.1)": o.chain(
        o.scale_by_belief(), o.add_decayed_weights(0.1), o.scale_by_learning_rate(0.05)
    ),
    "adadelta(no rate)": o.adadelta(),
    "adadelta(2, 0.8, 1e-3, weight_decay 0.2, mask)": o.adadelta(2.0, 0.8, 1e-3, 0.2, KERNEL),
    "adagrad(0.5)": o.adagrad(0.5),
    "adagrad(linear, 0, 1e-3)": o.adagrad(linear, 0.0, 1e-3),
    "adan(0.1)": o.adan(0.1),
    "adan(linear, 0.9, 0.8, 0.95, mask)": o.adan(linear, 0.9, 0.8, 0.95, 1e-4, 1e-5, 0.2, KERNEL),
    "lion(0.05)": o.lion(0.05),
    "lion(linear, 0.8, 0.9, mask)": o.lion(linear, 0.8, 0.9, weight_decay=0.2, mask=KERNEL),
    "rmsprop(linear, momentum)": o.rmsprop(linear, momentum=0.8),
    "rmsprop(0.05, centered, nesterov)": o.rmsprop(0.05, 0.8, 1e-2, centered=True, momentum=0.8, nesterov=True),
    "rmsprop(0.05, bias_correction, momentum)": o.rmsprop(0.05, 0.8, 1e-3, 0.3, momentum=0.5, bias_correction=True),
    "rmsprop(0.05, centered, bias_correction, eps outside)": o.rmsprop(
        0.05, 0.8, 1e-2, 0.4, centered=True, eps_in_sqrt=False, bias_correction=True
    ),
    "radam(0.1)": o.radam(0.1),
    "radam(linear, b2 0.9, nesterov)": o.radam(linear, 0.8, 0.9, nesterov=True),
    "yogi(0.1)": o.yogi(0.1),
    "yogi(linear, 0.8, 0.9, 1e-2)": o.yogi(linear, 0.8, 0.9, 1e-2),
    "sign_sgd(linear)": o.sign_sgd(linear),
    "signum(0.05)": o.signum(0.05),
    "signum(linear, 0.5)": o.signum(linear, 0.5),
    "rprop(0.05), without the lag": without_lag(o.rprop(0.05)),
    "rprop(0.1, 0.3, 1.5, 0.05, 0.2), without the lag": without_lag(o.rprop(0.1, 0.3, 1.5, 0.05, 0.2)),
    "optimistic_gradient_descent(linear)": o.optimistic_gradient_descent(linear),
    "optimistic_adam(0.1)": o.optimistic_adam(0.1),
    "optimistic_adam(0.1, 0.3, no nesterov)": o.optimistic_adam(0.1, 0.3, nesterov=False),
    "optimistic_adam_v2(0.1)": o.optimistic_adam_v2(0.1),
    "optimistic_adam_v2(linear, 0.7, 0.3, no nesterov)": o.optimistic_adam_v2(linear, alpha=0.7, beta=0.3, nesterov=False),
    "novograd(0.1)": o.novograd(0.1),
    "novograd(linear, 0.8, 0.6)": o.novograd(linear, 0.8, 0.6, 1e-3, 1e-4, 0.2),
    "lamb(0.1)": o.lamb(0.1),
    "lamb(linear, 0.8, 0.9, mask)": o.lamb(linear, 0.8, 0.9, 1e-4, 1e-5, 0.2, KERNEL),
    "lars(1)": o.lars(1.0),
    "lars(linear, masks, nesterov)": o.lars(
        linear, 0.2, KERNEL, 0.3, 1e-3, {"kernel": True, "bias": True, "gain": False}, 0.8, True
    ),
    "fromage(0.1, 0.5)": o.fromage(0.1, 0.5),
    "polyak_sgd(0.3, 0.5)": o.polyak_sgd(0.3, 0.5, 0.5),
    "polyak_sgd(scaling linear, sps+)": o.polyak_sgd(0.3, linear, 2.0, 0.1, "sps+"),
    "acprop(linear, weight_decay, mask)": C.acprop(linear, 0.8, 0.9, 1e-4, 1e-6, 0.2, KERNEL),
    "ademamix(0.05)": C.ademamix(0.05),
    "ademamix(linear, alpha by schedule, mask)": C.ademamix(
        linear, b2=0.9, b3=0.99, alpha=o.linear_schedule(0.0, 3.0, 5), weight_decay=0.2, mask=KERNEL
    ),
    "simplified_ademamix(linear, 0.9, 0.8, 1)": C.simplified_ademamix(linear, 0.9, 0.8, 1.0, weight_decay=0.2, mask=KERNEL),
    "adopt(linear, 0.8, 0.9)": C.adopt(linear, 0.8, 0.9),
    "adopt(0.1, nesterov)": C.adopt(0.1, nesterov=True),
    "adopt(0.1, no clipping)": C.adopt(0.1, use_clipping=False),
    "adopt(0.1, own clip)": C.adopt(0.1, clip_value_fn=lambda step: 0.5 * (step + 1)),
    "cocob(0.5, 20)": C.cocob(0.5, 20.0, 1e-4, 0.1, KERNEL),
    "cocob(linear)": C.cocob(linear),
    "madgrad(0.1)": C.madgrad(0.1),
    "madgrad(linear, 0.5)": C.madgrad(linear, 0.5, 0.05, 1e-4),
    "dadapt_adamw()": C.dadapt_adamw(),
    "dadapt_adamw(linear, estim_lr0 0.1)": C.dadapt_adamw(linear, (0.8, 0.9), 1e-4, 0.1, 0.2),
    "prodigy()": C.prodigy(),
    "prodigy(linear, estim_lr0 0.1, coef 2)": C.prodigy(linear, (0.8, 0.9), None, 1e-4, 0.1, 2.0, 0.2),
    "prodigy(beta3, safeguard_warmup)": C.prodigy(0.5, (0.8, 0.9), 0.7, 1e-4, 0.1, safeguard_warmup=True),
    "dog(heuristic 0.1)": C.dog(init_step=("heuristic", 0.1)),
    "dog(linear, distance, decay, mask)": C.dog(
        o.linear_schedule(1.0, 0.1, 5), ("distance", 0.1), 1e-4, 0.2, KERNEL
    ),
    "dog(learning_rate 0.1, decay)": C.dog(0.5, ("learning_rate", 0.1), weight_decay=0.1),
    "dowg()": C.dowg(),
    "dowg(0.5, 0.1)": C.dowg(0.5, 0.1, 1e-3),
    "dowg(linear, decay, mask)": C.dowg(o.linear_schedule(1.0, 0.1, 5), 0.1, weight_decay=0.2, mask=KERNEL),
    "momo()": C.momo(),
    "momo(linear, 0.5, 1, 0.2)": C.momo(o.linear_schedule(1.0, 0.1, 5), 0.5, 1.0, 0.2),
    "momo(adapt_lower_bound 2)": C.momo(0.5, 0.5, 2.0, 0.1, True),
    "momo_adam()": C.momo_adam(),
    "momo_adam(linear, 0.8, 0.9, 1, 0.2)": C.momo_adam(linear, 0.8, 0.9, 1e-4, 1.0, 0.2),
    "momo_adam(adapt_lower_bound 2)": C.momo_adam(0.5, 0.8, 0.9, 1e-4, 2.0, 0.1, True),
    # wrappers
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
    # chains
    "clip_by_global_norm, adamw(warmup_cosine)": o.chain(o.clip_by_global_norm(1.0), o.adamw(warm, weight_decay=0.1)),
    "centralize, sgd momentum": o.chain(o.centralize(), o.sgd(0.1, momentum=0.9)),
    "monitor, snapshot, adam": o.chain(
        o.monitor({"sum": total}), o.snapshot("first", total), o.adam(0.1)
    ),
}

COLD = {
    "zero first gradient of a leaf: adam": o.adam(0.1),
    "zero first gradient of a leaf: nadamw": o.nadamw(0.1, weight_decay=0.1),
    "zero first gradient of a leaf: adabelief": o.adabelief(0.1, 0.8, 0.9, 1e-6, 1e-8),
    "zero first gradient of a leaf: adamax": o.adamax(0.1),
    "zero first gradient of a leaf: yogi": o.yogi(0.1),
    "zero first gradient of a leaf: radam": o.radam(0.1, 0.8, 0.9),
    "zero first gradient of a leaf: adan": o.adan(0.1),
    "zero first gradient of a leaf: adagrad": o.adagrad(0.1, 0.0),
    "zero first gradient of a leaf: adadelta": o.adadelta(1.0),
    "zero first gradient of a leaf: rmsprop": o.rmsprop(0.1),
    "zero first gradient of a leaf: lion": o.lion(0.1),
    "zero first gradient of a leaf: lamb": o.lamb(0.1),
    "zero first gradient of a leaf: lars": o.lars(0.5, 0.1),
    "zero first gradient of a leaf: fromage": o.fromage(0.1),
    "zero first gradient of a leaf: novograd": o.novograd(0.1),
    "zero first gradient of a leaf: sm3": o.sm3(0.1),
    "zero first gradient of a leaf: adopt": C.adopt(0.1),
    "zero first gradient of a leaf: acprop": C.acprop(0.1, 0.8, 0.9, 1e-6, 1e-8),
    "zero first gradient of a leaf: cocob": C.cocob(),
    "zero first gradient of a leaf: madgrad": C.madgrad(0.1),
    "zero first gradient of a leaf: prodigy": C.prodigy(estim_lr0=0.1),
    "zero first gradient of a leaf: dadapt_adamw": C.dadapt_adamw(estim_lr0=0.1),
    "zero first gradient of a leaf: adafactor": o.adafactor(0.1),
    "zero first gradient of a leaf: dog": C.dog(init_step=("distance", 0.1)),
    "zero first gradient of a leaf: momo_adam": C.momo_adam(0.1),
}

MATRICES = {
    "scale_by_factored_rms(min 2)": o.scale_by_factored_rms(min_dim_size_to_factor=2),
    "scale_by_factored_rms(min 4, decay_rate 0.5)": o.scale_by_factored_rms(
        decay_rate=0.5, min_dim_size_to_factor=4, epsilon=1e-3
    ),
    "scale_by_factored_rms(not factored)": o.scale_by_factored_rms(factored=False),
    "adafactor(0.1, min 2)": o.adafactor(0.1, min_dim_size_to_factor=2),
    "adafactor(linear, min 3, momentum)": o.adafactor(linear, min_dim_size_to_factor=3, momentum=0.8),
    "adafactor(0.1, min 2, weight decay, mask, no clipping)": o.adafactor(
        0.1, 2, multiply_by_parameter_scale=False, clipping_threshold=None, weight_decay_rate=0.1,
        weight_decay_mask={"tall": True, "square": True, "three": True, "bias": False},
    ),
    "adafactor(0.1, not factored)": o.adafactor(0.1, 2, factored=False, eps=1e-6),
    "scale_by_sm3()": o.scale_by_sm3(),
    "scale_by_sm3(0.8, 0.9, 1e-4)": o.scale_by_sm3(0.8, 0.9, 1e-4),
    "sm3(0.1, 0.5)": o.sm3(0.1, 0.5),
    "adaptive_grad_clip(0.1), matrices": o.adaptive_grad_clip(0.1),
    "adaptive_grad_clip(0.5, eps 0.5), matrices": o.adaptive_grad_clip(0.5, 0.5),
    "centralize(), matrices": o.centralize(),
    "lamb(0.1), matrices": o.lamb(0.1, weight_decay=0.1),
    "clip_by_block_rms(0.5), matrices": o.clip_by_block_rms(0.5),
}
IMAGE = {
    "adaptive_grad_clip(0.1), convolution": o.adaptive_grad_clip(0.1),
    "adaptive_grad_clip(0.2, axis 0), convolution": o.masked(
        o.adaptive_grad_clip(0.2, axis=0), {"conv": True, "column": True, "bias": False}
    ),
    "centralize(), convolution": o.centralize(),
    "adafactor(0.1, min 2), convolution": o.adafactor(0.1, min_dim_size_to_factor=2),
    "sm3(0.1), convolution": o.sm3(0.1),
    "adaptive_grad_clip, sgd momentum, convolution": o.chain(o.adaptive_grad_clip(0.1), o.sgd(0.1, momentum=0.9, nesterov=True)),
}
DIMENSIONS = {"wide": C.MuonDimensionNumbers(1, 0), "tall": C.MuonDimensionNumbers(), "bias": None}
LAYERS = {
    "muon(0.1), layers": C.muon(0.1),
    "muon(linear, beta 0.8, ns_steps 3)": C.muon(linear, beta=0.8, ns_steps=3, weight_decay=0.1),
    "muon(adam_learning_rate, adam_weight_decay)": C.muon(
        0.1, adam_b1=0.8, adam_b2=0.9, adam_weight_decay=0.2, adam_learning_rate=0.03
    ),
    "muon(adaptive)": C.muon(0.1, adaptive=True),
    "muon(no nesterov, own coefficients)": C.muon(0.1, ns_coeffs=(2.0, -1.5, 0.5), nesterov=False),
    "muon(coefficients by step)": C.muon(0.1, ns_coeffs=((3.0, -4.0, 2.0), (2.0, -1.5, 0.5)), ns_steps=2),
    "muon(spectral)": C.muon(0.1, preconditioning="spectral"),
    "muon(aol)": C.muon(0.1, preconditioning="aol"),
    "muon(schatten, dion)": C.muon(0.1, preconditioning="schatten", ns_coeffs="dion"),
    "muon(decay mask)": C.muon(
        0.1, weight_decay=0.3, weight_decay_mask={"wide": True, "tall": False, "bias": True}, consistent_rms=0.2
    ),
    "muon(dimension numbers)": C.muon(0.1, muon_weight_dimension_numbers=DIMENSIONS),
    "partition(muon, adamw)": o.partition({"m": C.muon(0.1), "a": o.adamw(0.1)}, {"wide": "m", "tall": "a", "bias": "m"}),
}
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
CASES = {
    "five": FIVE, "seven": SEVEN, "cold": COLD, "matrices": MATRICES, "image": IMAGE, "layers": LAYERS, "broken": BROKEN,
}
