"""Parameters and attributes that the classifiers share: said once, and said of each."""

from __future__ import annotations

import ast
import inspect
import re

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.estimators.parameters import CONSTRAINTS, hidden_sizes
from fernet.estimators.shared_text import with_shared_text

CLASSIFIERS = pytest.mark.parametrize("cls", [FERMLPClassifier, FERCNNClassifier])


def section(cls, title):
    """Names that a section of the docstring describes, in its order."""
    text = inspect.getdoc(cls).split(f"{title}\n{'-' * len(title)}\n")[1].split("\n\n")[0]
    lines = re.findall(r"^(\w[\w, ]*?) : ", text, re.MULTILINE)
    return [name for line in lines for name in line.split(", ")]


@CLASSIFIERS
def test_every_parameter_is_described_in_the_order_of_the_signature(cls):
    assert section(cls, "Parameters") == list(inspect.signature(cls).parameters)


@CLASSIFIERS
def test_every_described_default_is_the_signatures(cls):
    text = inspect.getdoc(cls)
    for name, parameter in inspect.signature(cls).parameters.items():
        if said := re.search(rf"^{name} : .*default=(.*)$", text, re.MULTILINE):
            assert ast.literal_eval(said[1]) == parameter.default


@CLASSIFIERS
def test_every_parameter_is_assigned_as_it_is_given(cls):
    given = {name: object() for name in inspect.signature(cls).parameters}
    assert cls(**given).get_params(deep=False) == given


@CLASSIFIERS
def test_a_class_has_three_bases_at_most(cls):
    ours = [base for base in cls.__mro__ if base.__module__.startswith("fernet.")]
    assert max(len(base.__bases__) for base in ours) <= 3


@CLASSIFIERS
def test_every_parameter_is_limited(cls):
    assert set(cls._parameter_constraints) == set(inspect.signature(cls).parameters)
    assert CONSTRAINTS.items() <= cls._parameter_constraints.items()


@CLASSIFIERS
def test_every_described_attribute_is_there(cls):
    model = cls(max_iter=1).fit(np.zeros((4, 1)), [0, 1, 0, 1])
    assert all(hasattr(model, name) for name in section(cls, "Attributes") if "feature" not in name)


def test_a_class_without_a_docstring_is_left_as_it_is():
    class Bare(BaseEstimator):
        pass

    Bare.__doc__ = None
    assert with_shared_text(Bare).__doc__ is None


@pytest.mark.parametrize(
    ("given", "sizes"), [(9, [9]), ([9, 8], [9, 8]), ((), []), (np.array([3, 2]), [3, 2])]
)
def test_hidden_layers_may_be_one_or_several(given, sizes):
    assert hidden_sizes(FERMLPClassifier(given)) == sizes
