"""Trainings that go on with other parameters than those that the weights were made with."""

from __future__ import annotations

import copy
import itertools
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, load_pretrained, save_model
from fernet.callbacks import Callback
from fernet.estimators.continuation import network_to_train
from fernet.layers import Conv2D, Flatten, Linear, ReLU

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=60)
X = (RNG.integers(0, 60, (60, 16)) + 60 * Y[:, None]).astype(np.uint8)

WAYS = {
    "fit": lambda model: model.set_params(warm_start=True).fit(X, Y),
    "frozen fit": lambda model: model.set_params(freeze="backbone").fit(X, Y),
    "partial_fit": lambda model: model.partial_fit(X, Y),
    "after editing": lambda model: model.add_classes([3]).fit(X, Y),
}


@pytest.fixture(params=WAYS)
def go_on(request):
    return WAYS[request.param]


def as_it_is(model):
    return model


def from_a_file(model):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save_model(model, path)
        return load_model(path)


def from_a_pickle(model):
    return pickle.loads(pickle.dumps(model))


BRING = [as_it_is, from_a_file, from_a_pickle]


def mlp(**kwargs):
    kwargs = {"hidden_layer_sizes": (6,), "max_iter": 2, "random_state": 0} | kwargs
    return FERMLPClassifier(**kwargs).fit(X, Y)


def cnn(**kwargs):
    kwargs = {"filters": [(3, 1)], "hidden_layer_sizes": (4,)} | kwargs
    return FERCNNClassifier(max_iter=1, random_state=0, **kwargs).fit(X, Y)


# -- what can't change, and what can ---------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "name", "other", "part"),
    [
        (mlp, "hidden_layer_sizes", (7,), "linear_1.weight of shape (16, 7)"),
        (mlp, "hidden_layer_sizes", (6, 6), "linear_2.weight of shape (6, 6)"),
        (mlp, "hidden_layer_sizes", (), "linear_1.weight of shape (16, "),
        (cnn, "filters", [(2, 1)], "conv2d_1.weight of shape (3, 3, 1, 2)"),
        (cnn, "batch_norm", True, "no conv2d_1.bias"),
        (cnn, "architecture", "compact", "conv2d_1"),
    ],
)
def test_weights_of_another_network_are_not_taken_for_what_was_asked(
    make, name, other, part, go_on
):
    model = make()
    before = model.network_.values.copy()
    with pytest.raises(ValueError, match="which this training goes on from") as error:
        go_on(model.set_params(**{name: other}))
    assert f"{name}={other!r}" in str(error.value)
    assert part in str(error.value)
    np.testing.assert_array_equal(model.network_.values, before)
    model.set_params(warm_start=False, freeze=None).fit(X, Y)


@pytest.mark.parametrize("way", ["fit", "partial_fit"])
def test_labels_that_the_weights_do_not_know_are_refused_with_the_cure(way):
    model = mlp()
    with pytest.raises(ValueError, match=r"y holds labels \[3\].*; add_classes makes room"):
        getattr(model.set_params(warm_start=True), way)(X, Y + 1)
    assert getattr(model.add_classes([3]), way)(X, Y + 1).classes_.tolist() == [0, 1, 2, 3]


def test_a_new_dropout_is_trained_with(go_on):
    assert "dropout_1" in go_on(mlp().set_params(dropout=0.5)).network_.names
    assert "dropout_1" not in go_on(mlp(dropout=0.5).set_params(dropout=0)).network_.names
    other = go_on(mlp(dropout=0.5).set_params(dropout=0.25))
    assert [layer.rate for layer in other.network_.layers if layer.kind == "dropout"] == [0.25]


def test_a_new_dropout_leaves_the_weights_where_they_were():
    model = mlp()
    weights = dict(model.network_.named_parameters())
    network = network_to_train(model.set_params(dropout=0.5), model._fitted)
    for name, array in network.named_parameters():
        np.testing.assert_array_equal(array, weights[name])
        assert not np.may_share_memory(array, weights[name])


def test_another_algorithm_is_no_other_network():
    model = cnn(conv_algorithm="direct").set_params(conv_algorithm="winograd", warm_start=True)
    assert model.fit(X, Y).network_.config()[0]["algorithm"] == "winograd"


@pytest.mark.parametrize(
    "edit",
    [
        lambda model: model.add_classes([3]),
        lambda model: model.drop_classes([1]),
        lambda model: model.merge_classes({0: [0, 1]}),
    ],
)
@pytest.mark.parametrize("use_bias", [True, False])
def test_layers_of_ones_own_go_on_after_their_classes_were_edited(edit, use_bias):
    layers = [Conv2D(2), ReLU(), Flatten(), Linear(3, use_bias=use_bias)]
    edited = edit(cnn(architecture=layers))
    labels = edited.classes_
    chosen = np.isin(Y, labels)
    assert edited.fit(X[chosen], Y[chosen]).coefs_[-1].shape[1] == len(labels)


# -- partial_fit, one epoch with one optimizer and the next with another ---------------------

SOLVERS = [
    {"solver": "sgd"},
    {"solver": "sgd", "momentum": 0.0},
    {"solver": "adam"},
    {"ema_decay": 0.9},
    {"solver": "adam", "ema_decay": 0.5},
]


def raw_weights(model):
    """What training goes on from; with a running mean, these are not what predicts."""
    apart = model._fitted.paused_training.arrays
    return apart.get("params", model.network_.params)


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(SOLVERS, 2)))
def test_partial_fit_goes_on_with_another_solver(first, second):
    every = {"solver": "sgd", "momentum": 0.9, "ema_decay": None}
    model = mlp(**every | first).partial_fit(X, Y)
    before = raw_weights(model).copy()
    model.set_params(**every | second, learning_rate_init=1e-12).partial_fit(X, Y)
    assert model.n_iter_ == 4
    np.testing.assert_allclose(raw_weights(model), before, atol=0.005)


def test_a_new_solver_begins_as_a_new_one_does():
    model = mlp().partial_fit(X, Y).partial_fit(X, Y).set_params(solver="adam")
    model.partial_fit(X, Y)
    assert model._fitted.paused_training.counters["optimizer_steps"] == 1


def test_the_same_solver_keeps_its_momentum():
    model = mlp().partial_fit(X, Y).partial_fit(X, Y)
    assert model._fitted.paused_training.arrays["optimizer.velocity"].any()
    assert model._fitted.paused_training.counters["optimizer_steps"] == 2


def test_what_a_callback_kept_of_one_call_is_not_changed_by_the_next():
    class Keeper(Callback):
        def on_train_end(self, trainer):
            kept.append((trainer.network.params, trainer.optimizer.velocity))

    kept = []
    model = mlp(callbacks=[Keeper()]).partial_fit(X, Y)
    before = [array.copy() for array in kept[-1]]
    model.partial_fit(X, Y)
    for array, there in zip(kept[-2], before, strict=True):
        np.testing.assert_array_equal(array, there)
    # Nor does it change the model.
    for array in kept[-1]:
        array[...] = np.nan
    assert np.isfinite(model.predict_proba(X)).all()
    assert np.isfinite(model.partial_fit(X, Y).loss_)


def test_a_call_that_fails_leaves_optimizer_and_weights_as_they_were():
    class Failing(Callback):
        def on_step_end(self, trainer):
            raise RuntimeError("after the step")

    model = mlp().partial_fit(X, Y)
    twin = copy.deepcopy(model)
    with pytest.raises(RuntimeError, match="after the step"):
        model.set_params(callbacks=[Failing()]).partial_fit(X, Y)
    model.set_params(callbacks=None).partial_fit(X, Y)
    twin.partial_fit(X, Y)
    np.testing.assert_array_equal(model.network_.values, twin.network_.values)


def test_a_running_mean_that_is_new_starts_at_the_weights_of_now():
    model = mlp().partial_fit(X, Y)
    before = raw_weights(model).copy()
    model.set_params(ema_decay=0.99, learning_rate_init=1e-12).partial_fit(X, Y)
    np.testing.assert_allclose(model.network_.params, before, atol=0.005)


# -- the scaling, which stays ----------------------------------------------------------------


@pytest.mark.parametrize(("name", "other"), [("scaling", "per_pixel"), ("scaled_std", 2.0)])
@pytest.mark.parametrize("bring", BRING, ids=lambda bring: bring.__name__)
def test_another_scaling_is_told_to_have_no_effect(name, other, bring, go_on):
    model = bring(mlp()).set_params(**{name: other})
    with pytest.warns(
        UserWarning, match=f"{name} is {other!r}, but .*, and that scaling stays"
    ) as w:
        go_on(model)
    assert w[0].filename == __file__


@pytest.mark.parametrize("scaling", ["pixels", "per_pixel", "standard", None])
@pytest.mark.parametrize("bring", BRING, ids=lambda bring: bring.__name__)
def test_the_same_scaling_is_no_matter(scaling, bring, go_on):
    go_on(bring(mlp(scaling=scaling, scaled_std=2.0)))


def test_no_scaling_has_no_standard_deviation(go_on):
    go_on(mlp(scaling=None).set_params(scaled_std=2.0))


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_packaged_models_go_on_as_they_come(name):
    faces = RNG.integers(0, 256, (8, 48, 48), dtype=np.uint8)
    model = load_pretrained(name).set_params(warm_start=True, max_iter=1, early_stopping=False)
    model.fit(faces, np.arange(8) % 7)
