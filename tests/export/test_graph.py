"""Estimators in ONNX's operators, before onnx comes into it."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERCNNClassifier, FERMLPClassifier, layers
from fernet.export.graph import _ANSWERS, _MAKERS, estimator_graph, features_graph
from fernet.layers import BatchNorm, Conv2D, Flatten, GlobalAvgPool2D, Linear, ReLU, Residual
from fernet.layers.kinds import known_layers


def test_every_layer_has_a_counterpart():
    # those of examples and of other tests are known too
    own = {kind for kind, layer in known_layers().items() if layer.__name__ in layers.__all__}
    assert set(_MAKERS) == own - {"residual"}


def test_a_layer_of_ones_own_has_none(images, labels, monkeypatch):
    model = FERMLPClassifier((4,), max_iter=1).fit(images, labels)
    monkeypatch.delitem(_MAKERS, "relu")
    with pytest.raises(ValueError, match=r"layer ReLU\(\) has no ONNX counterpart; expected: add"):
        estimator_graph(model, "images", (64,))


def test_predictions_need_not_watch_the_weights_afterwards(images, labels):
    model = FERMLPClassifier((4,), max_iter=1).fit(images, labels)
    estimator_graph(model, "images", (64,))
    assert not model._fitted.network.is_shared


def test_mirror_images_of_what_is_no_image_are_refused(labels):
    rows = np.random.default_rng(0).normal(size=(30, 7))
    model = FERMLPClassifier((), max_iter=1).fit(rows, labels).set_params(average_flips=True)
    with pytest.raises(ValueError, match="average_flips is True, but the model was fitted on rows"):
        estimator_graph(model, "images", (7,))


def test_each_operator_reads_what_is_there_and_makes_something_new(images, labels):
    layers = [Residual([Conv2D(1), BatchNorm(), ReLU()]), Flatten(), Linear(3)]
    model = FERCNNClassifier(layers, max_iter=1, average_flips=True).fit(images, labels)

    graph = estimator_graph(model, "images", (8, 8, 1))

    known = {"images", *graph.constants}
    for op in graph.ops:
        assert set(op.inputs) <= known
        assert op.output not in known
        known.add(op.output)
    read = {name for op in graph.ops for name in op.inputs}
    assert known - read == {graph.output} == {"probabilities"}


def test_what_predictions_leave_out_is_left_out(images, labels):
    model = FERCNNClassifier([Flatten(), Linear(3)], max_iter=1).fit(images / 255, labels)
    kinds = [op.kind for op in estimator_graph(model, "images", (8, 8, 1)).ops]
    assert kinds == ["Cast", "Transpose", "Transpose", "Reshape", "Gemm", "Softmax", "Max"]


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(2), ReLU(), Flatten(), Linear(3)],
        [Conv2D(2), ReLU(), Conv2D(3), GlobalAvgPool2D()],
    ],
    ids=["rows", "planes"],
)
def test_features_come_as_rows(images, labels, layers):
    model = FERCNNClassifier(layers, max_iter=1, average_flips=True).fit(images, labels)
    graph = features_graph(model, "images")
    assert graph.output == graph.ops[-1].output == "features"
    assert {"Conv", "Softmax", "Slice"}.intersection(op.kind for op in graph.ops) == {"Conv"}
    assert not model._fitted.network.is_shared


@pytest.mark.parametrize("name", _ANSWERS)
@pytest.mark.parametrize("write", [lambda m: estimator_graph(m, "images", (64,)),
                                   lambda m: features_graph(m, "images")])  # fmt: skip
def test_a_class_that_answers_otherwise_is_refused(images, labels, name, write):
    overriding = type("Overriding", (FERMLPClassifier,), {name: lambda self, X: X})
    overriding.__init__ = FERMLPClassifier.__init__
    model = overriding((4,), max_iter=1).fit(images, labels)
    with pytest.raises(ValueError, match=f"model is a Overriding, which overrides {name}; an ONNX"):
        write(model)


def test_a_class_that_only_learns_otherwise_is_taken(images, labels):
    class Quick(FERMLPClassifier):
        def fit(self, X, y):
            return super().fit(X[:20], y[:20])

    assert estimator_graph(Quick((4,), max_iter=1).fit(images, labels), "images", (64,)).ops
