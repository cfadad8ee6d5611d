"""Linear layer: shapes, first values, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from fernet.layers import Linear


def test_weights_are_inputs_by_outputs_and_only_they_decay():
    layer = Linear(7)
    assert layer.decayed_shapes((2304,)) == {"weight": (2304, 7)}
    assert layer.undecayed_shapes((2304,)) == {"bias": (7,)}
    assert layer.output_shape((2304,)) == (7,)


def test_a_layer_may_go_without_bias():
    assert Linear(7, use_bias=False).undecayed_shapes((3,)) == {}


def test_biases_start_at_zero_and_weights_do_not():
    params = {"weight": np.full((30, 20), np.nan, np.float32), "bias": np.ones(20, np.float32)}
    Linear(20).initialize(params, np.random.default_rng(0))
    assert not params["bias"].any()
    assert np.isfinite(params["weight"]).all()
    assert params["weight"].any()


def test_rows_of_several_axes_are_refused():
    with pytest.raises(ValueError, match=r"\(48, 48, 1\).*Flatten"):
        Linear(7).output_shape((48, 48, 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_outputs": 0}, "n_outputs is 0"),
        ({"n_outputs": 1.5}, "n_outputs is 1.5; expected a whole number"),
        ({"n_outputs": 2, "initializer": "zeros"}, "'zeros'"),
        ({"n_outputs": 2, "use_bias": "False"}, "use_bias is 'False'; expected True or False"),
    ],
)
def test_senseless_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Linear(**arguments)
