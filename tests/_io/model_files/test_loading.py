"""Loading: nothing but a sound model ever comes of it."""

from __future__ import annotations

import json
import os
import pickle
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet._io import model_files
from fernet.estimators.saving import ModelFileError, load_model_file


def test_a_missing_file_is_told_as_such(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_model_file(tmp_path / "nowhere")


def test_a_folder_is_refused(tmp_path, folder):
    with pytest.raises(ModelFileError, match="a folder, expected a model file"):
        load_model_file(tmp_path)


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


def test_a_file_too_large_is_not_read_into_memory(tmp_path, monkeypatch, saved, load_bytes):
    monkeypatch.setattr(model_files, "MAX_FILE_BYTES", len(saved) - 1)

    with pytest.raises(ModelFileError, match="the most that is read"):
        load_bytes(saved, tmp_path)


@pytest.mark.parametrize("word", ["yes", 1, None])
def test_whether_the_next_fit_goes_on_is_true_or_false(tmp_path, saved, parts, load_bytes, word):
    file = parts(saved)
    file.document["model"]["fit_continues"] = word

    with pytest.raises(ModelFileError, match="fit_continues must be boolean"):
        load_bytes(file.joined(), tmp_path)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
@pytest.mark.parametrize("name", ["network.linear_2.bias", "scaling.scale"])
def test_arrays_that_are_not_finite_are_refused(
    tmp_path, saved, name, bad, load_bytes, with_arrays
):
    def change(arrays):
        arrays[name] = np.full_like(arrays[name], bad)

    raw = with_arrays(saved, change)
    with pytest.raises(ModelFileError, match=f"{name}' holds numbers that are not finite"):
        load_bytes(raw, tmp_path)


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
        with warnings.catch_warnings():  # the range that a document says was learnt may be any
            warnings.filterwarnings("ignore", "X spans .* but the model has learnt", UserWarning)
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


def test_too_little_memory_is_no_verdict_on_a_file(tmp_path, monkeypatch, load_bytes):
    def fail(raw):
        raise MemoryError

    monkeypatch.setattr(model_files, "read_header", fail)
    with pytest.raises(MemoryError, match=r"model\.safetensors: "):
        load_bytes(b"", tmp_path)
