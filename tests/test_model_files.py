"""Model files: nothing is lost on the way, and nothing but a sound model is ever loaded."""

from __future__ import annotations

import copy
import errno
import json
import os
import pickle
import struct
from importlib import resources

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from fernet import model_files
from fernet.augmentation import Augmentation
from fernet.emotions import EMOTIONS
from fernet.estimators import FERCNNClassifier, FERMLPClassifier
from fernet.layers import Layer
from fernet.model_files import ModelFileError, load_model, save_model
from fernet.schedules import OneCycleSchedule

N_FEATURES = 16


def small_data(seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (40, N_FEATURES), dtype=np.uint8), np.arange(40) % 3


def fitted(**settings):
    X, y = small_data()
    return FERMLPClassifier((4,), max_iter=2, random_state=0, **settings).fit(X, y)


@pytest.fixture(scope="module")
def model():
    return fitted()


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    """A model file's bytes."""
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    save_model(model, path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def schema():
    return json.loads(resources.files("fernet").joinpath("model_schema.json").read_text("utf-8"))


def load_bytes(raw, folder):
    path = folder / "model.safetensors"
    path.write_bytes(raw)
    return load_model(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that a property test may write to again and again."""
    return tmp_path_factory.mktemp("property")


def parts(raw):
    """Take a file apart: the header's JSON, the document in it, and the arrays' bytes."""
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["fernet"]), raw[8 + length :]


def joined(header, document, body):
    header = header | {"__metadata__": {"fernet": json.dumps(document)}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def changed(raw, change):
    """Return the file with its document changed in place by a function."""
    header, document, body = parts(raw)
    change(document)
    return joined(header, document, body)


# What a file keeps.


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dropout": 0.5, "early_stopping": True, "validation_fraction": 0.2},
        {"augmentation": Augmentation(flip="random", shift=1.0), "nesterov": True},
        {"augmentation": {"shift": 1.0, "flip": "alternating"}, "schedule": OneCycleSchedule(0.5)},
        {"class_weight": {0: 2.0, 1: 1.0, 2: 0.5}, "solver": "adam", "clip_norm": 1.0},
        {"class_weight": "balanced", "ema_decay": 0.9, "label_smoothing": 0.1},
    ],
)
def test_a_model_comes_back_the_same_to_the_last_bit(tmp_path, settings):
    model = fitted(**settings)
    X, _ = small_data(seed=1)

    save_model(model, tmp_path / "m")
    twin = load_model(tmp_path / "m")

    assert type(twin) is type(model)
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    assert twin.history_ == model.history_
    assert twin.best_validation_score_ == model.best_validation_score_
    plain = {k: v for k, v in model.get_params().items() if k != "hidden_layer_sizes"}
    assert {k: v for k, v in twin.get_params().items() if k != "hidden_layer_sizes"} == plain
    assert tuple(twin.hidden_layer_sizes) == tuple(model.hidden_layer_sizes)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(EMOTIONS[:3]),
        np.array(EMOTIONS[:3], dtype=object),
        np.array([-1, 0, 7], dtype=np.int16),
        np.array([0.0, 1.0, 3.0]),
        np.array([False, True]),
    ],
    ids=lambda labels: labels.dtype.str,
)
def test_labels_of_every_type_come_back(tmp_path, labels):
    X, y = small_data()
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(X, labels[y % len(labels)])

    save_model(model, tmp_path / "m")
    twin = load_model(tmp_path / "m")

    assert twin.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(twin.classes_, labels)


def test_float_input_and_feature_names_come_back(tmp_path):
    pandas = pytest.importorskip("pandas")
    X, y = small_data()
    frame = pandas.DataFrame(X / 255, columns=[f"pixel {i}" for i in range(N_FEATURES)])
    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(frame, y)

    save_model(model, tmp_path / "m")
    twin = load_model(tmp_path / "m")

    assert twin.feature_names_in_.tolist() == list(frame.columns)
    np.testing.assert_array_equal(twin.predict_proba(frame), model.predict_proba(frame))


def test_a_loaded_model_trains_on(tmp_path):
    X, y = small_data()
    model = fitted(warm_start=True)
    save_model(model, tmp_path / "m")
    twin = load_model(tmp_path / "m")

    model.fit(X, y)
    twin.fit(X, y)

    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    assert twin.n_iter_ == 4


def test_a_loaded_model_pickles_and_saves_again(tmp_path, saved):
    model = load_bytes(saved, tmp_path)

    save_model(pickle.loads(pickle.dumps(model)), tmp_path / "again")

    assert (tmp_path / "again").read_bytes() == saved


def test_what_is_told_about_a_model_comes_back(tmp_path, model):
    data = {"name": "FER2013", "split": "Training", "n_samples": 28709}
    scores = {"PublicTest": {"accuracy": 0.5, "confusion_matrix": [[1, 1], [0, 0]]}}

    save_model(model, tmp_path / "m", training_data=data, scores=scores)
    info = load_model(tmp_path / "m").model_info_

    assert info["training_data"] == data
    assert info["scores"] == scores
    assert info["versions"]["numpy"] == np.__version__
    assert info["model"]["layers"][0]["n_outputs"] == 4


def test_the_file_is_safetensors_for_everyone(tmp_path, model, saved):
    arrays = safetensors.numpy.load(saved)

    np.testing.assert_array_equal(arrays["network.linear_1.weight"], model.coefs_[0])


# What float16 keeps.


def test_float16_halves_the_weights_and_nothing_else(tmp_path, model):
    save_model(model, tmp_path / "m", dtype="float16")
    arrays = safetensors.numpy.load((tmp_path / "m").read_bytes())
    halved = {name for name, array in arrays.items() if array.dtype == np.float16}
    assert halved == {"network.linear_1.weight", "network.linear_2.weight"}
    np.testing.assert_array_equal(arrays["scaling.offset"], model.scaling_.offset_)


def test_a_model_from_float16_computes_in_float32(tmp_path, model):
    save_model(model, tmp_path / "m", dtype="float16")
    twin = load_model(tmp_path / "m")
    assert twin.network_.params.dtype == np.float32
    np.testing.assert_array_equal(twin.coefs_[0], model.coefs_[0].astype(np.float16))
    np.testing.assert_array_equal(twin.intercepts_[0], model.intercepts_[0])


def test_weights_beyond_float16_are_not_saved(tmp_path, model):
    large = copy.deepcopy(model)
    large.coefs_[0][0, 0] = -70000
    with pytest.raises(ValueError, match=r"linear_1.weight' holds 70000; expected at most 65504"):
        save_model(large, tmp_path / "m", dtype="float16")
    assert os.listdir(tmp_path) == []


def test_an_unknown_dtype_is_refused(tmp_path, model):
    with pytest.raises(ValueError, match="dtype is 'int8'; expected 'float32' or 'float16'"):
        save_model(model, tmp_path / "m", dtype="int8")


# What the schema says.


def objects(schema):
    """Yield every part of a schema that describes an object."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_every_object_of_the_schema_is_closed(schema):
    assert len(list(objects(schema))) > 10
    assert all(part["additionalProperties"] is False for part in objects(schema))


NOT_SAVED = {"callbacks", "checkpoint", "strategy", "verbose"}
NOT_IN_OLDER_FILES = {"pixel_spread_of"}
"""Parameters whose default is what there was before them."""


@pytest.mark.parametrize("estimator", [FERMLPClassifier, FERCNNClassifier])
def test_the_schema_knows_the_estimators_parameters(schema, estimator):
    part = schema["definitions"][f"{estimator.__name__[3:6].lower()}_params"]
    parameters = set(estimator().get_params()) - NOT_SAVED

    assert set(part["properties"]) == parameters
    assert set(part["required"]) == parameters - NOT_IN_OLDER_FILES


@pytest.mark.parametrize("name", sorted(NOT_IN_OLDER_FILES))
def test_a_file_from_before_a_parameter_has_its_default(saved, tmp_path, name):
    raw = changed(saved, lambda document: document["model"]["params"].pop(name))
    assert getattr(load_bytes(raw, tmp_path), name) == FERMLPClassifier().get_params()[name]


def test_the_schema_knows_all_layers(schema):
    layers = schema["definitions"]["layer"]["oneOf"]
    kinds = {layer["properties"]["kind"]["const"] for layer in layers}

    assert kinds == set(Layer._registry) - {"add"}


# What saving refuses, and that it harms nothing.


def test_a_model_must_be_fitted(tmp_path):
    with pytest.raises(NotFittedError):
        save_model(FERMLPClassifier(), tmp_path / "m")


def test_other_estimators_are_refused(tmp_path):
    with pytest.raises(ValueError, match="estimator is a LogisticRegression"):
        save_model(LogisticRegression(), tmp_path / "m")


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"training_data": {"place": "here"}}, "training_data must not contain {'place'}"),
        ({"training_data": {"name": object()}}, "only text and finite numbers"),
        ({"scores": {"test": {"accuracy": 46.17}}}, "accuracy must be smaller than or equal to 1"),
        ({"scores": {"test": {"accuracy": np.nan}}}, "only text and finite numbers"),
        ({"scores": {"test": {"f1": 0.5}}}, "scores.test"),
    ],
)
def test_what_a_file_can_not_hold_is_refused_and_no_file_made(tmp_path, model, told, message):
    with pytest.raises(ValueError, match=message):
        save_model(model, tmp_path / "m", **told)

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_not_saved(tmp_path, model, bad):
    broken = copy.deepcopy(model)
    broken.coefs_[0][0, 0] = bad

    with pytest.raises(ValueError, match=r"network.linear_1.weight.* not finite"):
        save_model(broken, tmp_path / "m")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_old_model_survives_a_failed_save(tmp_path, monkeypatch, model, saved, call):
    path = tmp_path / "m"
    path.write_bytes(saved)

    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        save_model(fitted(dropout=0.5), path)
    monkeypatch.undo()

    assert path.read_bytes() == saved
    assert os.listdir(tmp_path) == ["m"]


# What loading refuses.


def test_a_missing_file_is_told_as_such(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_model(tmp_path / "nowhere")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="a folder, expected a model file"):
        load_model(tmp_path)


class Bomb:
    """Pickles to something that, once loaded, leaves a trace."""

    trace = "exploded"

    def __reduce__(self):
        return (os.mkdir, (self.trace,))


def test_a_pickle_is_refused_and_not_run(tmp_path, monkeypatch):
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
def test_what_is_no_model_file_is_told_in_a_sentence(tmp_path, raw, message):
    with pytest.raises(ModelFileError, match=message) as caught:
        load_bytes(raw, tmp_path)

    assert str(caught.value).startswith(str(tmp_path / "model.safetensors: ").rstrip())
    assert "\n" not in str(caught.value)


def test_safetensors_of_another_library_are_refused(tmp_path):
    raw = safetensors.numpy.save({"w": np.ones(3, np.float32)}, metadata={"format": "pt"})

    with pytest.raises(ModelFileError, match="not written by fernet"):
        load_bytes(raw, tmp_path)


def test_a_file_too_large_is_not_read_into_memory(tmp_path, monkeypatch, saved):
    monkeypatch.setattr(model_files, "MAX_FILE_BYTES", len(saved) - 1)

    with pytest.raises(ModelFileError, match="the most that is read"):
        load_bytes(saved, tmp_path)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
@pytest.mark.parametrize("name", ["network.linear_2.bias", "scaling.scale"])
def test_arrays_that_are_not_finite_are_refused(tmp_path, saved, name, bad):
    header, _, _ = parts(saved)
    arrays = safetensors.numpy.load(saved)
    arrays[name] = np.full_like(arrays[name], bad)
    raw = safetensors.numpy.save(arrays, metadata=header["__metadata__"])

    with pytest.raises(ModelFileError, match=f"{name}' holds numbers that are not finite"):
        load_bytes(raw, tmp_path)


def with_arrays(saved, change):
    header, _, _ = parts(saved)
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
            lambda a: a.update({"scaling.scale": np.ones(N_FEATURES)}),
            "'scaling.scale' is not float32",
        ),
        (
            lambda a: a.update({"network.linear_1.bias": np.ones(4, np.float16)}),
            "'network.linear_1.bias' is not float32",
        ),
        (
            lambda a: a.update({"network.linear_1.weight": np.ones((4, N_FEATURES), np.float32)}),
            r"has shape \[4, 16\], expected \[16, 4\]",
        ),
    ],
)
def test_arrays_other_than_the_layers_need_are_refused(tmp_path, saved, change, message):
    with pytest.raises(ModelFileError, match=message):
        load_bytes(with_arrays(saved, change), tmp_path)


def set_in(*path_and_value):
    *path, key, value = path_and_value

    def change(document):
        for step in path:
            document = document[step]
        document[key] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_in("format", "other"), "its format is not 'fernet-model'"),
        (set_in("format_version", 2), "format version 2; this fernet reads version 1"),
        (set_in("surprise", 1), "must not contain {'surprise'}"),
        (set_in("model", "surprise", 1), "must not contain {'surprise'}"),
        (set_in("model", "estimator", "Pipeline"), "model.estimator"),
        (set_in("model", "params", "callbacks", []), "must not contain {'callbacks'}"),
        (set_in("model", "params", "solver", "lbfgs"), "solver must be one of"),
        (set_in("model", "params", "max_iter", 2.5), "max_iter must be integer"),
        (set_in("model", "layers", 1, {"kind": "lambda"}), r"layers\[1\]"),
        (set_in("model", "layers", 0, "n_outputs", 1 << 40), r"layers\[0\]"),
        (set_in("model", "layers", []), "layers must contain at least 1 items"),
        (set_in("model", "n_features_in", 17), "scaling.offset"),
        (set_in("model", "input_shape", [1 << 24]), "expected \\[16777216, 4\\]"),
        (set_in("model", "classes", "values", [0, 1]), "3,.* outputs"),
        (set_in("model", "classes", "values", [2, 1, 0]), "classes are not sorted"),
        (set_in("model", "classes", "values", [0, 0, 1]), "classes are not sorted"),
        (set_in("model", "classes", "dtype", "V8"), "dtype must match"),
        (set_in("model", "feature_names_in", ["a"]), "1 names for 16 features"),
        (set_in("model", "history", "epochs", "loss", []), "different lengths"),
        (set_in("model", "has_scaling", False), "scaling.offset' is not one that"),
    ],
)
def test_documents_that_a_model_can_not_have_are_refused(tmp_path, saved, change, message):
    with pytest.raises(ModelFileError, match=message):
        load_bytes(changed(saved, change), tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seed":', '"seed":1,"seed":'),
        ('"has_scaling":true', '"has_scaling":NaN'),
        ('"weight_decay":0.0', '"weight_decay":1e999'),
        ('"estimator":"FERMLPClassifier"', '"estimator":"\\ud800"'),
    ],
)
def test_json_beyond_the_standard_is_refused(tmp_path, saved, old, new):
    header, _, body = parts(saved)
    text = header["__metadata__"]["fernet"]
    assert old in text
    header["__metadata__"]["fernet"] = text.replace(old, new)
    raw = json.dumps(header).encode()

    with pytest.raises(ModelFileError, match="metadata is not JSON as expected"):
        load_bytes(struct.pack("<Q", len(raw)) + raw + body, tmp_path)


def test_every_file_cut_short_is_refused(folder, saved):
    for length in {*range(0, len(saved), 97), len(saved) - 1}:
        with pytest.raises(ModelFileError):
            load_bytes(saved[:length], folder)


def load_or_refuse(raw, folder):
    """Load; a model that comes of it must be whole, finite and able to predict."""
    try:
        model = load_bytes(raw, folder)
    except ModelFileError as error:
        assert "\n" not in str(error)
        return
    assert all(np.isfinite(array).all() for array in (*model.coefs_, *model.intercepts_))
    assert model.predict_proba(small_data()[0]).shape == (40, 3)


@settings(max_examples=200)
@given(data=st.data())
def test_bytes_changed_at_random_never_give_more_than_a_refusal(folder, saved, data):
    raw = bytearray(saved)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(raw) - 1))
        raw[position] = data.draw(st.integers(0, 255))

    load_or_refuse(bytes(raw), folder)


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


def places(document, path=()):
    """Yield the path of everything in a JSON document."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


@settings(max_examples=200)
@given(data=st.data())
def test_documents_changed_at_random_never_give_more_than_a_refusal(folder, saved, data):
    header, document, body = parts(saved)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(places(document), key=str)))
        set_in(*path, data.draw(json_values))(document)

    load_or_refuse(joined(header, document, body), folder)


@settings(max_examples=100)
@given(data=st.data())
def test_headers_changed_at_random_never_give_more_than_a_refusal(folder, saved, data):
    header, _, body = parts(saved)
    path = data.draw(st.sampled_from(sorted(places(header), key=str)))
    set_in(*path, data.draw(json_values))(header)
    text = json.dumps(header).encode()

    load_or_refuse(struct.pack("<Q", len(text)) + text + body, folder)
