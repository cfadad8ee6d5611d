"""Executables: the calls of a pass, in order, on arrays of all rows."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._engine.workspace import Workspace
from fernet.architectures import vgg
from fernet.layers import BatchNorm, Conv2D, Linear, PassContext, ReLU, Residual


@pytest.mark.parametrize("n_rows", [1, 10, 11, 60])
def test_input_and_output_have_all_rows(n_rows):
    network = Network(vgg(3, filters=((32, 2), (8, 1)), hidden_layer_sizes=(4,)), (48, 48, 1))
    workspace = Workspace(network, 60)
    executable = workspace.executable(n_rows)
    assert executable.x.shape == (n_rows, 48, 48, 1)
    assert executable.y.shape == executable.dy.shape == (n_rows, 3)


def test_rows_that_run_in_groups_read_and_write_their_own():
    network = Network(
        vgg(3, filters=((32, 2), (8, 1)), hidden_layer_sizes=(4,), dropout=0.0), (48, 48, 1)
    )
    network.initialize(0)
    executable = Workspace(network, 25).executable(25)
    assert len({ctx.x.ctypes.data for ctx in executable.contexts if ctx.index == 0}) == 3
    x = np.random.default_rng(0).standard_normal((25, 48, 48, 1), dtype=np.float32)
    executable.x[...] = x
    y = executable.forward(PassContext(_kernels)).copy()
    np.testing.assert_allclose(y, Session(network).predict(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", [Linear(2), BatchNorm()])
def test_gradients_that_nobody_takes_are_an_error(layer):
    executable = Workspace(Network([layer], (3,)), 5, fused_update=True).executable(5)
    executable.forward(PassContext(_kernels, training=True))
    with pytest.raises(ValueError, match="gradient_sink is None"):
        executable.backward(PassContext(_kernels, training=True))


def names(calls):
    return [
        (call.time, getattr(call.function, "__name__", type(call.function).__name__))
        for call in calls
    ]


def test_calls_are_in_the_order_of_the_schedule():
    network = Network([Linear(4), Residual([Linear(4)]), ReLU()], (3,))
    executable = Workspace(network, 5).executable(5)
    assert names(executable.forward_program.calls) == [
        (1, "forward"),
        (2, "forward"),
        (3, "forward"),
    ]
    assert names(executable.backward_program.calls) == [
        (6, "backward"),  # the ReLU, which the sum does in the forward only
        (8, "backward"),
        (9, "_add"),
        (10, "backward"),
    ]


def test_a_steps_loss_stands_between_forward_and_backward():
    def loss(argument, pass_ctx):
        raise AssertionError

    executable = Workspace(Network([Linear(4), ReLU()], (3,)), 5).executable(5)
    calls = executable.step_program(loss, "argument").calls
    assert [name for _, name in names(calls)] == ["forward", "loss", "backward", "backward"]
    assert calls[1].argument == "argument"
    times = [call.time for call in calls]
    assert times == sorted(set(times))


def test_normalisations_are_folded_right_before_the_layer_that_takes_them():
    network = Network([Linear(4), BatchNorm()], (3,))
    calls = Workspace(network, 5, training=False).executable(5).forward_program.calls
    assert names(calls) == [(1, "Fold"), (1, "forward")]


def test_a_recomputed_segment_goes_forward_again_and_adds_its_groups_gradients():
    network = Network([Conv2D(32), ReLU(), Conv2D(8)], (48, 48, 1))
    executable = Workspace(network, 20).executable(20)
    second, first = ["backward", "_add", "_add"], ["backward", "_add", "_add"]
    assert [name for _, name in names(executable.forward_program.calls)] == ["forward"] * 4
    assert [name for _, name in names(executable.backward_program.calls)] == [
        *("forward", "backward", "backward"),
        *("forward", *second, *first),
    ]


def test_gradients_are_handed_over_once_all_groups_have_added_theirs():
    network = Network([Conv2D(32), ReLU(), Conv2D(8)], (48, 48, 1))
    calls = names(Workspace(network, 20, fused_update=True).executable(20).backward_program.calls)
    assert [name for _, name in calls[-2:]] == ["_hand_over", "_hand_over"]
