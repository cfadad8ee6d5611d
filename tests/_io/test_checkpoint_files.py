"""Checkpoint files: sound, or refused with the documented error, and nothing taken over."""

from __future__ import annotations

import copy
import json
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fernet import FERMLPClassifier
from fernet._io.checkpoint_files import read_checkpoint
from fernet._io.seal import UNSEALED, sealed_parts

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def fit(small_data):
    """Fit a small perceptron with early stopping, or this one, with a checkpoint."""

    def apply(path, model=None, **changes):
        model = FERMLPClassifier((3,)) if model is None else model
        model.set_params(
            max_iter=2,
            early_stopping=True,
            ema_decay=0.9,
            random_state=0,
            checkpoint=path,
            **changes,
        )
        return model.fit(*small_data())

    return apply


@pytest.fixture(scope="module")
def raw(fit, tmp_path_factory):
    """A checkpoint's bytes."""
    path = tmp_path_factory.mktemp("checkpoint") / "run"
    fit(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def fitted(small_data):
    """A fitted estimator that a failing fit must leave as it is."""
    return FERMLPClassifier((3,), max_iter=1, random_state=5).fit(*small_data())


@pytest.fixture(scope="module")
def assert_refused(fit, fitted, folder):
    """Assert that a file with these bytes is refused as documented, before anything is changed."""

    def check(content):
        path = folder / "damaged"
        path.write_bytes(content)
        before = fitted._fitted
        values = before.network.values.copy()
        with pytest.raises(ValueError, match="damaged"):
            fit(path, fitted)
        assert fitted._fitted is before
        np.testing.assert_array_equal(before.network.values, values)
        assert path.read_bytes() == content

    return check


def resealed(document, arrays):
    text = json.dumps(document | {"sha256": UNSEALED}, separators=(",", ":"))
    return b"".join(sealed_parts(arrays, "fernet", text))


def taken_apart(raw, folder):
    path = folder / "whole"
    path.write_bytes(raw)
    arrays, state, identity = read_checkpoint(path)
    header = json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]])
    document = json.loads(header["__metadata__"]["fernet"])
    assert document["state"] == state
    assert document["identity"] == identity
    return document, arrays


@given(st.data())
@QUICK
def test_each_flipped_bit_is_noticed(raw, assert_refused, data):
    content = bytearray(raw)
    content[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert_refused(bytes(content))


@given(st.data())
@QUICK
def test_bytes_left_out_added_or_changed_are_noticed(raw, assert_refused, data):
    start = data.draw(st.integers(0, len(raw)))
    stop = data.draw(st.integers(start, min(start + 64, len(raw))))
    put = data.draw(st.binary(max_size=64))
    content = raw[:start] + put + raw[stop:]
    if content != raw:
        assert_refused(content)


ODD = st.sampled_from(
    [None, True, -1, 0, 2.5, 1e308, 10**400, "", "x", [], {}, [None], {"loss": []}, 2**53]
)


@pytest.mark.filterwarnings("ignore:checkpoint .* was saved with the instruction set")
@given(st.data())
@QUICK
def test_whatever_the_document_says_only_the_documented_error_comes(
    raw, fit, folder, places, set_in, data
):
    document, arrays = taken_apart(raw, folder)
    document = copy.deepcopy(document)
    place = data.draw(st.sampled_from([p for p in places(document) if p != ("sha256",)]))
    parent = document
    for step in place[:-1]:
        parent = parent[step]
    if data.draw(st.booleans()):
        del parent[place[-1]]
    else:
        set_in(document, *place, data.draw(ODD))
    path = folder / "changed"
    path.write_bytes(resealed(document, arrays))
    try:
        model = fit(path)
    except ValueError as error:
        assert "changed" in str(error)
    else:
        assert model.n_iter_ == 2
        assert np.isfinite(model.predict_proba(np.zeros((1, 16), np.uint8))).all()


@pytest.mark.parametrize("name", ["params", "average", "best", "optimizer.velocity"])
@pytest.mark.parametrize(
    "change",
    [
        lambda a, name: a.pop(name),
        lambda a, name: a.update({name: a[name][:-1]}),
        lambda a, name: a.update({name: a[name].astype(np.float64)}),
        lambda a, name: a.update({name: a[name][None]}),
        lambda a, name: a.update({name + "2": a[name]}),
    ],
    ids=["missing", "shorter", "another type", "another shape", "one more"],
)
def test_arrays_other_than_the_trainings_are_refused(raw, assert_refused, folder, name, change):
    document, arrays = taken_apart(raw, folder)
    change(arrays, name)
    assert_refused(resealed(document, arrays))


@pytest.mark.parametrize("name", ["params", "average", "best"])
def test_weights_that_are_not_finite_are_refused(raw, assert_refused, folder, name):
    document, arrays = taken_apart(raw, folder)
    arrays[name] = np.full_like(arrays[name], np.nan)
    assert_refused(resealed(document, arrays))


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": 1},
        {"step": 1},
        {"first_epoch": 1},
        {"first_epoch": 3},
        {"epochs_without_gain": 3},
        {"best_score": None},
        {"seed": 7},
    ],
    ids=str,
)
def test_counters_that_do_not_belong_together_are_refused(raw, assert_refused, folder, change):
    document, arrays = taken_apart(raw, folder)
    document["state"].update(change)
    assert_refused(resealed(document, arrays))


def test_a_file_of_an_earlier_version_is_told_as_such(raw, folder, fit):
    document, arrays = taken_apart(raw, folder)
    path = folder / "earlier"
    path.write_bytes(resealed(document | {"format": "fernet-checkpoint-1"}, arrays))
    with pytest.raises(ValueError, match="earlier version of fernet wrote it"):
        fit(path)


def test_what_is_sealed_again_is_read_again(raw, folder, fit):
    document, arrays = taken_apart(raw, folder)
    path = folder / "again"
    path.write_bytes(resealed(document, arrays))
    assert fit(path).n_iter_ == 2
