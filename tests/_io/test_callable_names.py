"""Names of functions and other callables, by what they do."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import f1_score, make_scorer

from fernet._io.callable_names import callable_name, object_name
from fernet.schedules import Schedule

try:
    import cloudpickle
except ImportError:  # joblib before 1.6 has it within
    from joblib.externals import cloudpickle


def share(model, X, y, power=1.0):
    return model.score(X, y) ** power


def share_of(*labels, **places):
    def share_of_labels(model, X, y):
        return model.score(X[np.isin(y, labels)], y[np.isin(y, labels)]) + len(places)

    return share_of_labels


def nested(least):
    return lambda model, X, y: max(score > least for score in (model.score(X, y), 0.5))


class ShareOf:
    def __init__(self, label):
        self.label = label

    def __call__(self, model, X, y):
        return self.score(model, X, y)

    def score(self, model, X, y):
        return model.score(X[y == self.label], y[y == self.label])


def wrapped(name):
    @functools.wraps(share)
    def scorer(model, X, y):
        return share(model, X, y, name)

    return scorer


OTHERS = {
    "code": (lambda m, X, y: m.score(X, y), lambda m, X, y: -m.score(X, y)),
    "constants": (lambda m, X, y: 1, lambda m, X, y: 1.0),
    "names": (lambda m, X, y: m.a(X), lambda m, X, y: m.b(X)),
    "code within": (lambda m, X, y: [1 for _ in X], lambda m, X, y: [2 for _ in X]),
    "defaults": (lambda m, X, y, k=1: k, lambda m, X, y, k=2: k),
    "keyword defaults": (lambda m, X, y, *, k=1: k, lambda m, X, y, *, k=2: k),
    "closures": (share_of("a"), share_of("b")),
    "arrays closed over": (share_of(np.arange(2000)), share_of(np.arange(2000) % 1500)),
    "lists closed over": (share_of(["a"]), share_of(["a", "b"])),
    "mappings closed over": (share_of(a=1), share_of(a=2)),
    "closures of one name": (wrapped(1), wrapped(2)),
    "attributes": (ShareOf("a"), ShareOf("b")),
    "methods of objects": (ShareOf("a").score, ShareOf("b").score),
    "classes": (ShareOf, str),
    "arguments": (functools.partial(share, power=1), functools.partial(share, power=2)),
    "functions with arguments": (functools.partial(nested(1)), functools.partial(nested(2))),
    "averages": (make_scorer(f1_score, average="macro"), make_scorer(f1_score, average="micro")),
    "scored functions": (make_scorer(lambda y, p: 1), make_scorer(lambda y, p: 2)),
}


@pytest.mark.parametrize("what", OTHERS)
def test_callables_are_told_apart_by_their(what):
    first, second = map(callable_name, OTHERS[what])
    assert first != second
    assert "0x" not in first + second


@pytest.mark.parametrize(
    "make",
    [
        lambda: share_of("a", frozenset("abc"), ["b"], {"c": 1}),
        lambda: nested(0.5),
        lambda: ShareOf("a"),
        lambda: ShareOf("a").score,
        lambda: functools.partial(share, power=2),
        lambda: make_scorer(lambda y, p: 1, greater_is_better=False),
    ],
)
def test_what_is_made_anew_has_the_same_name(make):
    assert callable_name(make()) == callable_name(make())


def test_functions_that_lead_to_themselves_have_names():
    def scorer(model, X, y, again=False):
        return later(scorer) if again else 1.0

    unset = callable_name(scorer)
    later = callable_name
    assert unset != callable_name(scorer)


SCRIPT = """
import functools
from sklearn.metrics import balanced_accuracy_score, f1_score, make_scorer
from fernet._io.callable_names import callable_name

def known(words):
    return lambda model, X, y: {"a", "b", "c", "d"} >= words and y[0] in {"sad", "happy", "angry"}

class Scorer:
    def __init__(self):
        self.words = {"sad", "happy", "angry"}

    def __call__(self, model, X, y):
        return 0.0

scorers = [known({"sad", "happy", "angry"}), known(Scorer()), Scorer(), f1_score,
           make_scorer(f1_score, average="macro"), functools.partial(f1_score, labels=["a"]),
           make_scorer(lambda y, predicted: balanced_accuracy_score(y, predicted))]
print(*map(callable_name, scorers), sep="\\n")
"""


def test_names_are_the_same_in_another_process():
    names = [
        subprocess.run(
            [sys.executable, "-P", "-c", SCRIPT],
            env=dict(os.environ, PYTHONHASHSEED=seed),
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert len(set(names[0].splitlines())) == 7
    assert names[0] == names[1]


def made(base=Schedule, *, by=0.5, attribute=1, method=lambda self, x: x + 1):
    class Made(base):
        constant = attribute
        extra = method

        def factor(self, epoch, n_epochs):
            return by**epoch

        @property
        def double(self):
            return 2 * self.constant

    return Made()


def test_objects_of_ones_own_classes_are_told_by_what_they_do():
    name = object_name(made())
    assert object_name(made()) == name
    for other in (made(by=0.9), made(attribute=2), made(method=lambda self, x: x + 2)):
        assert object_name(other) != name
    derived = [object_name(made(type(made(by=by)))) for by in (0.5, 0.9)]
    assert derived[0] != derived[1]


def test_what_an_object_keeps_for_itself_is_not_told():
    name, kept = object_name(made()), made()
    kept._cache = [1, 2]
    assert object_name(kept) == name
    kept.decay = 3
    assert object_name(kept) != name


def test_an_object_has_the_same_name_once_it_went_to_another_process():
    twin = cloudpickle.loads(cloudpickle.dumps(made()))
    assert object_name(twin) == object_name(made())
