"""Architectures given as lists: layers of one's own are called as they are."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from fernet import FERCNNClassifier, load_pretrained, save_model
from fernet.export.graph import estimator_graph
from fernet.layers import (
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
)

try:
    import cloudpickle
except ImportError:  # joblib before 1.6 has it within
    from joblib.externals import cloudpickle

X = np.random.default_rng(0).integers(0, 256, (24, 8, 8), dtype=np.uint8)
Y = np.arange(24) % 3


def shifted(base):
    """A subclass whose outputs are 1 more in each pass; gradients are the base's."""

    class Shifted(base):
        kind = f"shifted {base.kind}"

        def forward(self, ctx, pass_ctx):
            super().forward(ctx, pass_ctx)
            ctx.y += 1

    return Shifted


class Leaky(Layer):
    kind = "leaky in a test of architectures"
    backward_reads = frozenset({"x"})

    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, ctx, pass_ctx):
        ctx.y[...] = np.where(ctx.x > 0, ctx.x, self.slope * ctx.x)

    def backward(self, ctx, pass_ctx):
        ctx.dx[...] = np.where(ctx.x > 0, ctx.dy, self.slope * ctx.dy)


def fit(*middle, **kwargs):
    layers = [Conv2D(4), *middle, Linear(3)]
    return FERCNNClassifier(layers, max_iter=1, random_state=0, **kwargs).fit(X, Y)


OVERRIDDEN = [
    ([shifted(ReLU)(), Flatten()], 0),
    ([shifted(BatchNorm)(), ReLU(), Flatten()], 0),
    ([ReLU(), shifted(MaxPool2D)(2), Flatten()], 1),
    ([shifted(Dropout)(0.0), Flatten()], 0),
    ([ReLU(), shifted(Flatten)()], 1),
    ([ReLU(), shifted(GlobalAvgPool2D)()], 1),
    ([shifted(Conv2D)(2), ReLU(), MaxPool2D(2), Flatten()], 0),
    ([Flatten(), shifted(Linear)(4), ReLU()], 1),
]


@pytest.mark.parametrize(("middle", "place"), OVERRIDDEN, ids=repr)
def test_an_overridden_forward_is_called_wherever_the_network_runs(middle, place):
    """Its outputs are those of the base plus one, in predictions and, by the loss, in training."""
    model = fit(*middle)
    assert not np.array_equal(model.loss_, fit(*as_bases(middle)).loss_)
    features = plain_twin(model, middle)
    names = model.network_.names, features.network_.names
    both = [m.embed(X, n[place + 1]) for m, n in zip((model, features), names, strict=True)]
    np.testing.assert_allclose(both[0], both[1] + 1, rtol=1e-5, atol=1e-4)
    end = names[0][-2]
    logits = model.embed(X, end).reshape(len(X), -1) @ model.coefs_[-1] + model.intercepts_[-1]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    wanted = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), wanted, rtol=1e-3, atol=1e-6)


def as_bases(layers):
    """The same layers of fernet's own classes."""
    return [_base_of(layer) for layer in layers]


def _base_of(layer):
    base = next(cls for cls in type(layer).__mro__ if cls.__module__.startswith("fernet."))
    return base(**{k: v for k, v in layer.config().items() if k != "kind"})


def plain_twin(model, middle):
    """A model of fernet's own layers with the same weights."""
    twin = fit(*as_bases(middle))
    network = twin.network_
    network.values[...] = model.network_.values
    return twin


def test_what_overrides_nothing_predicts_as_its_base():
    class Wide(Conv2D):
        kind = "wide"

        def __init__(self, n_filters=8):
            super().__init__(n_filters, 5)

    own, base = (
        fit(layer, BatchNorm(), ReLU(), MaxPool2D(2), Flatten()) for layer in (Wide(), Conv2D(8, 5))
    )
    np.testing.assert_array_equal(own.predict_proba(X), base.predict_proba(X))


@pytest.mark.parametrize("layer", [shifted(ReLU)(), Leaky(), Residual([Leaky()])], ids=repr)
def test_neither_a_file_nor_onnx_takes_a_layer_of_ones_own(layer, tmp_path):
    model = fit(layer, Flatten())
    with pytest.raises(ValueError, match="a class of one's own; a model file holds fernet's"):
        save_model(model, tmp_path / "own.safetensors")
    with pytest.raises(ValueError, match="has no ONNX counterpart"):
        estimator_graph(model, "images", (64,))


def test_a_layer_without_a_kind_of_its_own_is_named_before_the_training():
    class Tanh(ReLU):
        pass

    with pytest.raises(ValueError, match=r"^architecture\[1\]: Tanh, .*no kind of its own, but"):
        fit(Tanh(), Flatten())


def test_a_subclass_changes_no_other_network():
    faces = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    before = load_pretrained("cnn").predict_proba(faces)

    class Doubled(Conv2D):
        def forward(self, ctx, pass_ctx):
            super().forward(ctx, pass_ctx)
            ctx.y *= 2

    class Swish(Layer):
        kind = "relu"

    np.testing.assert_array_equal(load_pretrained("cnn").predict_proba(faces), before)
    assert {Doubled, Swish}.isdisjoint(map(type, load_pretrained("cnn").network_.layers))


def test_two_classes_of_one_kind_are_not_taken_for_each_other():
    def leaky(slope):
        class Own(Leaky):
            kind = "one kind"

            def forward(self, ctx, pass_ctx):
                ctx.y[...] = np.where(ctx.x > 0, ctx.x, slope * ctx.x)

        return Own()

    first, second = (fit(leaky(slope), Flatten()) for slope in (0.5, 0.0))
    for model in (first, second):
        for twin in (copy.deepcopy(model), cloudpickle.loads(cloudpickle.dumps(model))):
            np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("layer", [Leaky(0.3), Residual([Leaky(0.3)])], ids=repr)
def test_a_layer_of_ones_own_goes_through_pickle(layer):
    model = fit(layer, Flatten())
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))


def test_a_layer_of_ones_own_is_searched_in_other_processes():
    class Local(Layer):
        """No process finds it by its name, so that it goes as a whole."""

        kind = "local"
        backward_reads = frozenset({"x"})

        def forward(self, ctx, pass_ctx):
            ctx.y[...] = np.abs(ctx.x)

        def backward(self, ctx, pass_ctx):
            ctx.dx[...] = np.sign(ctx.x) * ctx.dy

    layers = [Conv2D(2), Local(), GlobalAvgPool2D(), Linear(3)]
    model = FERCNNClassifier(layers, max_iter=1, random_state=0)
    scores = [cross_val_score(model, X, Y, cv=2, n_jobs=n, error_score="raise") for n in (1, 2)]
    np.testing.assert_array_equal(*scores)


def test_a_fitted_network_keeps_its_layers_when_the_given_ones_change():
    conv = Conv2D(4)
    layers = [conv, ReLU(), GlobalAvgPool2D(), Linear(3)]
    model = FERCNNClassifier(layers, max_iter=1, random_state=0).fit(X, Y)
    before = model.predict_proba(X)
    conv.n_filters = 8
    np.testing.assert_array_equal(model.predict_proba(X), before)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), before)
    assert model.get_params()["architecture"] is layers
    assert clone(model).fit(X, Y).coefs_[0].shape[-1] == 8


class Tanh(Layer):
    """Says nothing of what its backward reads."""

    kind = "tanh in a test of architectures"
    by_output = False

    def forward(self, ctx, pass_ctx):
        np.tanh(ctx.x, out=ctx.y)

    def backward(self, ctx, pass_ctx):
        y = ctx.y if self.by_output else np.tanh(ctx.x)
        if ctx.dx is not None:
            np.multiply(ctx.dy, 1 - y**2, out=ctx.dx)


class TanhByOutput(Tanh):
    kind = "tanh by its output in a test of architectures"
    by_output = True


class DeclaredTanh(Tanh):
    kind = "declared tanh in a test of architectures"
    backward_reads = frozenset({"x"})

    def backward(self, ctx, pass_ctx):
        super().backward(ctx, pass_ctx)


@pytest.mark.parametrize("behind", [[], [Dropout(0.5)], [ReLU()]], ids=repr)
def test_what_the_backward_of_a_layer_of_ones_own_reads_is_kept_for_it(behind):
    def trained(activation):
        middle = [layer for _ in range(2) for layer in (activation(), *behind, Conv2D(4))]
        return fit(*middle, Flatten()).network_.values

    expected = trained(DeclaredTanh)
    np.testing.assert_array_equal(trained(Tanh), expected)
    np.testing.assert_array_equal(trained(TanhByOutput), expected)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_a_dropout_whose_backward_is_ones_own_does_nothing_in_a_prediction(rate):
    class Straight(Dropout):
        kind = "straight dropout in a test of architectures"

        def backward(self, ctx, pass_ctx):
            if ctx.dx is not None:
                np.copyto(ctx.dx, ctx.dy)

    model = fit(ReLU(), Residual([Straight(rate)]), Flatten())
    np.testing.assert_array_equal(model.embed(X, "add_1"), 2 * model.embed(X, "relu_1"))


def test_a_warm_start_takes_the_layer_that_is_given_now():
    def scaled(factor):
        class Scale(Layer):
            kind = "scale in a test of warm starts"

            def forward(self, ctx, pass_ctx):
                np.multiply(ctx.x, factor, out=ctx.y)

            def backward(self, ctx, pass_ctx):
                np.multiply(ctx.dy, factor, out=ctx.dx)

        return [Conv2D(4), ReLU(), Scale(), Flatten(), Linear(3)]

    model = fit(Flatten()).set_params(architecture=scaled(1.0)).fit(X, Y)
    model.set_params(architecture=scaled(3.0), warm_start=True).fit(X, Y)
    assert model.network_.layers[2].forward.__closure__[0].cell_contents == 3.0
