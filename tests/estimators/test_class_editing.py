"""Classes added, merged and dropped after fitting."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from fernet import FERMLPClassifier, load_model, save_model
from fernet._engine.session import Session

RNG = np.random.default_rng(0)
NAMES = np.array(["angry", "fear", "happy", "sad", "surprise"])
NUMBERS = RNG.integers(5, size=200)
X = (RNG.integers(0, 60, (200, 36)) + 40 * NUMBERS[:, None]).astype(np.uint8)
Y = NAMES[NUMBERS]
KNOWN = Y != "fear"


def fitted(labels=Y, X=X, **kwargs):
    kwargs = {"hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0} | kwargs
    return FERMLPClassifier(**kwargs).fit(X, labels)


SEVERAL = fitted()


def logits(model):
    return Session(model.network_).predict((X - model.scaling_.offset_) * model.scaling_.scale_)


def column(model, label):
    index = model.classes_.tolist().index(label)
    return np.append(model.coefs_[-1][:, index], model.intercepts_[-1][index])


# -- adding ----------------------------------------------------------------------------------


def test_added_classes_are_sorted_in_and_all_else_keeps_its_bits():
    before = fitted()
    model = before.add_classes(["contempt", "bored"])
    assert model.classes_.tolist() == sorted([*NAMES, "contempt", "bored"])
    assert model.predict_proba(X).shape == (200, 7)
    for label in NAMES:
        np.testing.assert_array_equal(column(model, label), column(before, label))
    np.testing.assert_array_equal(model.coefs_[0], before.coefs_[0])
    np.testing.assert_array_equal(model.intercepts_[0], before.intercepts_[0])


def test_a_class_added_changes_no_prediction_before_it_is_trained():
    before = fitted()
    model = before.add_classes(["contempt"])
    np.testing.assert_array_equal(model.predict(X), before.predict(X))
    np.testing.assert_allclose(column(model, "contempt"), np.mean(
        [column(before, label) for label in NAMES], axis=0), rtol=1e-4, atol=1e-9)  # fmt: skip


def test_a_class_added_is_learnt_from_the_present_weights_on():
    known = fitted(Y[KNOWN], X[KNOWN], max_iter=40, solver="adam")
    model = known.add_classes(["fear"]).fit(X, Y)
    assert model.n_iter_ == 80
    assert model.score(X, Y) > 0.8
    assert (model.predict(X) == "fear").any()


def test_only_the_next_fit_goes_on():
    model = fitted(max_iter=1).add_classes(["contempt"])
    assert model.fit(X, Y).n_iter_ == 2
    assert model.classes_.tolist() == [*sorted([*NAMES, "contempt"])]
    assert model.fit(X, Y).n_iter_ == 1
    np.testing.assert_array_equal(model.classes_, NAMES)


def test_partial_fit_goes_on_too():
    known = fitted(Y[KNOWN], X[KNOWN]).partial_fit(X[KNOWN], Y[KNOWN])
    model = known.add_classes(["fear"]).partial_fit(X, Y)
    assert model.n_iter_ == 4
    assert model.partial_fit(X, Y).n_iter_ == 5


@pytest.mark.parametrize(
    ("labels", "new"),
    [(NUMBERS, 9), (NUMBERS * 1.0, 9.0), (NUMBERS.astype(np.int8), 300), (Y.astype(object), "z")],
)
def test_labels_of_any_type_can_be_added(labels, new):
    model = fitted(labels).add_classes([new])
    assert new in model.classes_.tolist()
    assert model.fit(X, labels).predict(X).dtype == model.classes_.dtype


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["fear"], r"classes holds \['fear'\]; expected labels not among"),
        ("contempt", "expected a list of labels"),
        ([7], "expected strings"),
        (["new", "new"], "twice"),
    ],
)
def test_what_cannot_be_added_is_refused(classes, message):
    unchanged(lambda model: model.add_classes(classes), message)


# -- merging ---------------------------------------------------------------------------------


def test_merged_classes_get_the_mean_weights_and_the_logarithm_of_their_count():
    before, model = fitted(), fitted().merge_classes({"startled": ["surprise", "fear"]})
    assert model.classes_.tolist() == ["angry", "happy", "sad", "startled"]
    expected = (column(before, "fear") + column(before, "surprise")) / 2
    expected[-1] += np.log(2)
    np.testing.assert_allclose(column(model, "startled"), expected, rtol=1e-5)
    np.testing.assert_array_equal(column(model, "happy"), column(before, "happy"))


@pytest.mark.parametrize("labels", [NUMBERS, Y, NUMBERS > 1])
@pytest.mark.parametrize("new", [list("edcba"), [5, 4, 3, 2, 1], np.arange(5) * 2.0])
def test_where_every_class_is_renamed_labels_may_be_of_another_type(labels, new, tmp_path):
    before = fitted(labels)
    names = np.asarray(new).tolist()[: len(before.classes_)]
    renamed = before.merge_classes(dict(zip(names, before.classes_[:, None], strict=True)))
    assert renamed.classes_.tolist() == sorted(names)
    order = np.argsort(names)
    np.testing.assert_allclose(
        renamed.predict_proba(X), before.predict_proba(X)[:, order], rtol=1e-6
    )
    save_model(renamed, tmp_path / "model.safetensors")
    assert load_model(tmp_path / "model.safetensors").classes_.tolist() == sorted(names)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"calm": [0, 1], 1: [2, 3, 4]}, "groups holds text and other things"),
        ({None: [0, 1], "calm": [2, 3, 4]}, r"groups\[0\] is None"),
        ({"calm": [0, 1], "tense": [2, 3]}, "groups holds 'calm'; expected whole numbers"),
    ],
)
def test_labels_of_two_types_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        fitted(NUMBERS).merge_classes(groups)


def test_equally_probable_classes_merge_exactly():
    model = fitted()
    model.coefs_[-1][:, 1] = model.coefs_[-1][:, 4]
    model.intercepts_[-1][1] = model.intercepts_[-1][4]
    old = model.predict_proba(X)
    new = model.merge_classes({"fear": ["fear", "surprise"]}).predict_proba(X)
    np.testing.assert_allclose(new[:, 1], old[:, 1] + old[:, 4], rtol=1e-5)
    np.testing.assert_allclose(new[:, [0, 2, 3]], old[:, [0, 2, 3]], rtol=1e-5, atol=1e-7)


def test_a_merged_class_is_never_more_probable_than_its_parts_together():
    old, model = logits(fitted()), fitted().merge_classes({"z": ["angry", "happy", "sad"]})
    assert (logits(model)[:, -1] <= logsumexp(old[:, [0, 2, 3]], axis=1) + 1e-5).all()


def test_a_group_of_one_is_a_class_renamed():
    old, model = fitted().predict_proba(X), fitted().merge_classes({"upset": ["angry"]})
    assert model.classes_.tolist() == ["fear", "happy", "sad", "surprise", "upset"]
    np.testing.assert_allclose(model.predict_proba(X)[:, -1], old[:, 0], rtol=1e-6)


def test_a_last_layer_without_bias_gets_one():
    from fernet._engine.network import Network
    from fernet.estimators.class_editing import _Column, _with_outputs
    from fernet.layers import Linear

    network = Network([Linear(3, use_bias=False)], (4,))
    network.initialize(0)
    other = _with_outputs(network, [_Column("a", [0]), _Column("b", [1, 2], np.log(2))])
    np.testing.assert_allclose(dict(other.named_parameters())["linear_1.bias"], [0, np.log(2)])


def test_a_network_with_branches_and_statistics_keeps_all_but_its_last_layer():
    from fernet._engine.network import Network
    from fernet.estimators.class_editing import _Column, _with_outputs
    from fernet.layers import BatchNorm, Conv2D, GlobalAvgPool2D, Linear, ReLU, Residual

    block = [Residual([Conv2D(4), BatchNorm()], [Conv2D(4, 1)]), ReLU(), GlobalAvgPool2D()]
    network = Network([*block, Linear(5), ReLU(), Linear(3)], (6, 6, 1))
    network.values[...] = RNG.uniform(0.5, 1.5, network.values.size)
    other = _with_outputs(network, [_Column("a", [2]), _Column("b", [0])])
    before = dict(network.named_parameters() + network.named_state())
    after = dict(other.named_parameters() + other.named_state())
    assert before.keys() == after.keys()
    for name, values in after.items():
        expected = before[name][..., [2, 0]] if name.startswith("linear_2") else before[name]
        np.testing.assert_array_equal(values, expected, err_msg=name)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"x": ["fear"], "y": ["fear", "sad"]}, r"\['fear'\] in two groups"),
        ({"happy": ["fear", "sad"]}, r"makes classes \['happy'\], which remain"),
        ({"x": ["joy", "sad"]}, r"groups\['x'\] holds \['joy'\]"),
        ({"x": NAMES}, "two or more classes"),
        ({"x": []}, "is empty"),
        ({}, "groups is empty"),
        ({3: ["fear", "sad"]}, "expected strings"),
        ([["fear", "sad"]], "expected a mapping"),
    ],
)
def test_what_cannot_be_merged_is_refused(groups, message):
    unchanged(lambda model: model.merge_classes(groups), message)


# -- dropping --------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.sets(st.sampled_from(range(5)), min_size=1, max_size=3))
def test_what_remains_after_dropping_is_renormalised(dropped):
    model = fitted()
    rest = [i for i in range(5) if i not in dropped]
    expected = softmax(logits(model)[:, rest], axis=1)
    model = model.drop_classes(NAMES[sorted(dropped)])
    assert model.classes_.tolist() == NAMES[rest].tolist()
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("classes", "message"),
    [(["joy"], "expected labels among"), (NAMES[:4], "two or more classes"), ("sad", "a list")],
)
def test_what_cannot_be_dropped_is_refused(classes, message):
    unchanged(lambda model: model.drop_classes(classes), message)


def test_labels_of_dropped_classes_are_refused_in_training():
    with pytest.raises(ValueError, match="fear"):
        fitted().drop_classes(["fear"]).fit(X, Y)


def test_adding_after_dropping_comes_to_the_same_weights():
    before, model = fitted(), fitted().add_classes(["contempt"]).drop_classes(["contempt"])
    np.testing.assert_array_equal(model.network_.params, before.network_.params)


# -- others in their place --------------------------------------------------------------------


@given(st.lists(st.sampled_from([*NAMES, "bored", "calm", "tense"]), min_size=2, unique=True))
@settings(max_examples=30, deadline=None)
def test_classes_of_a_known_name_keep_their_weights_and_others_begin_as_the_mean(labels):
    before = SEVERAL
    model = before.with_classes(labels)
    assert model.classes_.tolist() == sorted(labels)
    mean = np.mean([column(before, label) for label in NAMES], axis=0)
    for label in labels:
        if label in NAMES:
            np.testing.assert_array_equal(column(model, label), column(before, label))
        else:
            np.testing.assert_allclose(column(model, label), mean, rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(model.coefs_[0], before.coefs_[0])


def test_numbers_of_fer2013_and_their_emotions_are_the_same_classes():
    numbers = fitted(NUMBERS)  # 0 to 4: angry, disgust, fear, happy, sad
    words = numbers.with_classes(["contempt", "happy", "angry"])
    np.testing.assert_array_equal(column(words, "happy"), column(numbers, 3))
    np.testing.assert_array_equal(column(words, "angry"), column(numbers, 0))
    back = words.with_classes([0, 3])
    assert back.classes_.tolist() == [0, 3]
    np.testing.assert_array_equal(column(back, 3), column(numbers, 3))


def test_numbers_stay_the_same_classes_beside_others_that_are_no_emotions():
    numbers = fitted(NUMBERS)
    more = numbers.with_classes([0, 3, 9])
    np.testing.assert_array_equal(column(more, 3), column(numbers, 3))
    mean = np.mean([column(numbers, label) for label in range(5)], axis=0)
    np.testing.assert_allclose(column(more, 9), mean, rtol=1e-4, atol=1e-7)


def test_other_classes_are_learnt_from_where_the_present_ones_were():
    own = np.where(NUMBERS > 2, "bright", "dark")
    model = fitted().with_classes(np.unique(own)).set_params(max_iter=10).fit(X, own)
    assert model.n_iter_ == 12
    assert model.score(X, own) > 0.9


def test_a_name_and_its_number_are_one_class():
    with pytest.raises(ValueError, match=r"holds \['happy', '3'\], which name a class twice"):
        fitted(NUMBERS).with_classes(["happy", "3", "calm"])


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["calm"], "two or more classes"),
        (["calm", "calm", "sad"], "holds calm twice"),
        ([], "two or more classes"),
        ("sad", "expected a list of labels"),
        (["calm", None], "expected a label"),
        (["calm", 3], "text"),
    ],
)
def test_what_can_be_no_classes_is_refused(classes, message):
    unchanged(lambda model: model.with_classes(classes), message)


# -- life afterwards -------------------------------------------------------------------------


def unchanged(edit, message):
    model = fitted()
    before = dict(vars(model))
    with pytest.raises(ValueError, match=message):
        edit(model)
    assert vars(model) == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda model: model.add_classes(["contempt"]),
        lambda model: model.merge_classes({"upset": ["angry", "sad"]}),
        lambda model: model.drop_classes(["happy"]),
        lambda model: model.with_classes(["happy", "sad", "calm"]),
    ],
    ids=["add", "merge", "drop", "with"],
)
def test_an_estimator_stays_as_it_was_when_a_new_one_is_made_of_it(edit):
    model = fitted(callbacks=[], class_weight={"sad": 2.0})
    before, predicted = dict(vars(model)), model.predict_proba(X)
    other = edit(model)
    assert type(other) is type(model)
    assert other.get_params() == model.get_params()
    there = np.isin(Y, other.classes_)
    other.set_params(class_weight=None, warm_start=True).fit(X[there], Y[there])
    assert vars(model) == before
    np.testing.assert_array_equal(model.predict_proba(X), predicted)
    assert other.classes_.tolist() != model.classes_.tolist()


@pytest.mark.parametrize("name", ["add_classes", "merge_classes", "drop_classes", "with_classes"])
def test_classes_can_be_edited_only_once_fitted(name):
    with pytest.raises(NotFittedError):
        getattr(FERMLPClassifier(), name)(["x"])


def test_an_edited_model_is_saved_pickled_and_cloned(tmp_path):
    model = fitted().add_classes(["contempt"])
    save_model(model, tmp_path / "model.safetensors")
    for again in (load_model(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert clone(model).fit(X, Y).n_iter_ == 2


def test_what_a_file_said_of_other_classes_is_forgotten(tmp_path):
    save_model(fitted(), tmp_path / "model.safetensors")
    model = load_model(tmp_path / "model.safetensors").drop_classes(["sad"])
    assert not hasattr(model, "model_info_")
    assert model.best_validation_score_ is None


def test_what_set_output_and_routing_say_of_an_edited_model_is_its_own():
    model = fitted().set_output(transform="pandas")
    edited = model.drop_classes(["fear"])
    assert list(edited.transform(X).columns) == list(model.transform(X).columns)
    edited.set_output(transform="default")
    with config_context(enable_metadata_routing=True):
        edited.set_fit_request(sample_weight=True)
        assert model.get_metadata_routing().fit.requests["sample_weight"] is None
    assert hasattr(model.transform(X), "columns")
    assert not hasattr(edited.transform(X), "columns")
