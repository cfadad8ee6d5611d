"""The passes over a batch of a fixed number of rows: layers' methods, called one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from numpy.typing import NDArray

from fernet._engine.arena_views import ArenaViews
from fernet._engine.folding import Fold
from fernet._engine.network import Network
from fernet._engine.plan import Group, Segment
from fernet._engine.prediction_plan import PredictionPlan
from fernet._engine.program import Call, Program
from fernet._engine.schedule import Schedule
from fernet.layers.base import LayerContext, PassContext, repeatable

StepCall: TypeAlias = Callable[[Any, PassContext], None]
"""A part of a step that is no layer's."""


class Executable:
    """The passes of one network over a batch of a fixed number of rows.

    All decisions are made: a pass goes through a list of calls, whose arrays stay where they are.

    Parameters
    ----------
    x, y : ndarray
        The network's input and output, see below.
    dy, dx : ndarray or None
        Gradients to both.
    contexts : list of LayerContext
        What the forward passes of the nodes work on, in order; in a recomputed segment, those of
        each group of rows.
    forward_program, backward_program : Program
        What happens.

    Attributes
    ----------
    x : ndarray of shape (n_rows, *input_shape)
        Write the batch here before `forward`. It may be overwritten by the passes.
    y : ndarray of shape (n_rows, *output_shape)
        Output of the last `forward`.
    dy : ndarray or None
        Write the gradient to `y` here after `forward` and before `backward`.
    dx : ndarray or None
        Gradient to the input, if the workspace was asked for it.

    Examples
    --------
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.workspace import Workspace
    >>> Workspace(Network([Linear(2)], (3,)), 10).executable(4).dy.shape
    (4, 2)
    """

    def __init__(
        self,
        x: NDArray,
        y: NDArray,
        dy: NDArray | None,
        dx: NDArray | None,
        *,
        contexts: list[LayerContext],
        forward_program: Program,
        backward_program: Program,
    ) -> None:
        self.x, self.y = x, y
        # Who calls `backward` has them, and need not check each time.
        self.dy: Any = dy
        self.dx: Any = dx
        self.contexts = contexts
        self.forward_program = forward_program
        self.backward_program = backward_program

    def forward(self, pass_ctx: PassContext) -> NDArray:
        """Compute `y` from `x` and return it."""
        self.forward_program.run(pass_ctx)
        return self.y

    def step_program(
        self, loss: StepCall, argument: object, fetch: StepCall | None = None
    ) -> Program:
        """Return a program of the forward, a loss and the backward.

        Parameters
        ----------
        loss : callable
            ``loss(argument, pass_ctx)`` reads `y` and writes `dy`.
        argument : object
            Its first argument.
        fetch : callable, default=None
            ``fetch(argument, pass_ctx)`` writes `x` before all else.

        Returns
        -------
        Program
        """
        forward, backward = self.forward_program.calls, self.backward_program.calls
        time = forward[-1].time + 1 if forward else 0
        first = [] if fetch is None else [Call(0, fetch, argument)]
        calls = [*first, *forward, Call(time, loss, argument), *backward]
        return Program(calls, training=True, dtype=self.y.dtype)

    def backward(self, pass_ctx: PassContext) -> None:
        """Compute the gradients of all parameters from `dy`; call it after `forward`."""
        self.backward_program.run(pass_ctx)


def make_executable(
    network: Network,
    schedule: Schedule,
    arena: NDArray,
    n_rows: int,
    plan: PredictionPlan | None = None,
) -> Executable:
    """Bind a schedule's values to an arena's bytes, for a number of rows.

    Parameters
    ----------
    network : Network
        Whose parameters, gradients and state the passes use.
    schedule : Schedule
        What happens when, and where.
    arena : ndarray of uint8
        Of ``schedule.memory.size`` bytes or more.
    n_rows : int
        At most the schedule's batch size.
    plan : PredictionPlan, default=None
        Whose parameters predictions use, if the schedule is for prepared ones.

    Returns
    -------
    Executable

    Examples
    --------
    >>> from fernet._engine.executable import make_executable
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.workspace import Workspace
    >>> network = Network([Linear(2)], (3,))
    >>> workspace = Workspace(network, 10)
    >>> make_executable(network, workspace.schedule, workspace.arena, 4).y.shape
    (4, 2)
    """
    return _Binder(network, schedule, arena, n_rows, plan).executable()


class _Binder:
    def __init__(
        self,
        network: Network,
        schedule: Schedule,
        arena: NDArray,
        n_rows: int,
        plan: PredictionPlan | None,
    ) -> None:
        self._network = network
        self._schedule = schedule
        self._views = ArenaViews(network, schedule, arena, plan)
        self._n_rows = n_rows
        self._all_rows = Group(0, 0, n_rows)
        self._tensors = dict(enumerate(schedule.tensors))

    def executable(self) -> Executable:
        schedule, views, all_rows = self._schedule, self._views, self._all_rows
        contexts: list[LayerContext] = []
        calls: list[Call] = []
        for segment in schedule.segments:
            for group in segment.groups(self._n_rows):
                of_group = views.contexts(segment, group, self._tensors)
                contexts += of_group.values()
                calls += self._forward_calls(of_group)
        output = len(self._network.nodes)
        return Executable(
            views.tensor(self._tensors[0], 0, all_rows),
            views.tensor(self._tensors[output], output, all_rows),
            views.gradient(schedule.nodes[-1].dy, output, all_rows),
            views.gradient(schedule.dx, 0, all_rows),
            contexts=contexts,
            forward_program=self._program(calls),
            backward_program=self._program(self._backward_calls() if schedule.training else []),
        )

    def _program(self, calls: list[Call]) -> Program:
        return Program(calls, training=self._schedule.training, dtype=self._schedule.dtype)

    def _forward_calls(self, contexts: Mapping[int, LayerContext]) -> list[Call]:
        calls: list[Call] = []
        for index, ctx in contexts.items():
            planned = self._schedule.nodes[index]
            if planned.forward_time is None:
                continue
            if planned.norm is not None and not self._schedule.prepared:
                calls.append(Call(planned.forward_time, self._fold(ctx, planned.norm), ctx))
            calls.append(Call(planned.forward_time, ctx.layer.forward, ctx))
        return calls

    def _fold(self, ctx: LayerContext, norm: int) -> Fold:
        network = self._network
        layer: Any = network.nodes[norm].layer
        return Fold(
            network.node_params[ctx.index],
            network.node_params[norm],
            network.node_state[norm],
            layer.eps,
            ctx.params["weight"],
            ctx.params["bias"],
        )

    def _backward_calls(self) -> list[Call]:
        calls: list[Call] = []
        for segment in reversed(self._schedule.segments):
            for group in segment.groups(self._n_rows):
                calls += self._group_calls(segment, group)
            if self._schedule.fused_update:
                calls += self._sink_calls(segment)
        for time, tensor, *values in self._schedule.sums:
            arrays = [self._views.tensor(value, tensor, self._all_rows) for value in values]
            calls.append(Call(time, _add, arrays))
        # Calls of one time are in order already, and the sort leaves them so.
        return sorted(calls, key=lambda call: call.time)

    def _group_calls(self, segment: Segment, group: Group) -> list[Call]:
        """Recompute what a group of rows needs, then go backward through its nodes."""
        contexts = self._views.contexts(segment, group, self._tensors | self._schedule.recomputed)
        calls: list[Call] = []
        for index in segment.recomputed:
            ctx, planned = contexts[index], self._schedule.nodes[index]
            if planned.forward_time is not None and planned.backward_time is not None:
                calls.append(Call(planned.backward_time, ctx.layer.forward, ctx))
        for index in reversed(segment.nodes):
            ctx, time = contexts[index], self._schedule.nodes[index].backward_time
            if time is None:
                continue
            calls.append(Call(time, ctx.layer.backward, ctx))
            if group.number > 0:
                totals = self._views.parameter_grads(index, self._all_rows)
                for name, total in totals.items():
                    calls.append(Call(time, _add, [total, ctx.grads[name], total]))
        return calls

    def _sink_calls(self, segment: Segment) -> list[Call]:
        """Hand over each node's gradients, once all groups of rows have added theirs."""
        calls: list[Call] = []
        for index in reversed(segment.nodes):
            time = self._schedule.nodes[index].backward_time
            grads = self._views.parameter_grads(index, self._all_rows)
            if time is not None and grads:
                calls.append(Call(time, _hand_over, (index, grads)))
        return calls


@repeatable
def _hand_over(gradients: tuple[int, dict[str, NDArray]], pass_ctx: PassContext) -> None:
    pass_ctx.require_sink().take(*gradients)


@repeatable
def _add(arrays: list[NDArray], pass_ctx: PassContext) -> None:
    first, second, total = arrays
    pass_ctx.kernels.add_forward(first, second, total)
