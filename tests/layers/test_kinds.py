"""Kinds: each names one class, and fernet's name fernet's."""

from __future__ import annotations

import pytest

from fernet.layers import Layer, Linear, ReLU, Residual, layer_from_config
from fernet.layers.kinds import check_kind


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'convolutoin' is unknown.*linear"):
        layer_from_config({"kind": "convolutoin"})


def test_an_unknown_argument_is_refused():
    with pytest.raises(ValueError, match="'dropout' does not take"):
        layer_from_config({"kind": "dropout", "rate": 0.1, "axis": 1})


def test_a_class_of_ones_own_is_found_by_its_kind():
    class Twice(Layer):
        kind = "twice"

    assert type(layer_from_config({"kind": "twice"})) is Twice


def test_a_class_never_stands_in_for_a_layer_of_fernets():
    class Inheriting(Linear):
        pass

    class Named(Layer):
        kind = "relu"

    assert type(layer_from_config(Linear(2).config())) is Linear
    assert type(layer_from_config({"kind": "relu"})) is ReLU
    block = layer_from_config(Residual([ReLU(), Linear(2)]).config())
    assert [type(layer) for layer in block.branch] == [ReLU, Linear]
    with pytest.raises(ValueError, match=r"Inheriting, .*no kind of its own, but the inherited 'l"):
        check_kind(Inheriting(2))
    with pytest.raises(ValueError, match=r"Named, .* has the kind 'relu', which is that of fernet"):
        check_kind(Named())


def test_a_base_of_ones_own_needs_no_kind_and_its_layers_do():
    class Base(Layer):
        pass

    class Given(Base):
        kind = "given by a base's subclass"

    check_kind(Given())
    with pytest.raises(ValueError, match="Base, a class of layers, has no kind; expected one in"):
        check_kind(Base())


def test_a_class_may_get_its_kind_after_it_is_made():
    made_empty = type("MadeEmpty", (Linear,), {"__module__": "elsewhere"})
    made_empty.kind = "made empty"
    check_kind(made_empty(2))
    assert type(layer_from_config({"kind": "made empty", "n_outputs": 3})) is made_empty
