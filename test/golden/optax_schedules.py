"""The schedules of make_optax.py."""
import optax as o

# The set that came with optax's catalogue, at fifteen counts.
FIRST = {
    "linear(1,0,10,begin2)": o.linear_schedule(1.0, 0.0, 10, 2),
    "poly(1,.1,2.5,8)": o.polynomial_schedule(1.0, 0.1, 2.5, 8),
    "exp(1,4,.5)": o.exponential_decay(1.0, 4, 0.5),
    "exp staircase, floor": o.exponential_decay(1.0, 3, 0.5, 2, True, 0.2),
    "exp growing, ceiling": o.exponential_decay(0.1, 2, 1.5, 0, False, 0.7),
    "cosine(1,10,.1,1.5)": o.cosine_decay_schedule(1.0, 10, 0.1, 1.5),
    "pwc(1,{3:.5,6:4})": o.piecewise_constant_schedule(1.0, {3: 0.5, 6: 4.0}),
    "pwi_lin(1,{3:.5,6:4})": o.piecewise_interpolate_schedule("linear", 1.0, {3: 0.5, 6: 4.0}),
    "pwi_cos(1,{3:.5,6:4})": o.piecewise_interpolate_schedule("cosine", 1.0, {3: 0.5, 6: 4.0}),
    "linear_onecycle(10,1)": o.linear_onecycle_schedule(10, 1.0),
    "warmup_const(0,1,4)": o.warmup_constant_schedule(0.0, 1.0, 4),
    "warmup_cosine(.1,1,4,12,.2,2)": o.warmup_cosine_decay_schedule(0.1, 1.0, 4, 12, 0.2, 2.0),
    "join": o.join_schedules(
        [o.linear_schedule(0.0, 1.0, 3), o.constant_schedule(0.7), o.exponential_decay(0.7, 1, 0.5)], [3, 6]
    ),
}
SCHEDULES = {
    "constant(0.3)": o.constant_schedule(0.3),
    "linear rising(-1,1,7)": o.linear_schedule(-1.0, 1.0, 7),
    "poly(0,2,0.5,9,begin3)": o.polynomial_schedule(0.0, 2.0, 0.5, 9, 3),
    "poly(2,0,3,12)": o.polynomial_schedule(2.0, 0.0, 3, 12),
    "exp(2,5,.3,begin4)": o.exponential_decay(2.0, 5, 0.3, 4),
    "exp staircase(1,4,.5)": o.exponential_decay(1.0, 4, 0.5, 0, True),
    "exp growing, begin, staircase": o.exponential_decay(0.1, 3, 1.4, 2, True, 0.5),
    "cosine(2,9)": o.cosine_decay_schedule(2.0, 9),
    "cosine(1,20,.3,.5)": o.cosine_decay_schedule(1.0, 20, 0.3, 0.5),
    "pwc(2,{0:.5,1:2,7:0})": o.piecewise_constant_schedule(2.0, {0: 0.5, 1: 2.0, 7: 0.0}),
    "pwi_lin(2,{1:.5,2:3,9:0})": o.piecewise_interpolate_schedule("linear", 2.0, {1: 0.5, 2: 3.0, 9: 0.0}),
    "pwi_cos(2,{4:2,5:.1})": o.piecewise_interpolate_schedule("cosine", 2.0, {4: 2.0, 5: 0.1}),
    "linear_onecycle(20,2,.25,.75,10,100)": o.linear_onecycle_schedule(20, 2.0, 0.25, 0.75, 10.0, 100.0),
    "linear_onecycle(7,.1,.3,.85)": o.linear_onecycle_schedule(7, 0.1),
    "linear_onecycle(13,1,.5,.6,5,1e3)": o.linear_onecycle_schedule(13, 1.0, 0.5, 0.6, 5.0, 1e3),
    "cosine_onecycle(10,1)": o.cosine_onecycle_schedule(10, 1.0),
    "cosine_onecycle(20,2,.25,10,100)": o.cosine_onecycle_schedule(20, 2.0, 0.25, 10.0, 100.0),
    "cosine_onecycle(7,.1)": o.cosine_onecycle_schedule(7, 0.1),
    "cosine_onecycle(13,1,.5,5,1e3)": o.cosine_onecycle_schedule(13, 1.0, 0.5, 5.0, 1e3),
    "warmup_const(.2,.1,5)": o.warmup_constant_schedule(0.2, 0.1, 5),
    "warmup_cosine(0,1,5,15)": o.warmup_cosine_decay_schedule(0.0, 1.0, 5, 15),
    "warmup_cosine(0,1,0,10)": o.warmup_cosine_decay_schedule(0.0, 1.0, 0, 10),
    "warmup_exp(0,1,4,3,.5)": o.warmup_exponential_decay_schedule(0.0, 1.0, 4, 3, 0.5),
    "warmup_exp(.1,1,3,2,.6,begin2,staircase,end.2)": o.warmup_exponential_decay_schedule(
        0.1, 1.0, 3, 2, 0.6, 2, True, 0.2
    ),
    "warmup_exp(0,.1,5,4,1.5,ceiling.3)": o.warmup_exponential_decay_schedule(0.0, 0.1, 5, 4, 1.5, end_value=0.3),
    "sgdr": o.sgdr_schedule(
        [
            dict(init_value=0.1, peak_value=1.0, decay_steps=8, warmup_steps=2, end_value=0.05),
            dict(init_value=0.05, peak_value=0.5, decay_steps=12, warmup_steps=3, end_value=0.0),
        ]
    ),
    "sgdr(three, exponents)": o.sgdr_schedule(
        [
            dict(init_value=0.0, peak_value=1.0, decay_steps=5, warmup_steps=0, end_value=0.1),
            dict(init_value=0.1, peak_value=0.8, decay_steps=7, warmup_steps=1, end_value=0.1, exponent=2.0),
            dict(init_value=0.1, peak_value=0.6, decay_steps=9, warmup_steps=4, exponent=0.5),
        ]
    ),
    # optax has no factories for these: functions of the count.
    "cosine restarts, the peak decays": lambda count: o.cosine_decay_schedule(1.0, 6, 0.1)(count % 6)
    * o.exponential_decay(0.5, 6, 0.7, 0, True)(count),
    "by epoch, exp(1,2,.5), 4 steps": lambda count: o.exponential_decay(1.0, 2, 0.5)(count // 4),
    "by epoch, warmup_cosine(0,1,2,5), 4 steps, fractional": lambda count: o.warmup_cosine_decay_schedule(0.0, 1.0, 2, 5)(
        count / 4
    ),
    "join(join)": o.join_schedules(
        [
            o.join_schedules([o.linear_schedule(0.0, 1.0, 3), o.constant_schedule(0.7)], [3]),
            o.join_schedules([o.cosine_decay_schedule(1.0, 6), o.exponential_decay(0.7, 2, 0.5)], [6]),
        ],
        [5],
    ),
}
