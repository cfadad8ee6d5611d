"""From parameters to the parts of a training."""

from __future__ import annotations

from fernet import FERMLPClassifier
from fernet._training.optimizers import SGD, Adam
from fernet.augmentation import Augmentation
from fernet.estimators import setup
from fernet.schedules import CosineSchedule, ExponentialSchedule


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
