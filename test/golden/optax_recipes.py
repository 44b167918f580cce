"""Cases of make_optax.py: recipes."""
import warnings

import optax as o
import optax.contrib as C

from optax_adapters import KERNEL, cosine, linear, squares, without_lag

warnings.simplefilter("ignore", DeprecationWarning)

RECIPES = {
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
    "sophia(0.1, squares as hessian)": C.sophia(0.1, update_interval=1, hessian_diagonal_fn=squares),
    "sophia(linear, decay, mask, squares as hessian)": C.sophia(
        linear, 0.8, 0.9, 1e-3, 0.2, KERNEL, 0.5, 0.3, 1, hessian_diagonal_fn=squares
    ),
    "sophia(no clipping, squares as hessian)": C.sophia(
        0.1, 0.8, 0.9, 0.1, gamma=2.0, clip_threshold=None, update_interval=1, hessian_diagonal_fn=squares
    ),
}
