"""Saved models: nothing is lost on the way, and a failed save harms nothing."""

from __future__ import annotations

import copy
import errno
import os
import pickle
import sys

import numpy as np
import pytest
import safetensors.numpy
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from fernet import layers
from fernet._io.model_header import read_schema
from fernet.augmentation import Augmentation
from fernet.emotions import EMOTIONS
from fernet.estimators import FERCNNClassifier, FERMLPClassifier
from fernet.estimators.saving import load_model_file, save_model
from fernet.layers.kinds import known_layers
from fernet.schedules import OneCycleSchedule


@pytest.fixture(scope="module")
def schema():
    return read_schema()


# What a file keeps.


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dropout": 0.5, "early_stopping": True, "validation_fraction": 0.2},
        {"augmentation": Augmentation(flip="random", shift=1.0), "nesterov": True},
        {"augmentation": {"shift": 1.0, "flip": "alternating"}, "schedule": OneCycleSchedule(0.5)},
        {"augmentation": Augmentation(jpeg=20.0, erase_fill="random")},
        {"augmentation": Augmentation().config()},
        {"augmentation": "robust"},
        {"class_weight": {0: 2.0, 1: 1.0, 2: 0.5}, "solver": "adam", "clip_norm": 1.0},
        {"class_weight": "balanced", "ema_decay": 0.9, "label_smoothing": 0.1},
        {"n_iter_no_change": sys.maxsize, "batch_size": 10**10, "early_stopping": True},
    ],
)
def test_a_model_comes_back_the_same_to_the_last_bit(tmp_path, settings, fitted, small_data):
    model = fitted(**settings)
    X, _ = small_data(seed=1)

    save_model(model, tmp_path / "m")
    twin = load_model_file(tmp_path / "m")

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
def test_labels_of_every_type_come_back(tmp_path, labels, small_data):
    X, y = small_data()
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(X, labels[y % len(labels)])

    save_model(model, tmp_path / "m")
    twin = load_model_file(tmp_path / "m")

    assert twin.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(twin.classes_, labels)


def test_losses_of_more_batches_than_a_header_holds_are_left_out(tmp_path, fitted, monkeypatch):
    model = fitted()
    n_batches = len(model.history_.iterations["loss"])
    monkeypatch.setattr("fernet._io.model_files.MAX_LOSSES", n_batches)
    save_model(model, tmp_path / "whole")
    assert load_model_file(tmp_path / "whole").history_ == model.history_

    monkeypatch.setattr("fernet._io.model_files.MAX_LOSSES", n_batches - 1)
    with pytest.warns(UserWarning, match=f"the losses of {n_batches} batches are left out of"):
        save_model(model, tmp_path / "lean")
    twin = load_model_file(tmp_path / "lean")
    assert twin.history_.iterations == {"loss": []}
    assert twin.history_.epochs == model.history_.epochs
    assert len(model.history_.iterations["loss"]) == n_batches


def test_as_many_losses_as_a_file_keeps_fit_into_its_header():
    from fernet._io.model_files import MAX_LOSSES
    from fernet._io.model_header import MAX_HEADER_BYTES

    longest = len(repr(-1.2345678901234567e-10)) + len(",")
    assert MAX_LOSSES * longest < 0.9 * MAX_HEADER_BYTES


def test_float_input_and_feature_names_come_back(tmp_path, small_data):
    pandas = pytest.importorskip("pandas")
    X, y = small_data()
    frame = pandas.DataFrame(X / 255, columns=[f"pixel {i}" for i in range(16)])
    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(frame, y)

    save_model(model, tmp_path / "m")
    twin = load_model_file(tmp_path / "m")

    assert twin.feature_names_in_.tolist() == list(frame.columns)
    np.testing.assert_array_equal(twin.predict_proba(frame), model.predict_proba(frame))


def test_a_loaded_model_trains_on(tmp_path, fitted, small_data):
    X, y = small_data()
    model = fitted(warm_start=True)
    save_model(model, tmp_path / "m")
    twin = load_model_file(tmp_path / "m")

    model.fit(X, y)
    twin.fit(X, y)

    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))
    assert twin.n_iter_ == 4


def test_a_loaded_model_pickles_and_saves_again(tmp_path, saved, load_bytes):
    model = load_bytes(saved, tmp_path)

    save_model(pickle.loads(pickle.dumps(model)), tmp_path / "again")

    assert (tmp_path / "again").read_bytes() == saved


def test_whether_the_next_fit_goes_on_is_written_only_where_it_does(model, to_bytes, parts):
    plain = parts(to_bytes(model)).document["model"]
    edited = parts(to_bytes(model.add_classes([3]))).document["model"]

    assert "fit_continues" not in plain
    assert edited["fit_continues"] is True


def test_what_is_told_about_a_model_comes_back(tmp_path, model):
    data = {"name": "FER2013", "split": "Training", "n_samples": 28709}
    scores = {
        "PublicTest": {"accuracy": 0.5, "confusion_matrix": [[1, 1, 0], [0, 0, 2], [0, 1, 0]]}
    }

    save_model(model, tmp_path / "m", training_data=data, scores=scores)
    info = load_model_file(tmp_path / "m").model_info_

    assert info["training_data"] == data
    assert info["scores"] == scores
    assert info["versions"]["numpy"] == np.__version__
    assert info["model"]["layers"][0]["n_outputs"] == 4


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float64])
def test_a_confusion_matrix_may_be_an_array(tmp_path, model, dtype):
    matrix = np.diag([3, 1, 2]).astype(dtype)
    scores = {"PublicTest": {"accuracy": np.float64(0.5), "confusion_matrix": matrix}}
    save_model(model, tmp_path / "m", scores=scores)
    found = load_model_file(tmp_path / "m").model_info_["scores"]["PublicTest"]
    assert found == {"accuracy": 0.5, "confusion_matrix": np.diag([3, 1, 2]).tolist()}
    assert scores["PublicTest"]["confusion_matrix"] is matrix


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
    twin = load_model_file(tmp_path / "m")
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
NOT_IN_OLDER_FILES = {"scaling", "monitor", "average_views"}
"""Parameters whose default is what there was before them."""


@pytest.mark.parametrize("estimator", [FERMLPClassifier, FERCNNClassifier])
def test_the_schema_knows_the_estimators_parameters(schema, estimator):
    part = schema["definitions"][f"{estimator.__name__[3:6].lower()}_params"]
    parameters = set(estimator().get_params()) - NOT_SAVED

    assert set(part["properties"]) == parameters
    assert set(part["required"]) == parameters - NOT_IN_OLDER_FILES


@pytest.mark.parametrize("name", sorted(NOT_IN_OLDER_FILES))
def test_a_file_from_before_a_parameter_has_its_default(saved, tmp_path, name, load_bytes, parts):
    file = parts(saved)
    del file.document["model"]["params"][name]
    assert (
        getattr(load_bytes(file.joined(), tmp_path), name) == FERMLPClassifier().get_params()[name]
    )


def test_the_schema_knows_all_layers(schema):
    known = schema["definitions"]["layer"]["oneOf"]
    kinds = {layer["properties"]["kind"]["const"] for layer in known}
    # those of examples and of other tests are known too
    own = {kind for kind, layer in known_layers().items() if layer.__name__ in layers.__all__}

    assert kinds == own - {"add"}


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
        *[
            ({"scores": {"test": {"accuracy": 0.5, "confusion_matrix": matrix}}}, message)
            for matrix, message in (
                ([[1]], r"scores\['test'\]\['confusion_matrix'\] is 1 x 1; expected 3 x 3"),
                ([[1, 2, 3], [1, 2, 3], [4]], "is 3 x 1; expected 3 x 3"),
                (np.eye(4), "is 4 x 4; expected 3 x 3"),
                (-np.eye(3), "confusion_matrix"),
                (np.array(["a", "b"]), "confusion_matrix"),
            )
        ],
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
def test_an_old_model_survives_a_failed_save(tmp_path, monkeypatch, model, saved, call, fitted):
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
