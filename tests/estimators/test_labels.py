"""Labels that users name."""

from __future__ import annotations

import enum
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from fernet import EMOTIONS, FERMLPClassifier
from fernet.datasets import make_faces
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


# -- labels to learn --------------------------------------------------------------------------

X = np.random.default_rng(0).integers(0, 256, (12, 16), np.uint8)
NUMBERS = np.arange(12) % 3


def fitted(labels, **kwargs):
    return FERMLPClassifier((4,), max_iter=1, random_state=0, **kwargs).fit(X, labels)


@pytest.mark.filterwarnings("ignore:temperature_ is")
@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        (pd.Series(NUMBERS, dtype="Int64"), np.int64),
        (pd.Series(NUMBERS, dtype="UInt8"), np.uint8),
        (pd.Series(NUMBERS > 0, dtype="boolean"), np.bool_),
        (pd.Series(NUMBERS, dtype="Float64"), np.float64),
        (pd.Series(NUMBERS).astype("category"), np.int64),
        (pd.Index(NUMBERS), np.int64),
        (NUMBERS.astype(object), np.int64),
    ],
    ids=lambda value: str(getattr(value, "dtype", value)),
)
def test_columns_keep_the_type_of_their_numbers(labels, dtype):
    model = fitted(labels, early_stopping=True, validation_fraction=0.3)
    assert model.classes_.dtype == model.predict(X).dtype == dtype
    assert model.score(X, labels) == model.score(X, np.asarray(labels).astype(dtype))
    model.fit(X, labels, X_val=X, y_val=labels).calibrate(X, labels).partial_fit(X, labels)
    assert model.classes_.dtype == dtype


@pytest.mark.parametrize("dtype", ["str", "string", "category", object])
def test_columns_of_words_are_words(dtype):
    labels = pd.Series(np.array(["fear", "happy", "sad"])[NUMBERS]).astype(dtype)
    assert fitted(labels).classes_.tolist() == ["fear", "happy", "sad"]
    assert fitted(labels).score(X, labels) >= 0


@pytest.mark.parametrize("dtype", ["Int64", "int64", "boolean"])
def test_a_frames_only_column_keeps_its_type_too(dtype):
    frame = pd.DataFrame({"label": pd.Series(NUMBERS % 2, dtype=dtype)})
    with pytest.warns(UserWarning, match="column-vector"):
        model = fitted(frame)
    assert model.classes_.dtype == (bool if dtype == "boolean" else np.int64)


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 1 has no such type")
def test_texts_of_any_length_are_words():
    labels = np.array(["fear", "happy", "sad"], np.dtypes.StringDType())[NUMBERS]
    model = fitted(labels)
    assert model.classes_.tolist() == ["fear", "happy", "sad"]
    assert 0 <= model.score(X, labels) <= 1


@pytest.mark.parametrize(
    "labels", [dict.fromkeys(range(12), 1), {0, 1}, map(str, NUMBERS), iter(NUMBERS)], ids=type
)
def test_what_holds_no_labels_in_order_is_refused_by_its_type(labels):
    with pytest.raises(TypeError, match=f"^y is of type {type(labels).__name__}; .* labels"):
        fitted(labels)


MISSING = [
    ["happy", None, "sad"] * 4,
    ["happy", np.nan, "sad"] * 4,
    [3, None, 4] * 4,
    [3.0, np.nan, 4.0] * 4,
    np.array([3.0, np.nan, 4.0] * 4),
    np.array(["happy", None, "sad"] * 4, dtype=object),
    pd.Series(["happy", None, "sad"] * 4),
    pd.Series(["happy", None, "sad"] * 4, dtype="string"),
    pd.Series(["happy", None, "sad"] * 4, dtype="category"),
    pd.Series([3, None, 4] * 4, dtype="Int64"),
    pd.Series([True, None, False] * 4, dtype="boolean"),
]
if hasattr(np.dtypes, "StringDType"):  # since NumPy 2
    MISSING.append(np.array(["happy", None, "sad"] * 4, np.dtypes.StringDType(na_object=None)))


@pytest.mark.parametrize("labels", MISSING, ids=lambda labels: f"{type(labels)} {labels[:3]}")
def test_a_missing_label_is_no_class_but_named(labels):
    with pytest.raises(ValueError, match=r"^y\[1\] is (None|nan|<NA>); expected a label"):
        fitted(labels)
    there = [labels[0], labels[2]] * 6
    for refused in (
        lambda: fitted(there, early_stopping=True).fit(X, there, X_val=X, y_val=labels),
        lambda: fitted(there).calibrate(X, labels),
    ):
        with pytest.raises(ValueError, match=r"^y_val\[1\] is .*; expected a label"):
            refused()
    with pytest.raises(ValueError, match=r"^y\[1\] is .*; expected a label"):
        fitted(there).score(X, labels)


class Emotion(enum.Enum):
    """Members that are neither text nor numbers."""

    HAPPY = 1
    SAD = 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (list(Emotion) * 6, "y holds <Emotion.HAPPY: 1>, of type Emotion"),
        ([Decimal(1), Decimal(2)] * 6, r"y holds Decimal\('1'\), of type Decimal"),
        ([10**20, 1] * 6, "a number of more than 64 bits"),
        (["happy", 1] * 6, "y holds text and other things, such as 'happy' and 1"),
        (np.array(["happy", 1] * 6, dtype=object), "y holds text and other things"),
        (np.array([{1}, [2]] * 6, dtype=object), "of type set"),
    ],
    ids=str,
)
def test_what_is_no_label_is_refused_in_plain_words(labels, message):
    with pytest.raises(ValueError, match=message):
        fitted(labels)


@pytest.mark.parametrize("kind", [list, np.array, lambda y: np.array(y, dtype=object)])
def test_text_that_was_not_decoded_is_refused_with_what_decodes_it(kind):
    words = np.array(["fröhlich", "sad", "sad"])[NUMBERS]
    undecoded = kind([word.encode() for word in words])
    with pytest.raises(ValueError, match=r"^y holds b'fr.*, of type bytes; expected text") as told:
        fitted(undecoded)
    for refused in (
        lambda: fitted(words, early_stopping=True).fit(X, words, X_val=X, y_val=undecoded),
        lambda: fitted(words).calibrate(X, undecoded),
    ):
        with pytest.raises(ValueError, match=r"^y_val holds b'fr.*, of type bytes"):
            refused()
    cure = str(told.value).split(": ")[1].removesuffix(" makes text of bytes")
    decoded = eval(cure, {"np": np, "y": undecoded})
    assert fitted(decoded).classes_.tolist() == ["fröhlich", "sad"]


def test_one_hot_labels_to_validate_with_are_refused_by_their_name():
    with pytest.raises(ValueError, match=r"^y_val has shape \(12, 3\); expected y_val of shape"):
        fitted(NUMBERS, early_stopping=True).fit(X, NUMBERS, X_val=X, y_val=np.eye(3)[NUMBERS])


# -- labels announced to partial_fit ----------------------------------------------------------


@pytest.mark.parametrize("classes", [{0, 1, 2, 3}, range(4), [3, 2, 1, 0, 0], (0, 1, 2, 3)])
def test_classes_to_come_may_be_in_any_container(classes):
    model = FERMLPClassifier((4,), random_state=0).partial_fit(X, NUMBERS, classes=classes)
    assert model.classes_.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (3, r"classes is 3; expected a list of labels, such as \[3\]"),
        ("happy", "classes is 'happy'; expected a list of labels"),
        ({0: 1.0}, "classes is {0: 1.0}; expected a list of labels"),
        ([0, 1, None], r"classes\[2\] is None"),
        ([0.0, 1.0, 2.0, np.inf], "classes holds inf, no finite number"),
    ],
)
def test_classes_to_come_are_refused_by_that_name(classes, message):
    with pytest.raises(ValueError, match=message):
        FERMLPClassifier((4,)).partial_fit(X, NUMBERS, classes=classes)


def test_names_of_emotions_and_their_numbers_score_the_same():
    X, y = make_faces(80, random_state=0, return_X_y=True)
    words = np.array(EMOTIONS)[y]
    weight = np.arange(1.0, 81.0)
    by_number = FERMLPClassifier((16,), max_iter=4, random_state=0).fit(X, y)
    by_word = FERMLPClassifier((16,), max_iter=4, random_state=0).fit(X, words)
    for model, own, others in ((by_number, y, words), (by_word, words, y)):
        assert model.score(X, others) == model.score(X, own)
        assert model.score(X, others, weight) == pytest.approx(model.score(X, own, weight))
        calibrated = model.calibrate(X, others).temperature_
        assert calibrated == model.calibrate(X, own).temperature_
    assert by_number.score(X, y.astype(str)) == by_number.score(X, y)
    with pytest.raises(ValueError, match=r"y holds '[ab]' and classes_ 0; expected labels"):
        by_number.score(X, np.where(y > 2, "a", "b"))
