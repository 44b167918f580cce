"""Optimizer weights from a .safetensors file into a legacy Keras model saved as .h5, or into a TensorFlow checkpoint.

    pip install h5py safetensors numpy           # for an .h5 file; for a checkpoint also tensorflow
    python safetensors_to_keras.py weights.safetensors model.h5 resumed.h5
    python safetensors_to_keras.py weights.safetensors checkpoints/ckpt-1 checkpoints/resumed

The second file is a model or a checkpoint of the same variables, saved when its optimizer had its weights; the third
is a copy of it with the values of the first, whose names are those of keras_to_safetensors.py. Variables of the model
that the first file names are set too. `tf_keras.models.load_model(..., custom_objects=...)` or
`tf.train.Checkpoint(...).restore(...)` goes on from there. A model that was never trained has no optimizer weights
until `optimizer._create_all_weights(model.trainable_variables)` makes them; Keras then leaves the optimizer out of
their names: say `--name AdamWeightDecay`.
"""
import argparse
import pathlib
import shutil

import numpy as np

from keras_to_safetensors import checkpoint_keys, checkpoint_prefix, h5_keys, is_h5
from named_file import read


def match(arrays, weights, variables):
    """The array for each key; every weight of the optimizer has one, and no name is left over."""
    known = {**variables, **weights}
    if not weights:
        raise ValueError("the model has no optimizer weights (_create_all_weights makes them before it is saved)")
    if missing := [name for name in weights if name not in arrays]:
        raise ValueError(f"the file has no {', '.join(missing)}")
    if left := sorted(arrays.keys() - known.keys()):
        raise ValueError(f"the file has {', '.join(left)}, the model has not (it has {', '.join(known)})")
    return {known[name]: (name, array) for name, array in arrays.items()}


def fitting(name, array, dtype, shape):
    """The array in the model's dtype."""
    if tuple(shape) != array.shape:
        raise ValueError(f"{name} has shape {list(array.shape)} in the file, {list(shape)} in the model")
    return array.astype(dtype)


def into_h5(arrays, template, out, optimizer=None):
    import h5py

    shutil.copyfile(template, out)
    with h5py.File(out, "r+") as file:
        for key, (name, array) in match(arrays, *h5_keys(file, optimizer)).items():
            file[key][...] = fitting(name, array, file[key].dtype, file[key].shape)


def into_checkpoint(arrays, template, out, optimizer=None, path=None):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(checkpoint_prefix(pathlib.Path(template)))
    keys = sorted(reader.get_variable_to_shape_map())
    values = {key: reader.get_tensor(key) for key in keys}
    for key, (name, array) in match(arrays, *checkpoint_keys(reader, optimizer, path)).items():
        values[key] = fitting(name, array, values[key].dtype, np.shape(values[key]))
    tensors = [tf.convert_to_tensor(values[key]) for key in keys]
    tf.raw_ops.SaveV2(prefix=str(out), tensor_names=keys, shape_and_slices=[""] * len(keys), tensors=tensors)


def convert(source, template, out, name=None, path=None):
    """Writes `out`: the template with the values of the .safetensors file."""
    arrays = read(source)
    if is_h5(pathlib.Path(template)):
        into_h5(arrays, template, out, name)
    else:
        into_checkpoint(arrays, template, out, name, path)
    return arrays


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="the .safetensors file")
    parser.add_argument("template", help="an .h5 file, or a checkpoint's prefix or folder")
    parser.add_argument("out", help="the .h5 file or the checkpoint's prefix to write")
    parser.add_argument("--name", help="the optimizer's name, where the template's weights are named without it")
    parser.add_argument("--optimizer", help="the way to the optimizer in a checkpoint that has several")
    args = parser.parse_args()
    for name, array in convert(args.source, args.template, args.out, args.name, args.optimizer).items():
        print(f"{name}  {array.dtype}{list(array.shape)}")


if __name__ == "__main__":
    main()
