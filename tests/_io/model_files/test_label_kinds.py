"""Whatever labels a training takes, their model file gives back; others are refused before it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import EMOTIONS, EmotionRecognizer, FERMLPClassifier, load_model, save_model
from fernet.callbacks import Callback

X = np.random.default_rng(0).integers(0, 256, (12, 16), dtype=np.uint8)

INTEGERS = st.sampled_from([np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64]).flatmap(
    lambda dtype: st.lists(
        st.integers(np.iinfo(dtype).min, np.iinfo(dtype).max), min_size=2, max_size=4, unique=True
    ).map(lambda values: np.array(values, dtype))
)
FLOATS = st.lists(st.integers(-(2**60), 2**60).map(float), min_size=2, max_size=4, unique=True).map(
    np.array
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
STRINGS = st.lists(TEXT, min_size=2, max_size=4, unique=True)
KINDS = st.one_of(
    INTEGERS,
    INTEGERS.map(lambda values: np.array(values.tolist(), dtype=object)),
    FLOATS,
    FLOATS.map(lambda values: values.astype(np.float32)),
    STRINGS.map(np.array),
    STRINGS.map(lambda values: np.array(values, dtype=object)),
    st.just(np.array([False, True])),
    st.just(np.array([2**53 + 1, 2**63 - 1])),
)


def fit(labels, **settings) -> FERMLPClassifier:
    y = labels[np.arange(len(X)) % len(labels)]
    return FERMLPClassifier((2,), max_iter=1, random_state=0, **settings).fit(X, y)


@settings(max_examples=60, deadline=None)
@given(labels=KINDS)
def test_what_is_written_is_read(tmp_path_factory, labels):
    if len(np.unique(labels)) < 2:  # equal as float32, or but for zeros at the end of text
        return
    path = tmp_path_factory.getbasetemp() / "labels.safetensors"
    model = fit(labels)

    save_model(model, path)
    twin = load_model(path)

    assert twin.classes_.dtype == model.classes_.dtype
    assert twin.classes_.tolist() == model.classes_.tolist()
    assert twin.predict(X).tolist() == model.predict(X).tolist()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array(["a\udc80", "b"]), r"y holds 'a\\udc80', a text that UTF-8 can't write"),
        (np.array(["a\ud800", "b"], dtype=object), "UTF-8"),
        (np.array(["a" * 1001, "b"]), "a text of 1001 characters"),
        (np.array(["2020", "2021"], "M8[D]"), "y holds dates"),
        (np.array([2**70, 2**71], dtype=object), "a number of more than 64 bits"),
        (np.array([b"a", b"b"]), "bytes"),
        (np.array([None, "a"], dtype=object), r"y\[0\] is None; expected a label"),
        (np.array([0.0, np.nan]), r"y\[1\] is nan; expected a label"),
        (np.array([0.0, np.inf]), "infinity"),
    ],
)
def test_labels_that_no_file_holds_are_refused_before_the_training(labels, message):
    epochs = []

    class Watch(Callback):
        def on_epoch_end(self, trainer):
            epochs.append(trainer.epoch)

    with pytest.raises((ValueError, TypeError), match=message):
        fit(labels, callbacks=Watch())
    assert not epochs


@pytest.mark.parametrize(
    "class_weight", [{0: 1.0, "a\udc80": 1.0}, {0: 1.0, (1,): 2.0}, {0: 1.0, b"x": 1.0}]
)
def test_weights_of_such_labels_are_refused_too(class_weight):
    with pytest.raises(ValueError, match="class_weight holds"):
        fit(np.array([0, 1]), class_weight=class_weight)


def test_classes_of_a_first_part_and_added_ones_are_refused_too():
    y = np.array(["a", "b"])[np.arange(len(X)) % 2]
    model = FERMLPClassifier((2,), max_iter=1, random_state=0)
    with pytest.raises(ValueError, match="UTF-8"):
        model.partial_fit(X, y, classes=["a", "b", "c\udc80"])
    assert not hasattr(model, "classes_")
    model.fit(X, y)
    with pytest.raises(ValueError, match="UTF-8"):
        model.add_classes(["c\udc80"])
    assert model.classes_.tolist() == ["a", "b"]


def test_names_of_columns_that_no_file_holds_are_refused():
    # As objects: with pyarrow beside it pandas refuses such a text itself.
    columns = pd.Index([*(f"pixel {i}" for i in range(15)), "\udc80"], dtype=object)
    frame = pd.DataFrame(X, columns=columns)
    with pytest.raises(ValueError, match=r"the names of X's columns: '.udc80' is a text"):
        FERMLPClassifier((2,), max_iter=1).fit(frame, np.arange(12) % 2)


@pytest.mark.parametrize(
    "write",
    [
        lambda y: y,
        lambda y: y.astype(float),
        lambda y: y.astype(str),
        lambda y: y.astype(object),
        lambda y: pd.Series(y, dtype="Int64"),
    ],
    ids=["int", "float", "text", "object", "Int64"],
)
def test_a_recognizer_names_the_emotions_however_labels_are_written(tmp_path, write):
    faces = np.random.default_rng(0).integers(0, 256, (14, 2304), dtype=np.uint8)
    model = FERMLPClassifier((2,), max_iter=1, random_state=0).fit(faces, write(np.arange(14) % 7))
    save_model(model, tmp_path / "m")
    assert EmotionRecognizer(load_model(tmp_path / "m"), detect=False).emotions_ == list(EMOTIONS)
