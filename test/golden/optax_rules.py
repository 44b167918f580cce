"""Cases of make_optax.py: transformations by themselves."""
import optax as o
import optax.contrib as C

from optax_adapters import KERNEL, cosine, linear, warm

RULES = {
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
}
