"""A model file's header: what is refused before the weights are looked at, and older names."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import pickle
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import FERMLPClassifier, load_pretrained
from fernet._io.errors import ModelFileError
from fernet.estimators.saving import load_model_file, save_model

OLD_FILE = Path(__file__).with_name("written_before") / "pixel_spread.safetensors"
"""Fitted on `small_data`; its parameters are named pixel_spread=2.0, pixel_spread_of="each"."""


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "only 0 bytes"),
        (b"1234567", "only 7 bytes"),
        (struct.pack("<Q", 1 << 60), "it does not begin as one"),
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


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        *(
            (pickle.dumps(list(range(99)), protocol), "a pickle, it seems")
            for protocol in (2, 4, 5)
        ),
        (b"PK\x03\x04" + bytes(60), "a zip archive, as Keras.*numpy.load arrays"),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f4', " + bytes(60), "an array of NumPy's: numpy.load"),
        (b"\x89HDF\r\n\x1a\n" + bytes(60), "HDF5, as Keras"),
        (b"\x08\x08\x12\x06fernet" + bytes(60), "an ONNX model, it seems: onnxruntime"),
        (b"\x1c\0\0\0TFL3" + bytes([255] * 8), "one of TensorFlow Lite"),
        (b"GGUF" + bytes(60), "a GGUF model"),
        (b"image,label\nme.png,happy\n", "a text, such as a table in CSV"),
        (b"\xef\xbb\xbfx,y\n" + b"\xc3\xbc.png,1\n" * 20, "a text, such as"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a note of Git LFS in the file's"),
        (b"\n<!DOCTYPE html><title>Log in", "a web page in the file's place"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "a picture or video"),
        (b"\xff\xd8\xff\xe0" + bytes([255] * 60), "a picture or video"),
        *(
            (compress(content), message)
            for compress in (zlib.compress, gzip.compress, bz2.compress, lzma.compress)
            for content, message in (
                (pickle.dumps(list(range(99))), "compressed, as joblib writes"),
                (struct.pack("<Q", 2) + b"{}", "compressed; unpack it, as gunzip does$"),
            )
        ),
        (b"<?xml version='1.0'?>\n<Error><Code>AccessDenied", "XML in the file's place"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_of_others_are_told_what_reads_them(tmp_path, raw, message, load_bytes):
    with pytest.raises(ModelFileError, match=f"not a model file but {message}"):
        load_bytes(raw, tmp_path)


def test_bytes_of_no_known_kind_are_no_model(tmp_path, load_bytes):
    with pytest.raises(ModelFileError, match=r"not a model file: it does not begin as one$"):
        load_bytes(bytes(range(1, 65)), tmp_path)


def test_safetensors_of_another_library_are_refused(tmp_path, load_bytes):
    raw = safetensors.numpy.save({"w": np.ones(3, np.float32)}, metadata={"format": "pt"})

    with pytest.raises(ModelFileError, match="not written by fernet"):
        load_bytes(raw, tmp_path)


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
    tmp_path, saved, change, message, load_bytes, with_arrays
):
    with pytest.raises(ModelFileError, match=message):
        load_bytes(with_arrays(saved, change), tmp_path)


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


def residual(branch):
    return {"kind": "residual", "branch": branch, "shortcut": []}


@pytest.mark.parametrize("nested", [False, True])
def test_more_layers_than_any_network_has_are_refused_before_they_are_built(
    saved, parts, tmp_path, load_bytes, nested
):
    file = parts(saved)
    relus = [{"kind": "relu"}] * 250
    branch = [residual(relus) for _ in range(9)] if nested else relus * 9
    file.document["model"]["layers"][1:1] = [residual(branch)]
    with pytest.raises(ModelFileError, match="more than 2000 layers"):
        load_bytes(file.joined(), tmp_path)


def test_more_parameters_than_a_file_can_hold_are_refused(saved, parts, tmp_path, load_bytes):
    file = parts(saved)
    big = {"kind": "linear", "n_outputs": 1 << 20, "initializer": "he_normal", "use_bias": True}
    file.document["model"]["layers"][0:0] = [big, big]
    with pytest.raises(ModelFileError, match="parameters, more than 536870912"):
        load_bytes(file.joined(), tmp_path)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_each_flipped_bit_is_noticed(saved, folder, load_bytes, data):
    content = bytearray(saved)
    content[data.draw(st.integers(0, len(saved) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ModelFileError):
        load_bytes(bytes(content), folder)


def test_other_bytes_than_those_of_the_checksum_are_told(saved, tmp_path, load_bytes):
    content = bytearray(saved)
    content[-1] ^= 1
    with pytest.raises(ModelFileError, match="damaged: its bytes are not those of its checksum"):
        load_bytes(bytes(content), tmp_path)


def test_a_file_of_before_there_were_checksums_is_read(saved, parts, tmp_path, load_bytes):
    sound = load_bytes(saved, tmp_path)
    (tmp_path / "old").write_bytes(parts(saved).joined())
    with pytest.warns(UserWarning, match=r"old has no checksum, as an earlier version of fernet"):
        loaded = load_model_file(tmp_path / "old")
    np.testing.assert_array_equal(loaded.network_.values, sound.network_.values)
    assert "sha256" not in loaded.model_info_


# Files of earlier versions, whose parameters have other names today.


def test_older_names_and_words_of_parameters_are_understood(small_data):
    with pytest.warns(UserWarning, match="pixel_spread.safetensors has no checksum"):
        model = load_model_file(OLD_FILE)
    assert model.get_params()["scaling"] == "per_pixel"
    assert model.get_params()["scaled_std"] == 2.0

    fitted_today = FERMLPClassifier(
        (4,), max_iter=2, random_state=0, scaling="per_pixel", scaled_std=2.0
    ).fit(*small_data())
    assert model.get_params() == fitted_today.get_params()
    np.testing.assert_array_equal(model.scaling_.scale_, fitted_today.scaling_.scale_)
    np.testing.assert_allclose(model.coefs_[0], fitted_today.coefs_[0], rtol=1e-4)


def test_what_is_saved_again_has_todays_names(tmp_path, parts):
    with pytest.warns(UserWarning, match="has no checksum"):
        save_model(load_model_file(OLD_FILE), tmp_path / "m")
    params = parts((tmp_path / "m").read_bytes()).document["model"]["params"]
    assert (params["scaling"], params["scaled_std"]) == ("per_pixel", 2.0)
    assert not [name for name in params if name.startswith("pixel_spread")]


@pytest.mark.parametrize(("name", "std"), [("cnn", 1.0), ("mlp", 2.0)])
def test_the_packaged_models_scale_as_they_were_trained_to(name, std):
    params = load_pretrained(name).get_params()
    assert (params["scaling"], params["scaled_std"]) == ("pixels", std)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pixel_spread_of": "some"}, "scaling must be one of"),
        ({"pixel_spread_of": ["each"]}, "scaling must be one of"),
        ({"pixel_spread": "wide"}, "scaled_std must be number"),
        ({"scaling": "pixels"}, "pixel_spread_of"),
    ],
    ids=str,
)
def test_older_names_are_checked_as_todays_are(tmp_path, parts, load_bytes, params, message):
    file = parts(OLD_FILE.read_bytes())
    file.document["model"]["params"].update(params)
    with pytest.raises(ModelFileError, match=message):
        load_bytes(file.joined(), tmp_path)
