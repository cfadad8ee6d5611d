"""The passes over a batch of a fixed number of rows: calls of layers on planned memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fernet._engine.folding import Fold
from fernet._engine.network import Network
from fernet._engine.segments import Group, Stretch
from fernet._engine.step_plan import StepPlan
from fernet.layers.base import LayerContext, PassContext, Shape

Call = tuple[int, Callable[[Any, PassContext], None], Any]
"""A moment of the plan, what is called then, and its first argument."""


class Executable:
    """The passes of one network over a batch of a fixed number of rows.

    Parameters
    ----------
    x, y : ndarray
        The network's input and output, see below.
    dy, dx : ndarray or None
        Gradients to both.
    places : list of LayerContext
        The nodes with their buffers, in order; those of a stretch for each group of rows.
    forward_calls, backward_calls : list of tuple
        What runs, in order: the plan's moment, a function, and its first argument.

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
        places: list[LayerContext],
        forward_calls: list[Call],
        backward_calls: list[Call],
    ) -> None:
        self.x, self.y, self.dx = x, y, dx
        self.dy: Any = dy
        self.places = places
        self.forward_calls = forward_calls
        self.backward_calls = backward_calls

    def forward(self, pass_ctx: PassContext) -> NDArray:
        """Compute `y` from `x` and return it."""
        for _, function, argument in self.forward_calls:
            function(argument, pass_ctx)
        return self.y

    def backward(self, pass_ctx: PassContext) -> None:
        """Compute the gradients of all parameters from `dy`; call it after `forward`."""
        for _, function, argument in self.backward_calls:
            function(argument, pass_ctx)


class Binding:
    """Bind a plan's values to an arena's bytes for a number of rows.

    Parameters
    ----------
    network : Network
        Whose parameters, gradients and state the passes use.
    plan : StepPlan
        What happens when, and where.
    arena : ndarray of uint8
        Of the plan's size or more.
    n_rows : int
        At most the plan's batch size.

    Examples
    --------
    >>> from fernet._engine.executable import Binding
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.workspace import Workspace
    >>> network = Network([Linear(2)], (3,))
    >>> workspace = Workspace(network, 10)
    >>> Binding(network, workspace.plan, workspace.arena, 4).step().y.shape
    (4, 2)
    """

    def __init__(self, network: Network, plan: StepPlan, arena: NDArray, n_rows: int) -> None:
        self._network = network
        self._plan = plan
        self._arena = arena
        self._all_rows = Group(0, 0, n_rows)
        keeps_gradients = plan.training and not plan.fused_update
        self._grads = network.node_grads if keeps_gradients else None
        self._tensors = dict(enumerate(plan.tensors))

    def step(self) -> Executable:
        """Return the passes.

        Returns
        -------
        Executable
        """
        places: list[LayerContext] = []
        forward: list[Call] = []
        for part in self._plan.parts:
            for group in part.groups(len(self._all_rows)):
                in_group = self._places(part, group, self._tensors)
                places += in_group.values()
                forward += self._forward_calls(in_group)
        last = len(self._network.nodes)
        return Executable(
            self._tensor(self._tensors[0], 0, self._all_rows),
            self._tensor(self._tensors[last], last, self._all_rows),
            self._gradient(self._plan.nodes[-1].dy, last, self._all_rows),
            self._gradient(self._plan.dx, 0, self._all_rows),
            places=places,
            forward_calls=forward,
            backward_calls=self._backward_calls() if self._plan.training else [],
        )

    # -- places ---------------------------------------------------------------------------

    def _places(
        self, part: Stretch, group: Group, tensors: Mapping[int, int]
    ) -> dict[int, LayerContext]:
        """Return the places of a part's nodes for a group of rows, by the nodes' numbers."""
        places = {index: self._place(index, part, group, tensors) for index in part.nodes}
        for index, place in places.items():
            pool = self._plan.nodes[index].pool
            if pool is not None:
                place.pool = places[pool]
        return places

    def _place(
        self, index: int, part: Stretch, group: Group, tensors: Mapping[int, int]
    ) -> LayerContext:
        node, planned = self._network.nodes[index], self._plan.nodes[index]
        inputs = [self._tensor(tensors[tensor], tensor, group) for tensor in node.inputs]
        return LayerContext(
            layer=node.layer,
            index=index,
            params=self._params(index),
            grads=self._node_grads(index, group),
            state=self._network.node_state[index],
            x=inputs[0],
            y=self._tensor(tensors[node.output], node.output, group),
            dx=self._gradient(planned.dx[0] if planned.dx else None, node.inputs[0], group),
            dy=self._gradient(planned.dy, node.output, group),
            scratch=self._scratch(index, part, group),
            inputs=inputs,
            relu=planned.relu,
            fused=planned.fused,
            relu_before=planned.relu_before,
            fused_backward=planned.fused_backward,
        )

    def _view(
        self, value: int, shape: Shape, dtype: DTypeLike | None = None, *, skip: int = 0
    ) -> NDArray:
        """View a value's memory behind its first `skip` bytes."""
        dtype = self._network.dtype if dtype is None else np.dtype(dtype)
        start = self._plan.memory.offset(value) + skip
        stop = start + math.prod(shape) * dtype.itemsize
        return self._arena[start:stop].view(dtype).reshape(shape)

    def _tensor(self, value: int, tensor: int, group: Group) -> NDArray:
        shape = self._network.graph.shapes[tensor]
        if self._plan.memory.n_bytes(value) == 0:
            return self._view(value, (0, *shape))
        if tensor in self._plan.rows:
            return self._view(value, (len(group), *shape))
        return self._view(value, (group.stop, *shape))[group.start :]

    def _gradient(self, value: int | None, tensor: int, group: Group) -> NDArray | None:
        return None if value is None else self._tensor(value, tensor, group)

    def _params(self, index: int) -> dict[str, NDArray]:
        params, planned = self._network.node_params[index], self._plan.nodes[index]
        if planned.norm is None:
            return params
        weight = params["weight"].shape
        shapes = {"weight": weight, "bias": weight[-1:]}
        return {name: self._view(planned.folded[name], shapes[name]) for name in shapes}

    def _node_grads(self, index: int, group: Group) -> dict[str, NDArray]:
        """Return where a group's gradients go: the first one's to the node's own."""
        planned = self._plan.nodes[index]
        if group.number == 0 and self._grads is not None:
            return self._grads[index]
        values = planned.grads if group.number == 0 else planned.shares
        params = self._network.node_params[index]
        return {name: self._view(value, params[name].shape) for name, value in values.items()}

    def _scratch(self, index: int, part: Stretch, group: Group) -> dict[str, NDArray]:
        values, node = self._plan.nodes[index].scratch, self._network.nodes[index]
        if not values:
            return {}
        shape_in = self._network.graph.shapes[node.inputs[0]]
        whole = node.layer.scratch_shapes(part.rows, shape_in)
        views = {}
        for name, (shape, dtype) in node.layer.scratch_shapes(len(group), shape_in).items():
            itemsize = (self._network.dtype if dtype is None else np.dtype(dtype)).itemsize
            skip = group.number * math.prod(whole[name][0]) * itemsize
            views[name] = self._view(values[name], shape, dtype, skip=skip)
        return views

    # -- calls ----------------------------------------------------------------------------

    def _forward_calls(self, places: Mapping[int, LayerContext]) -> list[Call]:
        calls: list[Call] = []
        for index, place in places.items():
            planned = self._plan.nodes[index]
            if planned.forward is None:
                continue
            if planned.norm is not None:
                calls.append((planned.forward, self._fold(place, planned.norm), place))
            calls.append((planned.forward, place.layer.forward, place))
        return calls

    def _fold(self, place: LayerContext, norm: int) -> Fold:
        network = self._network
        layer: Any = network.nodes[norm].layer
        return Fold(
            network.node_params[place.index],
            network.node_params[norm],
            network.node_state[norm],
            layer.eps,
            place.params["weight"],
            place.params["bias"],
        )

    def _backward_calls(self) -> list[Call]:
        calls: list[Call] = []
        for part in reversed(self._plan.parts):
            for group in part.groups(len(self._all_rows)):
                calls += self._backward_calls_of(part, group)
            if self._plan.fused_update:
                calls += self._handing_over(part)
        for moment, tensor, *values in self._plan.sums:
            sums = [self._tensor(value, tensor, self._all_rows) for value in values]
            calls.append((moment, _add, sums))
        return sorted(calls, key=lambda call: call[0])

    def _backward_calls_of(self, part: Stretch, group: Group) -> list[Call]:
        """Compute what is gone, then the gradients, and add the group's share of them."""
        places = self._places(part, group, self._tensors | self._plan.again)
        calls: list[Call] = []
        for index in part.again:
            place, planned = places[index], self._plan.nodes[index]
            if planned.forward is not None and planned.backward is not None:
                calls.append((planned.backward, place.layer.forward, place))
        for index in reversed(part.nodes):
            place, backward = places[index], self._plan.nodes[index].backward
            if backward is None:
                continue
            calls.append((backward, place.layer.backward, place))
            if group.number > 0:
                for name, total in self._node_grads(index, self._all_rows).items():
                    calls.append((backward, _add, [total, place.grads[name], total]))
        return calls

    def _handing_over(self, part: Stretch) -> list[Call]:
        calls: list[Call] = []
        for index in reversed(part.nodes):
            backward = self._plan.nodes[index].backward
            grads = self._node_grads(index, self._all_rows)
            if backward is not None and grads:
                calls.append((backward, _hand_over, (index, grads)))
        return calls


def _hand_over(gradients: tuple[int, dict[str, NDArray]], pass_ctx: PassContext) -> None:
    pass_ctx.require_sink().take(*gradients)


def _add(arrays: list[NDArray], pass_ctx: PassContext) -> None:
    first, second, total = arrays
    pass_ctx.kernels.add_forward(first, second, total)
