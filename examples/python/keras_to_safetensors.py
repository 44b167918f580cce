"""The optimizer weights of a legacy Keras model or of a TensorFlow checkpoint as a .safetensors file.

    pip install h5py safetensors numpy           # for an .h5 file; for a checkpoint also tensorflow
    python keras_to_safetensors.py model.h5 weights.safetensors
    python keras_to_safetensors.py checkpoints/ckpt-7 weights.safetensors --variables

The source is an .h5 file, the prefix of a checkpoint, a folder of checkpoints (its latest) or a SavedModel. Names are
Keras's without `:0`: `AdamWeightDecay/iter`, `AdamWeightDecay/dense/kernel/m`. A checkpoint knows variables by the way
to them from the object that was saved; their names are taken from its object graph. The metadata's `weight_names` is
the list in Keras's own order, iterations, all m, all v, all vhat, which a checkpoint restored before its variables were
made does not keep. `--variables` adds the model's variables.

Keras names an optimizer's weights without the optimizer (`iter`, `dense/kernel/m`) where they were made outside of a
training step, as `load_model` and a restored checkpoint do. The name before `iter` is put before all; where there is
none, say `--name AdamWeightDecay`.
"""
import argparse
import json
import pathlib

import numpy as np
from safetensors.numpy import save_file

SLOTS = ["iter", "iteration", "m", "v", "vhat"]


def canonical(names):
    """Iterations, all m, all v, all vhat, others; the order of the variables is kept."""
    slot_of = lambda name: name.rsplit("/", 1)[-1]
    return sorted(names, key=lambda name: SLOTS.index(slot_of(name)) if slot_of(name) in SLOTS else len(SLOTS))


def attribute(group, name):
    """A list of texts in an .h5 file; Keras cuts a long one into `name0`, `name1`, ..."""
    parts = [group.attrs[name]] if name in group.attrs else []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{name}{len(parts)}"])
    return [text.decode() if isinstance(text, bytes) else str(text) for part in parts for text in part]


def full(keys, name=None):
    """Keys by their names in Keras's order; the optimizer's name, that of `iter` if not given, before each."""
    count = next((key for key in keys if key.endswith(("/iter", "/iteration"))), "/")
    before = f"{name or count[: count.rfind('/')]}/".lstrip("/")
    return {key if key.startswith(before) else before + key: keys[key] for key in canonical(keys)}


def h5_keys(file, name=None):
    """Where the optimizer's weights and the model's variables are in an open .h5 file: two dictionaries by name."""
    optimizer, variables = {}, {}
    if "optimizer_weights" in file:
        for weight in attribute(file["optimizer_weights"], "weight_names"):
            optimizer[weight.removesuffix(":0")] = f"optimizer_weights/{weight}"
    for layer in attribute(file["model_weights"], "layer_names") if "model_weights" in file else []:
        for weight in attribute(file["model_weights"][layer], "weight_names"):
            variables[weight.removesuffix(":0")] = f"model_weights/{layer}/{weight}"
    return full(optimizer, name), variables


def checkpoint_keys(reader, name=None, path=None):
    """The same for a checkpoint. `path` says which optimizer, such as `optimizer`, where there are several."""
    from tensorflow.core.protobuf import trackable_object_graph_pb2 as proto

    graph = proto.TrackableObjectGraph()
    graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    value_of = lambda node: [a for a in graph.nodes[node].attributes if a.name == "VARIABLE_VALUE"]
    key_of = lambda node: next((a.checkpoint_key for a in value_of(node)), "")
    name_of = lambda node: next((a.full_name for a in value_of(node)), "")
    way_to = lambda node: key_of(node).split("/.ATTRIBUTES/")[0].split("/.OPTIMIZER_SLOT/")[0]

    found = {}
    for node in graph.nodes:
        counters = [c.node_id for c in node.children if c.local_name in ("iter", "iterations") and key_of(c.node_id)]
        if counters and (node.slot_variables or any(c.local_name == "learning_rate" for c in node.children)):
            found[way_to(counters[0]).rsplit("/", 1)[0]] = (node, counters[0])
    if path is None and len(found) != 1:
        raise ValueError(f"expected one optimizer in the checkpoint, found {sorted(found) or 'none'}: say --optimizer")
    if path is not None and path not in found:
        raise ValueError(f"no optimizer {path} in the checkpoint, which has {sorted(found) or 'none'}")
    node, counter = found[path] if path is not None else next(iter(found.values()))

    owners = list(dict.fromkeys(slot.original_variable_node_id for slot in node.slot_variables))
    called = [name_of(owner) for owner in owners]
    # Two models may each have a `dense/kernel`: then the way to the variable is its name.
    names = {o: title if title and called.count(title) == 1 else way_to(o) for o, title in zip(owners, called)}
    count = name_of(counter) or way_to(counter)
    optimizer = {count: key_of(counter)}
    for slot in node.slot_variables:
        owner = names[slot.original_variable_node_id]
        optimizer[f"{owner}/{slot.slot_name}"] = key_of(slot.slot_variable_node_id)
    return full(optimizer, name), {names[owner]: key_of(owner) for owner in owners}


def checkpoint_prefix(source):
    """The prefix of a checkpoint, of the latest one in a folder, or of a SavedModel's variables."""
    import tensorflow as tf

    if not source.is_dir():
        return str(source)
    saved = source / "variables" / "variables"
    prefix = str(saved) if saved.with_suffix(".index").exists() else tf.train.latest_checkpoint(str(source))
    if prefix is None:
        raise ValueError(f"{source}: neither a checkpoint nor a SavedModel is in this folder")
    return prefix


def is_h5(path):
    return path.suffix in (".h5", ".hdf5")


def read_weights(source, name=None, path=None):
    """Optimizer weights, in Keras's order, and variables of an .h5 file or checkpoint, as arrays by name."""
    source = pathlib.Path(source)
    if is_h5(source):
        import h5py

        with h5py.File(source, "r") as file:
            weights, variables = ({n: np.asarray(file[key]) for n, key in keys.items()} for keys in h5_keys(file, name))
    else:
        import tensorflow as tf

        reader = tf.train.load_checkpoint(checkpoint_prefix(source))
        keys = checkpoint_keys(reader, name, path)
        weights, variables = ({n: np.asarray(reader.get_tensor(key)) for n, key in ks.items()} for ks in keys)
    if not weights:
        raise ValueError(f"{source} has no optimizer weights (was it saved before the first step?)")
    return weights, variables


def convert(source, out, variables=False, name=None, path=None):
    """Writes the file; gives the arrays it holds by name."""
    weights, others = read_weights(source, name, path)
    arrays = {**weights, **(others if variables else {})}
    save_file(arrays, out, {"format": "keras", "weight_names": json.dumps(list(weights))})
    return arrays


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="an .h5 file, a checkpoint's prefix or its folder, or a SavedModel")
    parser.add_argument("out", help="the .safetensors file to write")
    parser.add_argument("--variables", action="store_true", help="also the model's variables, under their names")
    parser.add_argument("--name", help="the optimizer's name, where Keras left it out of its weights' names")
    parser.add_argument("--optimizer", help="the way to the optimizer in a checkpoint that has several")
    args = parser.parse_args()
    for name, array in convert(args.source, args.out, args.variables, args.name, args.optimizer).items():
        print(f"{name}  {array.dtype}{list(array.shape)}")


if __name__ == "__main__":
    main()
