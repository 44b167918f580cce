"""A tiny BERT and five steps of its fine-tuning in TensorFlow, for examples/bert and test/examples/bert.test.ts.

    python3 -m venv venv && venv/bin/pip install tensorflow-cpu tf-keras safetensors
    venv/bin/python test/golden/make_bert.py                    # writes the three files anew
    venv/bin/python test/golden/make_bert.py --check            # compares with the committed ones
    venv/bin/python test/golden/make_bert.py --garden FOLDER …  # with create_optimizer itself, where FOLDER/official is
                                                                # the Model Garden (tf-models-official, unpacked)

    bert.safetensors          random weights under the names that PyTorch's BertForSequenceClassification has
    bert-numbers.safetensors  by the names of the original checkpoints: gradient/… of the first step, after/… it
    bert.json                 the batch; logits; loss, gradient norm and rate of each step; norms of variables at the end

The committed numbers were made with TensorFlow 2.21.0 (CPU), tf-keras 2.21.0 and tf-models-official 2.20.0. The optimizer
is what its create_optimizer(2e-3, 60, 6) gives, at iteration 3 with fresh moments: at iteration 0 the warmup's rate is 0.
The restatement below comes to the same bits. There is no dropout, so that a step can be compared. From bert.safetensors
and the batch, transformers 4.46.3 (TFBertForSequenceClassification, gelu_new, layer_norm_eps 1e-12) computes the same
logits within 4e-7, with no name missing or left over.

The gradient of the word embeddings is made dense before the optimizer sees it, as it is in tfjs. TensorFlow leaves it
as IndexedSlices, whose norm is taken before repeated words are summed, so the clip is another; bert.json says how far
apart both come out ("sparse").
"""
import importlib.util
import json
import os
import pathlib
import re
import sys
import types

sys.path.pop(0)  # safetensors.py beside this file bears the name of the package
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file, save_file
from tf_keras.optimizers import legacy, schedules

HERE = pathlib.Path(__file__).resolve().parent
VOCABULARY, HIDDEN, LAYERS, HEADS, INTERMEDIATE, POSITIONS, TYPES, CLASSES = 60, 16, 2, 2, 32, 16, 2, 2
INIT_LR, TRAIN_STEPS, WARMUP_STEPS, START, STEPS = 2e-3, 60, 6, 3, 5
EXCLUDED = ["LayerNorm", "layer_norm", "bias"]


# The weights, as PyTorch names them

def torch_shapes():
    dense = lambda name, units, inputs: {f"{name}.weight": (units, inputs), f"{name}.bias": (units,)}
    norm = lambda name: {f"{name}.weight": (HIDDEN,), f"{name}.bias": (HIDDEN,)}
    shapes = {
        "bert.embeddings.word_embeddings.weight": (VOCABULARY, HIDDEN),
        "bert.embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
        "bert.embeddings.token_type_embeddings.weight": (TYPES, HIDDEN),
        **norm("bert.embeddings.LayerNorm"),
    }
    for i in range(LAYERS):
        at = f"bert.encoder.layer.{i}"
        for part in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]:
            shapes |= dense(f"{at}.{part}", HIDDEN, HIDDEN)
        shapes |= norm(f"{at}.attention.output.LayerNorm")
        shapes |= dense(f"{at}.intermediate.dense", INTERMEDIATE, HIDDEN)
        shapes |= dense(f"{at}.output.dense", HIDDEN, INTERMEDIATE)
        shapes |= norm(f"{at}.output.LayerNorm")
    return shapes | dense("bert.pooler.dense", HIDDEN, HIDDEN) | dense("classifier", CLASSES, HIDDEN)


def random_weights():
    """Larger than BERT's 0.02, so that attention and gelu are well away from linear."""
    rng = np.random.default_rng(2018)
    draw = lambda name, shape: rng.normal(1.0 if name.endswith("LayerNorm.weight") else 0.0,
                                          0.1 if "LayerNorm" in name or name.endswith("bias") else 0.25, shape)
    return {name: draw(name, shape).astype(np.float32) for name, shape in torch_shapes().items()}


def google_name(name):
    """The name in the original checkpoints, and whether the matrix is transposed there."""
    if name.startswith("classifier"):
        return ("output_weights" if name.endswith("weight") else "output_bias"), False
    name = re.sub(r"\.layer\.(\d+)\.", r".layer_\1.", name)
    name = re.sub(r"LayerNorm\.weight$", "LayerNorm.gamma", re.sub(r"LayerNorm\.bias$", "LayerNorm.beta", name))
    name = re.sub(r"_embeddings\.weight$", "_embeddings", name)
    transposed = name.endswith(".weight")
    return re.sub(r"\.weight$", ".kernel", name).replace(".", "/"), transposed


def variables_of(weights):
    named = [(*google_name(name), value) for name, value in weights.items()]
    return {name: tf.Variable(value.T if transposed else value, name=name) for name, transposed, value in named}


# The model, as google-research/bert computes it without dropout

def layer_norm(x, v, at):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-12) * v[f"{at}/LayerNorm/gamma"] + v[f"{at}/LayerNorm/beta"]


def dense(x, v, at):
    return tf.matmul(x, v[f"{at}/kernel"]) + v[f"{at}/bias"]


def gelu(x):
    return x * 0.5 * (1.0 + tf.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + 0.044715 * tf.pow(x, 3))))


def logits_of(v, batch):
    ids, kinds, mask = (tf.constant(batch[key], tf.int32) for key in ("ids", "types", "mask"))
    rows, length = ids.shape
    x = tf.gather(v["bert/embeddings/word_embeddings"], ids)
    x += tf.gather(v["bert/embeddings/token_type_embeddings"], kinds)
    x += v["bert/embeddings/position_embeddings"][:length]
    x = tf.reshape(layer_norm(x, v, "bert/embeddings"), [-1, HIDDEN])
    away = (1.0 - tf.cast(mask, tf.float32))[:, None, None, :] * -10000.0
    heads = lambda y: tf.transpose(tf.reshape(y, [rows, length, HEADS, HIDDEN // HEADS]), [0, 2, 1, 3])
    for i in range(LAYERS):
        at = f"bert/encoder/layer_{i}"
        q, k, value = (heads(dense(x, v, f"{at}/attention/self/{part}")) for part in ("query", "key", "value"))
        chances = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / np.float32(np.sqrt(HIDDEN // HEADS)) + away)
        context = tf.reshape(tf.transpose(tf.matmul(chances, value), [0, 2, 1, 3]), [-1, HIDDEN])
        x = layer_norm(x + dense(context, v, f"{at}/attention/output/dense"), v, f"{at}/attention/output")
        inner = gelu(dense(x, v, f"{at}/intermediate/dense"))
        x = layer_norm(x + dense(inner, v, f"{at}/output/dense"), v, f"{at}/output")
    first = tf.reshape(x, [rows, length, HIDDEN])[:, 0]
    pooled = tf.tanh(dense(first, v, "bert/pooler/dense"))
    return tf.matmul(pooled, v["output_weights"], transpose_b=True) + v["output_bias"]


def loss_of(v, batch):
    chances = tf.nn.log_softmax(logits_of(v, batch))
    return -tf.reduce_mean(tf.reduce_sum(tf.one_hot(batch["labels"], CLASSES) * chances, -1))


def fixed_batch():
    """Pairs of random texts of several lengths, shorter than there are positions, with words that repeat."""
    rng = np.random.default_rng(7)
    rows, length = 6, 12
    ids, kinds, mask = (np.zeros((rows, length), int) for _ in range(3))
    for row, used in enumerate([12, 9, 7, 12, 5, 10]):
        ids[row, :used] = rng.integers(4, VOCABULARY // 2 if row % 2 else VOCABULARY, used)
        ids[row, [0, used // 2, used - 1]] = 2, 3, 3
        kinds[row, used // 2 + 1:used] = 1
        mask[row, :used] = 1
    return {"ids": ids.tolist(), "types": kinds.tolist(), "mask": mask.tolist(), "labels": [1, 0, 0, 1, 1, 0]}


# The optimizer of official/nlp/optimization.py, restated

class AdamWeightDecay(legacy.Adam):
    def _resource_apply_dense(self, grad, var, apply_state=None):
        self.decay(var, apply_state)
        return super()._resource_apply_dense(grad, var, apply_state=apply_state)

    def _resource_apply_sparse(self, grad, var, indices, apply_state=None):
        self.decay(var, apply_state)
        return super()._resource_apply_sparse(grad, var, indices, apply_state=apply_state)

    def decay(self, var, apply_state):
        if not any(re.search(pattern, var.name) for pattern in EXCLUDED):
            var.assign_sub(apply_state[(var.device, var.dtype.base_dtype)]["lr_t"] * var * tf.constant(0.01))

    def apply_gradients(self, pairs):
        grads, variables = zip(*pairs)
        return super().apply_gradients(zip(tf.clip_by_global_norm(grads, clip_norm=1.0)[0], variables))


class WarmUp(schedules.LearningRateSchedule):
    """initial step / warmup_steps, then the schedule behind it, which is not shifted."""

    def __init__(self, initial, after, steps):
        self.initial, self.after, self.steps = initial, after, steps

    def __call__(self, step):
        part = tf.cast(step, tf.float32) / float(self.steps)
        return self.initial * part**1.0 if step < self.steps else self.after(step)


def create_optimizer(init_lr, train_steps, warmup_steps):
    line = schedules.PolynomialDecay(init_lr, train_steps, end_learning_rate=0.0, power=1.0)
    return AdamWeightDecay(WarmUp(init_lr, line, warmup_steps), beta_1=0.9, beta_2=0.999, epsilon=1e-6)


def garden_create_optimizer(folder):
    """The real one. Only the files it needs are loaded: the packages around them need more than is installed."""
    sys.modules["gin"] = types.SimpleNamespace(configurable=lambda f: f)
    for package in ("official", "official.modeling", "official.modeling.optimization", "official.nlp"):
        sys.modules[package] = types.ModuleType(package)
    def load(name):
        path = pathlib.Path(folder, *name.split(".")).with_suffix(".py")
        spec = importlib.util.spec_from_file_location(name, path)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
        return module
    for name in ("lamb", "legacy_adamw"):
        load(f"official.modeling.optimization.{name}")
    return load("official.nlp.optimization").create_optimizer


def train(make, weights, batch, dense_gradients):
    """Per step loss, norm and rate; gradients of the first step and variables after it; variables at the end."""
    variables = variables_of(weights)
    optimizer = make(INIT_LR, TRAIN_STEPS, WARMUP_STEPS)
    optimizer.iterations.assign(START)
    steps = []
    for step in range(STEPS):
        with tf.GradientTape() as tape:
            loss = loss_of(variables, batch)
        gradients = tape.gradient(loss, list(variables.values()))
        if dense_gradients:
            gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        rate = optimizer.learning_rate(optimizer.iterations)
        steps.append({"loss": float(loss), "norm": float(tf.linalg.global_norm(gradients)), "rate": float(rate)})
        optimizer.apply_gradients(zip(gradients, variables.values()))
        if step == 0:
            first = {name: tf.convert_to_tensor(g).numpy() for name, g in zip(variables, gradients)}
            after = {name: v.numpy() for name, v in variables.items()}
    end = {name: v.numpy() for name, v in variables.items()}
    return {"steps": steps, "final_loss": float(loss_of(variables, batch)), "first": first, "after": after, "end": end}


def apart(a, b):
    return max(float(np.max(np.abs(np.asarray(a[name]) - np.asarray(b[name])))) for name in b)


def make(create):
    weights, batch = random_weights(), fixed_batch()
    ours = train(create, weights, batch, dense_gradients=True)
    sparse = train(create, weights, batch, dense_gradients=False)
    numbers = {f"{part}/{name}": value for part, values in (("gradient", ours["first"]), ("after", ours["after"]))
               for name, value in values.items()}
    record = {
        "batch": batch,
        "optimizer": {"init_lr": INIT_LR, "train_steps": TRAIN_STEPS, "warmup_steps": WARMUP_STEPS, "start": START},
        "logits": logits_of(variables_of(weights), batch).numpy().tolist(),
        "steps": ours["steps"],
        "final_loss": ours["final_loss"],
        "final_norms": {name: float(np.linalg.norm(value.astype(np.float64))) for name, value in ours["end"].items()},
        "sparse": {
            "norm": sparse["steps"][0]["norm"],
            "apart_after_1": apart(sparse["after"], ours["after"]),
            "apart_after_5": apart(sparse["end"], ours["end"]),
        },
    }
    return weights, numbers, record


def compare(name, made, committed):
    """Equal bits on the machine that wrote them; elsewhere float32 sums may come out in another order."""
    assert made.keys() == committed.keys(), name
    worst = apart(made, committed)
    print(f"{name}: {'the same bits' if worst == 0 else f'at most {worst:.2g} apart'}")
    assert worst < 1e-6, name


def flat(record, path=""):
    pairs = enumerate(record) if isinstance(record, list) else record.items()
    return {k: x for key, value in pairs for k, x in
            (flat(value, f"{path}.{key}") if isinstance(value, (list, dict)) else {f"{path}.{key}": value}).items()}


def main(arguments):
    garden = "--garden" in arguments
    create = garden_create_optimizer(arguments[arguments.index("--garden") + 1]) if garden else create_optimizer
    weights, numbers, record = make(create)
    if "--check" in arguments:
        print("create_optimizer of the Model Garden" if garden else "create_optimizer restated")
        compare("bert.safetensors", weights, load_file(HERE / "bert.safetensors"))
        compare("bert-numbers.safetensors", numbers, load_file(HERE / "bert-numbers.safetensors"))
        compare("bert.json", flat(record), flat(json.loads((HERE / "bert.json").read_text())))
        return
    save_file(weights, HERE / "bert.safetensors", {"format": "pt"})
    save_file({name: np.ascontiguousarray(value) for name, value in numbers.items()}, HERE / "bert-numbers.safetensors")
    (HERE / "bert.json").write_text(json.dumps(record, indent=1) + "\n")


main(sys.argv[1:])
