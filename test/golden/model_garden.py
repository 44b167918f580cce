"""Loads single modules of the TensorFlow Model Garden's wheel, whose file MODELS names: the package itself wants many others."""
import importlib.util
import os
import tempfile
import zipfile


def model_garden(name, folder=tempfile.TemporaryDirectory()):
    """A module of official/modeling/optimization; its file stays for the whole run, since autograph reads it."""
    path = f"official/modeling/optimization/{name}.py"
    with zipfile.ZipFile(os.environ["MODELS"]) as wheel:
        spec = importlib.util.spec_from_file_location(name, wheel.extract(path, folder.name))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
