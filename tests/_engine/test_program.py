"""Programs: passes that play tapes have the bits of passes that call each layer."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels
from fernet._engine import program
from fernet._engine.network import Network
from fernet._engine.program import Call, Program
from fernet._engine.workspace import Workspace
from fernet._kernels import reference
from fernet._kernels.tape import Tape
from fernet._training.fused_updates import FusedUpdates
from fernet._training.optimizers import SGD, Adam
from fernet.layers import (
    Add,
    BatchNorm,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Linear,
    MaxPool2D,
    PassContext,
    ReLU,
    Residual,
)
from fernet.layers.base import GradientSink, is_repeatable, repeatable
from fernet.layers.kinds import known_layers

NETWORKS = {
    "perceptron": ([Dropout(0.2), Linear(8), ReLU(), Dropout(0.3), Linear(4)], (12,)),
    "pooling": ([Conv2D(4), ReLU(), MaxPool2D(), Dropout(0.5), Flatten(), Linear(4)], (6, 6, 1)),
    "branches": (
        [Conv2D(3), BatchNorm(), Residual([Conv2D(3), BatchNorm()]), ReLU(), GlobalAvgPool2D()],
        (6, 6, 2),
    ),
    "groups": ([Conv2D(32), ReLU(), Conv2D(8), ReLU(), MaxPool2D(4)], (48, 48, 1)),
}
N_ROWS = {"groups": 21}


def make(name, optimizer):
    layers, shape = NETWORKS[name]
    network = Network(layers, shape)
    network.initialize(0)
    optimizer.start(network.params)
    return network, FusedUpdates(network, optimizer)


def train(network, sink, executable, n_steps=4, seed=5):
    """Take some steps; return all that they leave."""
    rng, left = np.random.default_rng(1), []
    pass_ctx = PassContext(_kernels, training=True, seed=seed, gradient_sink=sink)
    for step in range(n_steps):
        pass_ctx.step = step
        executable.x[...] = rng.normal(size=executable.x.shape)
        left.append(executable.forward(pass_ctx).copy())
        executable.dy[...] = rng.normal(size=executable.dy.shape)
        if sink is not None:
            sink.begin_step(0.1 / (step + 1))
        executable.backward(pass_ctx)
        left += [network.grads.copy() if sink is None else sink.end_step(), executable.dx.copy()]
    return [*left, network.values.copy()]


def executable_of(network, name, *, fused):
    n = N_ROWS.get(name, 5)
    return Workspace(network, n, input_gradient=True, fused_update=fused).executable(n)


@pytest.fixture
def without_tapes(monkeypatch):
    def call(function, *args):
        with monkeypatch.context() as patch:
            patch.setattr(program, "plays_tapes", False)
            return function(*args)

    return call


def assert_same(results, expected):
    for got, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("optimizer", [SGD(weight_decay=0.1), Adam(weight_decay=0.1), Adam()])
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_steps_have_the_bits_of_steps_without_tapes(name, fused, optimizer, without_tapes):
    results = []
    for run in (lambda function, *args: function(*args), without_tapes):
        network, sink = make(name, optimizer)
        executable = executable_of(network, name, fused=fused)
        results.append(run(train, network, sink if fused else None, executable))
    assert_same(*results)


@pytest.mark.parametrize("name", NETWORKS)
def test_predictions_have_the_bits_of_predictions_without_tapes(name, without_tapes):
    network, _ = make(name, SGD())
    n = N_ROWS.get(name, 5)
    executable = Workspace(network, n, training=False).executable(n)
    x = np.random.default_rng(0).normal(size=executable.x.shape)

    def predict():
        executable.x[...] = x
        return executable.forward(PassContext(_kernels)).copy()

    expected = without_tapes(predict)
    assert_same([predict(), predict()], [expected, expected])


def joined(executable_program):
    return [type(call.argument).__name__ for call in executable_program._joined]


def test_a_perceptrons_step_is_two_tapes():
    network, sink = make("perceptron", SGD())
    executable = executable_of(network, "perceptron", fused=True)
    train(network, sink, executable)
    assert joined(executable.forward_program) == joined(executable.backward_program) == ["Tape"]


def test_so_is_a_whole_step_one_with_a_loss_that_can_be_repeated():
    network, sink = make("perceptron", SGD())
    executable = executable_of(network, "perceptron", fused=True)

    @repeatable
    def loss(factor, pass_ctx):
        pass_ctx.kernels.add_forward(executable.y, executable.y, executable.dy)

    step = executable.step_program(loss, None)
    sink.begin_step(0.1)
    executable.x[...] = 1
    step.run(PassContext(_kernels, training=True, gradient_sink=sink))
    assert joined(step) == ["Tape"]
    np.testing.assert_array_equal(executable.dy, 2 * executable.y)


def test_what_is_not_repeatable_is_called_between_the_tapes():
    network, sink = make("branches", SGD())
    executable = executable_of(network, "branches", fused=True)
    train(network, sink, executable)
    assert "LayerContext" in joined(executable.forward_program)
    assert "Tape" in joined(executable.forward_program)


def test_a_method_that_overrides_a_repeatable_one_runs_in_each_pass():
    class Halved(ReLU):
        kind = "halved"

        def forward(self, ctx, pass_ctx):
            super().forward(ctx, pass_ctx)
            ctx.y *= 0.5

    assert is_repeatable(ReLU().forward)
    assert not is_repeatable(Halved().forward)
    assert is_repeatable(Halved().backward)
    network = Network([Linear(3), Halved()], (3,))
    network.node_params[0]["weight"][...] = np.eye(3)
    executable = Workspace(network, 2, training=False).executable(2)
    for x in (2.0, 4.0):
        executable.x[...] = x
        assert executable.forward(PassContext(_kernels)).max() == x / 2


@pytest.mark.parametrize(
    ("name", "value"), [("momentum", 0.5), ("weight_decay", 0.3), ("nesterov", True)]
)
def test_other_settings_of_the_optimizer_count_from_the_next_step_on(name, value, without_tapes):
    def change_between():
        optimizer = SGD(weight_decay=0.1)
        network, sink = make("perceptron", optimizer)
        executable = executable_of(network, "perceptron", fused=True)
        train(network, sink, executable)
        setattr(optimizer, name, value)
        return train(network, sink, executable)

    assert_same(change_between(), without_tapes(change_between))


def test_a_state_that_starts_anew_is_the_one_that_learns(without_tapes):
    def start_between():
        optimizer = SGD()
        network, sink = make("perceptron", optimizer)
        executable = executable_of(network, "perceptron", fused=True)
        train(network, sink, executable)
        optimizer.start(network.params)
        return [*train(network, sink, executable), optimizer.velocity]

    assert_same(start_between(), without_tapes(start_between))


def test_a_sink_that_says_nothing_of_itself_is_asked_in_each_pass():
    class Sink(GradientSink):
        def __init__(self):
            self.taken = []

        def take(self, index, grads):
            self.taken.append(index)

        def take_linear(self, index, x, dy):
            self.taken.append(index)

    network, sink = Network([Linear(3), ReLU(), Linear(2)], (3,)), Sink()
    executable = Workspace(network, 2, fused_update=True).executable(2)
    pass_ctx = PassContext(_kernels, training=True, gradient_sink=sink)
    for _ in range(2):
        executable.forward(pass_ctx)
        executable.backward(pass_ctx)
    assert sink.taken == [2, 0, 2, 0]


@pytest.mark.parametrize(
    ("kernels", "dtype", "training"),
    [(reference, "float32", True), (_kernels, "float64", True), (_kernels, "float32", False)],
    ids=["other kernels", "other dtype", "other kind of pass"],
)
def test_other_passes_call_each_layer(kernels, dtype, training):
    @repeatable
    def count(calls, pass_ctx):
        calls.append(pass_ctx)

    calls = []
    counting = Program([Call(1, count, calls)], training=True, dtype=dtype)
    for _ in range(3):
        counting.run(PassContext(kernels, training=training))
    assert len(calls) == 3


def test_a_tape_is_written_once_for_passes_of_one_kind():
    @repeatable
    def count(calls, pass_ctx):
        calls.append(pass_ctx)

    calls = []
    counting = Program([Call(1, count, calls)], training=False, dtype="float32")
    for _ in range(3):
        counting.run(PassContext(_kernels))
    assert len(calls) == 1


def test_an_error_while_a_tape_is_written_leaves_the_program_as_it_was():
    @repeatable
    def rectify(x, pass_ctx):
        if broken:
            raise ValueError("broken")
        pass_ctx.kernels.relu_forward(x, x)

    broken, x = [1], np.array([-1], np.float32)
    program_ = Program([Call(1, rectify, x)], training=False, dtype="float32")
    with pytest.raises(ValueError, match="broken"):
        program_.run(PassContext(_kernels))
    broken.clear()
    program_.run(PassContext(_kernels))
    assert x.tolist() == [0]


SHAPES = {
    Add: (4,),
    BatchNorm: (4,),
    Conv2D: (6, 6, 2),
    Dropout: (4,),
    GlobalAvgPool2D: (6, 6, 2),
    Linear: (4,),
    MaxPool2D: (6, 6, 2),
    ReLU: (4,),
}
MADE = {Conv2D: lambda: Conv2D(3), Dropout: lambda: Dropout(0.5), Linear: lambda: Linear(3)}
MARKED = sorted(
    (kind for kind in known_layers().values() if kind.__module__.startswith("fernet.")
     and any(is_repeatable(getattr(kind, name)) for name in ("forward", "backward"))),
    key=lambda kind: kind.__name__,
)  # fmt: skip


@pytest.mark.parametrize("kind", MARKED)
def test_repeatable_methods_of_layers_leave_all_work_to_kernels(kind):
    """Nothing changes while they write a tape."""
    layer = MADE.get(kind, kind)()
    network = Network([Residual([Linear(4)]) if kind is Add else layer], SHAPES[kind])
    network.initialize(0)
    workspace = Workspace(network, 3, input_gradient=True)
    executable = workspace.executable(3)
    pass_ctx = PassContext(_kernels, training=True)
    workspace.arena[...] = np.random.default_rng(0).integers(1, 60, len(workspace.arena))
    arrays = [workspace.arena, network.values, network.grads]
    before = [array.copy() for array in arrays]
    n_calls = 0
    for calls in (executable.forward_program.calls, executable.backward_program.calls):
        for call in calls:
            if is_repeatable(call.function):
                tape = Tape()
                tape.write(call.function, (call.argument, pass_ctx))
                n_calls += len(tape)
    assert n_calls > 0
    assert_same(arrays, before)
