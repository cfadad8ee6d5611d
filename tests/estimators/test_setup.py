"""From parameters to the parts of a training."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet._training.optimizers import SGD, Adam
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.estimators import setup
from fernet.schedules import CosineSchedule, ExponentialSchedule, Schedule


def test_solver_and_its_parameters_make_the_optimizer():
    sgd = setup.make_optimizer(FERMLPClassifier(momentum=0.5, nesterov=True, weight_decay=0.1))
    assert isinstance(sgd, SGD)
    assert (sgd.momentum, sgd.nesterov, sgd.weight_decay) == (0.5, True, 0.1)
    adam = setup.make_optimizer(FERMLPClassifier(solver="adam", beta_1=0.8, epsilon=1e-7))
    assert isinstance(adam, Adam)
    assert (adam.beta_1, adam.beta_2, adam.epsilon) == (0.8, 0.999, 1e-7)


def test_learning_rate_decay_belongs_to_the_exponential_schedule():
    assert setup.find_schedule(FERMLPClassifier(learning_rate_decay=0.9)) == ExponentialSchedule(
        0.9
    )
    assert setup.find_schedule(FERMLPClassifier(schedule="cosine")) == CosineSchedule()
    given = CosineSchedule(0.2)
    assert setup.find_schedule(FERMLPClassifier(schedule=given)) is given


def test_an_augmentation_may_be_named_described_or_given():
    flip = Augmentation(flip="random")
    for value in ("flip", {"flip": "random"}, flip):
        assert setup.find_augmentation(FERMLPClassifier(augmentation=value)) == flip


def compact(**settings):
    return FERCNNClassifier("compact", width=8, **settings)


def images_and_labels(n=130):
    rng = np.random.default_rng(0)
    return rng.random((n, 12, 12), dtype=np.float32), np.arange(n) % 3


@pytest.mark.parametrize(
    "dtype", [np.int8, np.uint8, np.int16, np.uint64], ids=lambda t: t.__name__
)
def test_numpys_small_whole_numbers_train_as_pythons(dtype):
    X, y = images_and_labels()
    whole = {"batch_size": 100, "max_iter": 2, "n_iter_no_change": 1}
    numpys = {name: np.dtype(dtype).type(value) for name, value in whole.items()}
    for make in (FERMLPClassifier, compact):
        expected, found = (make(**settings, random_state=0) for settings in (whole, numpys))
        np.testing.assert_array_equal(
            found.fit(X, y).predict_proba(X), expected.fit(X, y).predict_proba(X)
        )


@pytest.mark.parametrize("architecture", ["compact", "resnet18", "resnet50"])
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_numpys_small_widths_make_the_same_layers(dtype, architecture):
    estimators = (
        FERCNNClassifier(architecture, width=width) for width in (96, np.dtype(dtype).type(96))
    )
    expected, found = (
        [layer.config() for layer in each._layers(7, (48, 48, 1))] for each in estimators
    )
    assert found == expected


@pytest.mark.parametrize(
    "name", ["learning_rate_init", "momentum", "dropout", "label_smoothing", "clip_norm"]
)
def test_so_do_numpys_small_floats(name):
    X, y = images_and_labels()
    expected, found = (
        FERMLPClassifier((8,), max_iter=2, random_state=0, **{name: value}).fit(X, y)
        for value in (0.125, np.float16(0.125))
    )
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))


class Hidden(Schedule):
    """Keeps its argument under another name."""

    def __init__(self, share):
        self._share = share

    def factor(self, epoch, n_epochs):
        return self._share


def test_a_schedule_that_hides_an_argument_is_named_where_trainings_are_told_apart(tmp_path):
    X, y = images_and_labels(20)
    model = FERMLPClassifier((4,), max_iter=1, schedule=Hidden(0.5), random_state=0)
    assert "schedule=Hidden(share=...)" in repr(model.fit(X, y))
    for needing in (
        model.set_params(checkpoint=tmp_path / "run"),
        clone(model).set_params(checkpoint=None, callbacks=Callback()),
    ):
        with pytest.raises(ValueError, match="Hidden takes share, but its object has no attribute"):
            clone(needing).fit(X, y)
    with pytest.raises(ValueError, match="Hidden takes share, but its object has no attribute"):
        model.fit(X, y)


BEHIND_LINEAR = {"filters": ((4, 1),), "hidden_layer_sizes": (6,), "batch_norm": True}


def test_batches_of_one_image_are_warned_of_where_a_norm_learns_from_several():
    X, y = images_and_labels(12)
    model = FERCNNClassifier(**BEHIND_LINEAR, batch_size=1, max_iter=1, random_state=0)
    said = r"of one image, which has a single value for each channel of batch_norm_2:"
    with pytest.warns(UserWarning, match=said):
        model.fit(X, y)
    with pytest.warns(UserWarning, match=said):
        model.set_params(batch_size=8).partial_fit(X[:1], y[:1])


@pytest.mark.parametrize("settings", [{"batch_size": 11}, {"hidden_layer_sizes": ()}])
def test_a_last_batch_of_one_image_and_norms_of_planes_are_not_warned_of(settings):
    X, y = images_and_labels(12)
    settings = {**BEHIND_LINEAR, "batch_size": 1, **settings}
    model = FERCNNClassifier(**settings, max_iter=3, random_state=0).fit(X, y)
    state = dict(model._fitted.network.named_state())
    assert all((values > 1e-3).all() for name, values in state.items() if "running_var" in name)


def test_clones_draw_seeds_of_their_own_though_the_original_has_a_checkpoint(tmp_path):
    X = np.random.default_rng(0).random((40, 5))
    y = np.arange(40) % 2
    base = FERMLPClassifier((4,), max_iter=1, checkpoint=tmp_path / "run.checkpoint").fit(X, y)
    twins = [clone(base).fit(X, y) for _ in range(3)]
    assert len({twin._fitted.seed for twin in twins}) == 3
    assert clone(base).set_params(random_state=3).fit(X, y)._fitted.seed != base._fitted.seed
