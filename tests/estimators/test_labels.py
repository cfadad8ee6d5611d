"""Labels that users name."""

from __future__ import annotations

import numpy as np
import pytest

from fernet.estimators.labels import as_labels, positions

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
