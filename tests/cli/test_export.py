"""``fernet export``: a model for other programs."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fernet import load_model


def test_a_model_becomes_an_onnx_file(run, any_model_file, faces):
    onnxruntime = pytest.importorskip(
        "onnxruntime", reason='onnxruntime is not installed: pip install "fernet-emotion[onnx]"'
    )
    pytest.importorskip("onnx", reason='onnx is not installed: pip install "fernet-emotion[onnx]"')

    result = run("export", any_model_file, "--to", "onnx", "--out", "m.onnx")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Wrote m.onnx.\n")
    session = onnxruntime.InferenceSession("m.onnx", providers=["CPUExecutionProvider"])
    (images,) = session.get_inputs()
    pixels = faces.data.reshape(-1, *images.shape[1:])
    (probabilities,) = session.run(None, {images.name: pixels})
    expected = load_model(any_model_file).predict_proba(faces.data)
    # The rounding of large logits is in proportion to the probabilities.
    np.testing.assert_allclose(probabilities, expected, atol=1e-6, rtol=1e-4)


# Keras, as it saves, asks TensorFlow's variables for arrays in a way that NumPy will drop.
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")
@pytest.mark.tensorflow
def test_a_model_becomes_a_keras_model(run, cnn_file, faces):
    import keras

    result = run("export", cnn_file, "--to", "keras", "--out", "m.keras")

    assert (result.exit_code, result.stdout) == (0, "")
    found = keras.saving.load_model("m.keras").predict(faces.images[..., None], verbose=0)
    expected = load_model(cnn_file).predict_proba(faces.data)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_keras_model_must_be_called_so(run, model_file, tmp_path):
    result = run("export", model_file, "--to", "keras", "--out", "m.h5")
    assert result.exit_code == 2
    assert "--out is m.h5; expected a name that ends in .keras" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_half_the_size_keeps_what_is_told_of_it(run, model_file, tmp_path):
    result = run("export", model_file.parent, "--to", "pretrained", "--out", "m", "--quiet")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("sha256 ")
    whole, half = load_model(model_file), load_model("m")
    for key in ("training_data", "scores"):
        assert half.model_info_[key] == whole.model_info_[key]
    np.testing.assert_allclose(half.coefs_[0], whole.coefs_[0], atol=1e-3)
    assert (tmp_path / "m").stat().st_size < model_file.stat().st_size


def test_the_same_training_gives_the_same_file_again(run, fer_csv, tiny, tmp_path):
    for name in ("first", "second"):
        run("train", "--data", fer_csv, "--seed", 3, "--out", name, *tiny)
        run("export", name, "--to", "pretrained", "--out", f"{name}.safetensors")

    first, second = (
        (tmp_path / f"{name}.safetensors").read_bytes() for name in ("first", "second")
    )
    assert first == second


@pytest.mark.parametrize("as_folder", [False, True])
def test_the_model_itself_is_not_written_over(run, model_file, tmp_path, as_folder):
    copy = tmp_path / "model.safetensors"
    copy.write_bytes(model_file.read_bytes())
    result = run("export", tmp_path if as_folder else copy, "--to", "pretrained", "--out", copy)

    assert result.exit_code == 2
    assert f"--out {copy}: {copy} would be written over" in result.stderr
    assert copy.read_bytes() == model_file.read_bytes()


@pytest.mark.parametrize(
    ("form", "missing", "extra"),
    [("onnx", "onnx", "onnx"), ("keras", "tensorflow", "tensorflow")],
)
def test_what_is_not_installed_is_named(run, model_file, monkeypatch, form, missing, extra):
    monkeypatch.setitem(sys.modules, missing, None)
    result = run("export", model_file, "--to", form, "--out", f"m.{form}")
    assert result.exit_code == 1
    assert f'pip install "fernet-emotion[{extra}]"' in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--to", "pdf", "--out", "m"], ["--to", "onnx"], []])
def test_wrong_usage_is_told(run, model_file, arguments):
    assert run("export", model_file, *arguments).exit_code == 2
