"""TensorFlow is imported when it is needed, and its absence is said in so many words."""

from __future__ import annotations

import subprocess
import sys
import types

import numpy as np
import pytest

from fernet import FERMLPClassifier
from fernet._engine.network import Network
from fernet.tensorflow_backend import from_keras, to_keras
from fernet.tensorflow_backend.imports import import_keras

X = np.random.default_rng(0).standard_normal((20, 9)).astype(np.float32)
Y = np.arange(20) % 2


@pytest.fixture
def no_tensorflow(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)


@pytest.mark.usefixtures("no_tensorflow")
@pytest.mark.parametrize(
    ("purpose", "use"),
    [
        ("a Keras model", import_keras),
        ("a Keras model", lambda: from_keras(object())),
        (
            "a Keras model",
            lambda: to_keras(Network(FERMLPClassifier()._layers(2, (9,)), (9,))),
        ),
        ("a Keras model", lambda: FERMLPClassifier((4,), max_iter=1).fit(X, Y).to_keras()),
        (
            "backend='tensorflow'",
            lambda: FERMLPClassifier((4,), backend="tensorflow").fit(X, Y),
        ),
        (
            "backend='tensorflow'",
            lambda: FERMLPClassifier((4,), backend="tensorflow").partial_fit(X, Y),
        ),
    ],
)
def test_its_absence_names_what_needs_it_and_the_extra(purpose, use):
    needed = rf'{purpose} needs TensorFlow; .* pip install "fernet-emotion\[tensorflow\]"'
    with pytest.raises(ImportError, match=needed):
        use()


@pytest.mark.usefixtures("no_tensorflow")
def test_a_model_trained_there_predicts_without_it(tmp_path):
    from fernet import load_model, save_model

    model = FERMLPClassifier((4,), max_iter=1).fit(X, Y).set_params(backend="tensorflow")
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.backend == "tensorflow"
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_a_file_of_keras_name_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))
    other = types.ModuleType("keras")
    other.__file__ = "/home/me/keras.py"
    monkeypatch.setitem(sys.modules, "keras", other)
    with pytest.raises(ImportError, match=r"needs Keras 3; /home/me/keras\.py is another"):
        import_keras()


def test_importing_the_package_does_not_import_it():
    code = "import sys, fernet.tensorflow_backend; print('tensorflow' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.tensorflow
def test_keras_on_another_library_is_refused(keras, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ImportError, match="Keras computes with 'jax' here"):
        import_keras()
