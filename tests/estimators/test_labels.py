"""Labels that users name."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERMLPClassifier
from fernet.estimators.labels import as_labels, positions
from fernet.metrics import per_emotion_report
from fernet.plotting._classes import class_index, indices_of

WORDS = np.array(["fear", "happy", "sad"])


def test_longer_strings_are_not_cut_off():
    assert as_labels(WORDS, ["contempt"], "classes").tolist() == ["contempt"]


def test_the_dtype_stays_where_it_can():
    assert as_labels(np.array([1, 2], np.int8), [7], "classes").dtype == np.int8
    assert as_labels(np.array([1, 2], np.int8), [700], "classes").tolist() == [700]
    assert as_labels(np.array([1, 2], np.uint8), [-1], "classes").tolist() == [-1]


def test_objects_stay_objects():
    classes = np.array(["happy", "sad"], dtype=object)
    assert as_labels(classes, ["contempt"], "classes").dtype == object


@pytest.mark.parametrize(
    ("classes", "given", "message"),
    [
        (WORDS, "contempt", r"classes is 'contempt'; expected a list of labels"),
        (WORDS, 3, "expected a list of labels"),
        (WORDS, [], "classes is empty"),
        (WORDS, [3], "classes holds 3; expected strings"),
        (WORDS, ["x", "x"], "holds a label twice"),
        (np.array([0, 1]), ["x"], "expected whole numbers"),
        (np.array([0, 1]), [2.5], "expected whole numbers"),
        (np.array([0, 1]), [True], "expected whole numbers"),
        (np.array([0.0, 1.0]), [np.nan], "expected numbers"),
        (np.array([False, True]), [2], "expected booleans"),
        (np.array(["a", "b"], dtype=object), [2], "expected labels of that type"),
    ],
)
def test_what_does_not_fit_is_refused(classes, given, message):
    with pytest.raises(ValueError, match=message):
        as_labels(classes, given, "classes")


def test_positions_follow_the_order_given():
    assert positions(WORDS, ["sad", "fear"], "classes") == [2, 0]
    assert positions(np.array([3, 5]), np.array([5]), "classes") == [1]


def test_positions_are_of_known_labels_only():
    with pytest.raises(ValueError, match=r"classes holds \['joy'\]; expected labels among"):
        positions(WORDS, ["joy", "sad"], "classes")


NAMES = np.array(["angry", "happy", "sad"])
KINDS = {
    "text": (NAMES, np.str_("glad")),
    "objects": (np.array([np.str_(name) for name in [*NAMES, 0]], dtype=object)[:3], "glad"),
    "whole numbers": (np.array([0, 3, 4]), np.int64(9)),
    "floats": (np.array([0.0, 3.0, 4.0]), np.float64(9)),
}


def with_label(y, label):
    """Labels of which the first is another."""
    other = y.astype(object)
    other[0] = label
    return other if y.dtype.kind == "O" else np.array(other.tolist())


FAULTS = {
    "y_val": lambda m, X, y, bad: m.fit(X, y, X_val=X, y_val=with_label(y, bad)),
    "partial_fit": lambda m, X, y, bad: m.partial_fit(X, y).partial_fit(X, with_label(y, bad)),
    "classes": lambda m, X, y, bad: m.partial_fit(X, y).partial_fit(X, y, classes=[y[0], y[1]]),
    "class_weight": lambda m, X, y, bad: m.set_params(class_weight={bad: 1.0}).fit(X, y),
    "a weight": lambda m, X, y, bad: m.set_params(
        class_weight={y[0]: np.float64(-1.0), y[1]: np.float32(2)}
    ).fit(X, y),
    "add_classes": lambda m, X, y, bad: m.fit(X, y).add_classes([y[0]]),
    "add a label": lambda m, X, y, bad: m.fit(X, y).add_classes(y[0]),
    "merge_classes": lambda m, X, y, bad: m.fit(X, y).merge_classes({y[0]: [bad]}),
    "merge twice": lambda m, X, y, bad: m.fit(X, y).merge_classes({bad: [y[0], y[0]]}),
    "merge a label": lambda m, X, y, bad: m.fit(X, y).merge_classes({y[0]: y[1]}),
    "merge no mapping": lambda m, X, y, bad: m.fit(X, y).merge_classes([y[0]]),
    "drop_classes": lambda m, X, y, bad: m.fit(X, y).drop_classes([bad]),
    "drop all": lambda m, X, y, bad: m.fit(X, y).drop_classes(np.unique(y)),
    "report": lambda m, X, y, bad: per_emotion_report(y, y, labels=[bad]),
    "report twice": lambda m, X, y, bad: per_emotion_report(y, y, labels=[y[0], y[0]]),
    "columns": lambda m, X, y, bad: indices_of(with_label(y, bad), np.ones((12, 3)), np.unique(y)),
    "an emotion": lambda m, X, y, bad: class_index(np.unique(y), bad),
    "sizes": lambda m, X, y, bad: m.set_params(hidden_layer_sizes=(np.int64(0),)).fit(X, y),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_messages_show_labels_as_one_writes_them(kind, fault):
    labels, bad = KINDS[kind]
    y = labels[np.arange(12) % 3]
    X = np.random.default_rng(0).integers(0, 256, (12, 16), dtype=np.uint8)
    model = FERMLPClassifier((2,), max_iter=1, random_state=0)
    with pytest.raises(ValueError, match=r"^(?!.*(np\.|array\())"):
        FAULTS[fault](model, X, y, bad)
