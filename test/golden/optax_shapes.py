"""Cases of make_optax.py on other shapes, and on a leaf without a gradient at first."""
import optax as o
import optax.contrib as C

from optax_adapters import linear

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
