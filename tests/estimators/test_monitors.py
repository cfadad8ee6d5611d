"""Early stopping and best weights by another figure than accuracy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import balanced_accuracy_score, f1_score

from fernet import FERMLPClassifier, load_model, save_model
from fernet.checkpoint import Checkpoint
from fernet.datasets import make_faces
from fernet.estimators.monitors import find_scorer, monitor_name

X, Y = make_faces(150, random_state=0, return_X_y=True)
X_VAL, Y_VAL = make_faces(90, random_state=1, return_X_y=True)


def train(monitor, **parameters):
    """Fit with a rate so high that figures go up and down."""
    settings = {"max_iter": 8, "learning_rate_init": 0.1, "random_state": 0} | parameters
    model = FERMLPClassifier((6,), monitor=monitor, early_stopping=True, **settings)
    return model.fit(X, Y, X_val=X_VAL, y_val=Y_VAL)


def name(value):
    return getattr(value, "__name__", str(value))


def negative_errors(model, X, y):
    return -np.count_nonzero(model.predict(X) != y)


FIGURES = {
    "accuracy": lambda model: model.score(X_VAL, Y_VAL),
    "loss": lambda model: model.predict_log_proba(X_VAL)[np.arange(len(Y_VAL)), Y_VAL].mean(),
    "macro_f1": lambda model: f1_score(Y_VAL, model.predict(X_VAL), average="macro"),
    "balanced_accuracy": lambda model: balanced_accuracy_score(Y_VAL, model.predict(X_VAL)),
    negative_errors: lambda model: negative_errors(model, X_VAL, Y_VAL),
}


CASES = [(monitor, parameters) for monitor in FIGURES for parameters in ({}, {"ema_decay": 0.5})]
# Accuracy and loss are of the images alone.
CASES += [("macro_f1", {"average_flips": True}), (negative_errors, {"average_flips": True})]


@pytest.mark.parametrize(("monitor", "parameters"), CASES, ids=name)
def test_the_epoch_with_the_best_figure_is_kept(monitor, parameters):
    model = train(monitor, **parameters)
    history = model.history_.epochs
    if monitor == "loss":
        figures = [-loss for loss in history["validation_loss"]]
    else:
        figures = history["validation_accuracy" if monitor == "accuracy" else "validation_score"]
    assert FIGURES[monitor](model) == pytest.approx(max(figures), rel=1e-5)
    assert FIGURES[monitor](model) > min(figures)
    assert model.best_validation_score_ == max(history["validation_accuracy"])


@pytest.mark.parametrize("monitor", ["accuracy", "loss", "macro_f1"])
def test_a_training_stops_after_enough_epochs_without_a_gain(monitor):
    model = train(monitor, n_iter_no_change=2, max_iter=60)
    history = model.history_.epochs
    figures = {
        "accuracy": history["validation_accuracy"],
        "loss": [-loss for loss in history["validation_loss"]],
        "macro_f1": history["validation_score"],
    }[monitor]
    assert len(figures) < 60
    assert len(figures) - 1 - int(np.argmax(figures)) == 2


def test_samples_held_out_are_scored_by_their_labels():
    seen = []

    def scorer(model, X, y):
        seen.append((len(X), set(y.tolist())))
        return 0.0

    names = np.array(["a", "b", "c", "d", "e", "f", "g"])[Y]
    FERMLPClassifier((4,), monitor=scorer, early_stopping=True, max_iter=2).fit(X, names)
    assert seen == [(15, {"a", "b", "c", "d", "e", "f", "g"} & seen[0][1])] * 2
    assert seen[0][1] <= set("abcdefg")


@pytest.mark.parametrize("shape", [(2304,), (48, 48), (48, 48, 1)])
@pytest.mark.parametrize("make", [np.array, list], ids=["array", "list"])
@pytest.mark.parametrize("held_out", [True, False])
def test_a_scorer_gets_images_of_the_shape_that_fit_was_given(make, shape, held_out):
    seen = []

    def scorer(model, X, y):
        seen.append(X)
        return model.score(X, y)

    model = FERMLPClassifier((4,), monitor=scorer, early_stopping=True, max_iter=1)
    images, given = make(X.reshape(-1, *shape)), make(X_VAL.reshape(-1, *shape))
    model.fit(images, Y, **({} if held_out else {"X_val": given, "y_val": Y_VAL}))
    assert seen[0].shape == (15 if held_out else 90, *shape)
    if not held_out:
        np.testing.assert_array_equal(seen[0], given)


def test_columns_with_names_are_no_trouble():
    faces = make_faces(100, random_state=0, as_frame=True)
    model = FERMLPClassifier((4,), monitor="macro_f1", early_stopping=True, max_iter=2)
    assert model.fit(faces.data, faces.target).feature_names_in_.tolist() == faces.feature_names


def test_a_scorer_changes_no_bit_of_what_is_learnt():
    plain, scored = (train(monitor, max_iter=1) for monitor in ("accuracy", "macro_f1"))
    np.testing.assert_array_equal(plain.network_.values, scored.network_.values)


def test_a_frozen_backbone_is_scored_whole():
    model = train("accuracy", warm_start=True)
    model.set_params(freeze="backbone", monitor="macro_f1").fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    scores = model.history_.epochs["validation_score"]
    assert scores[:8] == [None] * 8
    assert FIGURES["macro_f1"](model) == pytest.approx(max(scores[8:]))


def test_a_killed_training_goes_on_to_the_same_bits(tmp_path):
    whole = train("macro_f1", checkpoint=Checkpoint(tmp_path / "whole"))
    path = tmp_path / "killed"
    train("macro_f1", checkpoint=path, max_iter=5)
    again = train("macro_f1", checkpoint=path)
    np.testing.assert_array_equal(again.network_.values, whole.network_.values)
    assert again.history_.epochs["validation_score"] == whole.history_.epochs["validation_score"]


@pytest.mark.parametrize(
    ("monitor", "kept"), [("macro_f1", "macro_f1"), (negative_errors, "accuracy")]
)
def test_a_file_keeps_the_scores_and_the_name(tmp_path, monitor, kept):
    model = train(monitor, max_iter=2)
    save_model(model, tmp_path / "model.safetensors")
    twin = load_model(tmp_path / "model.safetensors")
    assert twin.history_ == model.history_
    assert twin.monitor == kept


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match=r"monitor gave a score of (nan|inf); expected a finite"):
        train(lambda model, X, y: value)


@pytest.mark.parametrize("monitor", ["roc_auc_ovr", lambda model, X, y: np.nan])
def test_where_a_score_needs_each_class_the_absent_one_is_named(monitor):
    absent, rows = Y.max(), Y.max() != Y_VAL
    model = FERMLPClassifier((6,), monitor=monitor, early_stopping=True, max_iter=1)
    with (
        pytest.raises(ValueError, match=rf"The validation data lack {absent}; give X_val"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        model.fit(X, Y, X_val=X_VAL[rows], y_val=Y_VAL[rows])


def test_a_name_that_no_scorer_has_is_refused():
    with pytest.raises(ValueError, match="monitor is 'acuracy'; expected 'accuracy', 'loss', 'mac"):
        train("acuracy")


def test_monitors_are_told_apart_by_names():
    assert monitor_name("loss") == "loss"
    assert "test_monitors.negative_errors" in monitor_name(negative_errors)
    assert find_scorer(negative_errors) is negative_errors


@pytest.mark.parametrize("monitor", ["r2", "roc_auc", "precision"])
def test_a_scorer_for_other_data_is_named(monitor):
    labels = np.array(["a", "b", "c"])[np.arange(len(X)) % 3]
    with pytest.raises(ValueError, match=f"^monitor is '{monitor}', which can't score 3 classes"):
        FERMLPClassifier((4,), max_iter=1, early_stopping=True, monitor=monitor).fit(X, labels)


def test_what_ones_own_scorer_raises_is_left_as_it_is():
    def scorer(model, X, y):
        raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        FERMLPClassifier((4,), max_iter=1, early_stopping=True, monitor=scorer).fit(X, Y)
