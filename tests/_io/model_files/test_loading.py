"""Loading: nothing but a sound model ever comes of it."""

from __future__ import annotations

import json
import os
import pickle
import struct

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet._io import model_files
from fernet._io.model_files import ModelFileError, load_model


def test_a_missing_file_is_told_as_such(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_model(tmp_path / "nowhere")


def test_a_folder_is_refused(tmp_path, folder):
    with pytest.raises(ModelFileError, match="a folder, expected a model file"):
        load_model(tmp_path)


class Bomb:
    """Pickles to something that, once loaded, leaves a trace."""

    trace = "exploded"

    def __reduce__(self):
        return (os.mkdir, (self.trace,))


def test_a_pickle_is_refused_and_not_run(tmp_path, monkeypatch, load_bytes):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ModelFileError, match=r"model.safetensors: not a model file"):
        load_bytes(pickle.dumps(Bomb()), tmp_path)

    assert not (tmp_path / Bomb.trace).exists()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "only 0 bytes"),
        (b"1234567", "only 7 bytes"),
        (struct.pack("<Q", 1 << 60), "header would have 1152921504606846976 bytes"),
        (struct.pack("<Q", 500) + b"{}", "cut off: 10 bytes, but a header of 500"),
        (struct.pack("<Q", 2) + b"[]", "header is no JSON object"),
        (struct.pack("<Q", 2) + b"{}", "not written by fernet"),
        (struct.pack("<Q", 2) + b"\xff\xff", "header is not JSON"),
        (struct.pack("<Q", 200000) + b"[" * 200000, "header is not JSON"),
    ],
)
def test_what_is_no_model_file_is_told_in_a_sentence(tmp_path, raw, message, load_bytes):
    with pytest.raises(ModelFileError, match=message) as caught:
        load_bytes(raw, tmp_path)

    assert str(caught.value).startswith(str(tmp_path / "model.safetensors: ").rstrip())
    assert "\n" not in str(caught.value)


def test_safetensors_of_another_library_are_refused(tmp_path, load_bytes):
    raw = safetensors.numpy.save({"w": np.ones(3, np.float32)}, metadata={"format": "pt"})

    with pytest.raises(ModelFileError, match="not written by fernet"):
        load_bytes(raw, tmp_path)


def test_a_file_too_large_is_not_read_into_memory(tmp_path, monkeypatch, saved, load_bytes):
    monkeypatch.setattr(model_files, "MAX_FILE_BYTES", len(saved) - 1)

    with pytest.raises(ModelFileError, match="the most that is read"):
        load_bytes(saved, tmp_path)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
@pytest.mark.parametrize("name", ["network.linear_2.bias", "scaling.scale"])
def test_arrays_that_are_not_finite_are_refused(tmp_path, saved, name, bad, load_bytes, parts):
    def change(arrays):
        arrays[name] = np.full_like(arrays[name], bad)

    raw = with_arrays(saved, parts(saved).header, change)
    with pytest.raises(ModelFileError, match=f"{name}' holds numbers that are not finite"):
        load_bytes(raw, tmp_path)


def with_arrays(saved, header, change):
    arrays = dict(safetensors.numpy.load(saved))
    change(arrays)
    return safetensors.numpy.save(arrays, metadata=header["__metadata__"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a.pop("network.linear_2.bias"), "'network.linear_2.bias' is missing"),
        (lambda a: a.pop("scaling.offset"), "'scaling.offset' is missing"),
        (lambda a: a.update(extra=np.ones(1, np.float32)), "'extra' is not one that"),
        (
            lambda a: a.update({"scaling.scale": np.ones(16)}),
            "'scaling.scale' is not float32",
        ),
        (
            lambda a: a.update({"network.linear_1.bias": np.ones(4, np.float16)}),
            "'network.linear_1.bias' is not float32",
        ),
        (
            lambda a: a.update({"network.linear_1.weight": np.ones((4, 16), np.float32)}),
            r"has shape \[4, 16\], expected \[16, 4\]",
        ),
    ],
)
def test_arrays_other_than_the_layers_need_are_refused(
    tmp_path, saved, change, message, load_bytes, parts
):
    with pytest.raises(ModelFileError, match=message):
        load_bytes(with_arrays(saved, parts(saved).header, change), tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("format", "other"), "its format is not 'fernet-model'"),
        (("format_version", 2), "format version 2; this fernet reads version 1"),
        (("surprise", 1), "must not contain {'surprise'}"),
        (("model", "surprise", 1), "must not contain {'surprise'}"),
        (("model", "estimator", "Pipeline"), "model.estimator"),
        (("model", "params", "callbacks", []), "must not contain {'callbacks'}"),
        (("model", "params", "solver", "lbfgs"), "solver must be one of"),
        (("model", "params", "max_iter", 2.5), "max_iter must be integer"),
        (("model", "layers", 1, {"kind": "lambda"}), r"layers\[1\]"),
        (("model", "layers", 0, "n_outputs", 1 << 40), r"layers\[0\]"),
        (("model", "layers", []), "layers must contain at least 1 items"),
        (("model", "n_features_in", 17), "scaling.offset"),
        (("model", "input_shape", [1 << 24]), "expected \\[16777216, 4\\]"),
        (("model", "classes", "values", [0, 1]), "3,.* outputs"),
        (("model", "classes", "values", [2, 1, 0]), "classes are not sorted"),
        (("model", "classes", "values", [0, 0, 1]), "classes are not sorted"),
        (("model", "classes", "dtype", "V8"), "dtype must match"),
        (("model", "feature_names_in", ["a"]), "1 names for 16 features"),
        (("model", "history", "epochs", "loss", []), "different lengths"),
        (("model", "has_scaling", False), "scaling.offset' is not one that"),
    ],
)
def test_documents_that_a_model_can_not_have_are_refused(
    tmp_path, saved, change, message, parts, set_in, load_bytes
):
    file = parts(saved)
    set_in(file.document, *change)
    with pytest.raises(ModelFileError, match=message):
        load_bytes(file.joined(), tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seed":', '"seed":1,"seed":'),
        ('"has_scaling":true', '"has_scaling":NaN'),
        ('"weight_decay":0.0', '"weight_decay":1e999'),
        ('"estimator":"FERMLPClassifier"', '"estimator":"\\ud800"'),
    ],
)
def test_json_beyond_the_standard_is_refused(tmp_path, saved, old, new, load_bytes, parts):
    file = parts(saved)
    text = file.header["__metadata__"]["fernet"]
    assert old in text
    file.header["__metadata__"]["fernet"] = text.replace(old, new)
    raw = json.dumps(file.header).encode()

    with pytest.raises(ModelFileError, match="metadata is not JSON as expected"):
        load_bytes(struct.pack("<Q", len(raw)) + raw + file.body, tmp_path)


def test_every_file_cut_short_is_refused(folder, saved, load_bytes):
    for length in {*range(0, len(saved), 97), len(saved) - 1}:
        with pytest.raises(ModelFileError):
            load_bytes(saved[:length], folder)


@pytest.fixture(scope="module")
def load_or_refuse(load_bytes, folder, small_data):
    """A function that loads; a model that comes of it must be whole, finite, able to predict."""

    def load(raw):
        try:
            model = load_bytes(raw, folder)
        except ModelFileError as error:
            assert "\n" not in str(error)
            return
        assert all(np.isfinite(array).all() for array in (*model.coefs_, *model.intercepts_))
        assert model.predict_proba(small_data()[0]).shape == (40, 3)

    return load


@settings(max_examples=200)
@given(data=st.data())
def test_bytes_changed_at_random_never_give_more_than_a_refusal(saved, load_or_refuse, data):
    raw = bytearray(saved)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(raw) - 1))
        raw[position] = data.draw(st.integers(0, 255))

    load_or_refuse(bytes(raw))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 20)
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["linear", "relu", "dropout", "flatten", "<U3", "|O", "<i8", "sgd"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=200)
@given(data=st.data())
def test_documents_changed_at_random_never_give_more_than_a_refusal(
    saved, parts, set_in, places, load_or_refuse, data
):
    file = parts(saved)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(file.document)))
        set_in(file.document, *path, data.draw(json_values))

    load_or_refuse(file.joined())


@settings(max_examples=100)
@given(data=st.data())
def test_headers_changed_at_random_never_give_more_than_a_refusal(
    saved, parts, set_in, places, load_or_refuse, data
):
    file = parts(saved)
    path = data.draw(st.sampled_from(places(file.header)))
    set_in(file.header, *path, data.draw(json_values))
    text = json.dumps(file.header).encode()

    load_or_refuse(struct.pack("<Q", len(text)) + text + file.body)
