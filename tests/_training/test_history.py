"""History: columns of one length, through JSON and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._training.history import History


def filled():
    history = History()
    for loss in (2.0, 1.5):
        history.add_iteration(loss)
    history.add_epoch(epoch=1, loss=1.75, accuracy=0.5, learning_rate=0.1, seconds=2.0)
    return history


def test_a_column_not_given_reads_none():
    assert filled().epochs["validation_loss"] == [None]
    assert len(filled()) == 1


def test_it_comes_back_through_json():
    history = filled()
    assert History.from_dict(json.loads(json.dumps(history.to_dict()))) == history


def test_a_copy_grows_apart():
    history = filled()
    history.copy().add_iteration(0.1)
    assert history.iterations["loss"] == [2.0, 1.5]


def test_the_last_epoch_is_a_row():
    assert filled().last_epoch()["accuracy"] == 0.5
    assert History().last_epoch() == {}


def test_an_unknown_column_is_refused_and_adds_nothing():
    history = filled()
    with pytest.raises(ValueError, match="acuracy"):
        history.add_epoch(epoch=2, acuracy=0.9)
    assert history == filled()


@pytest.mark.parametrize("fault", ["missing", "unknown", "ragged"])
def test_damaged_dictionaries_are_refused(fault):
    values = filled().to_dict()
    if fault == "missing":
        del values["epochs"]["loss"]
    elif fault == "unknown":
        values["iterations"]["time"] = [1, 2]
    else:
        values["epochs"]["loss"].append(1.0)
    with pytest.raises(ValueError, match="history's"):
        History.from_dict(values)


@given(st.integers(0, 3), st.integers(0, 3))
def test_frames_have_the_figures_counted_from_one(n_iterations, n_epochs):
    history = History()
    for i in range(n_iterations):
        history.add_iteration(0.5 * i)
    for i in range(n_epochs):
        history.add_epoch(epoch=i + 1, loss=0.1 * i, accuracy=0.5, learning_rate=1, seconds=2.0)

    epochs, iterations = history.to_frame(), history.to_frame("iterations")
    assert (epochs.index.name, iterations.index.name) == ("epoch", "iteration")
    assert epochs.index.tolist() == history.epochs["epoch"]
    assert iterations.index.tolist() == list(range(1, n_iterations + 1))
    assert ["epoch", *epochs.columns] == list(history.epochs)
    assert epochs["loss"].tolist() == history.epochs["loss"]
    assert iterations["loss"].tolist() == history.iterations["loss"]
    assert epochs["validation_loss"].isna().all()
    assert set(map(str, [*epochs.dtypes, *iterations.dtypes])) == {"float64"}


def test_another_frame_is_refused():
    with pytest.raises(ValueError, match=r"part is 'steps'; expected 'epochs' or 'iterations'"):
        filled().to_frame("steps")
