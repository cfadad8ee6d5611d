"""The words that parameters take are those that their checks, registries and recipes know."""

from __future__ import annotations

from typing import get_args

import pytest

from fernet.augmentation import named_augmentation
from fernet.estimators import FERCNNClassifier, FERMLPClassifier, words
from fernet.layers.conv2d import ALGORITHMS
from fernet.schedules import SCHEDULES


def test_the_words_are_those_of_the_registries():
    assert set(get_args(words.ScheduleName)) == set(SCHEDULES)
    assert set(get_args(words.ConvAlgorithm)) == set(ALGORITHMS)
    assert all(named_augmentation(name) for name in get_args(words.AugmentationName))


PARAMETERS = {
    "solver": words.Solver,
    "schedule": words.ScheduleName,
    "augmentation": words.AugmentationName,
    "scaling": words.Scaling,
    "freeze": words.Freeze,
    "backend": words.Backend,
    "conv_algorithm": words.ConvAlgorithm,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_takes_its_words_and_no_others(name):
    estimator = FERCNNClassifier if name == "conv_algorithm" else FERMLPClassifier
    for word in get_args(PARAMETERS[name]):
        estimator(**{name: word})._validate_params()
    with pytest.raises(ValueError, match=name):
        estimator(**{name: "no such word"})._validate_params()
