"""Views of an arena's bytes as the arrays that a schedule planned."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fernet._engine.network import Network
from fernet._engine.plan import Group, Segment
from fernet._engine.prediction_plan import PredictionPlan
from fernet._engine.schedule import Schedule
from fernet.layers.base import LayerContext, Shape


class ArenaViews:
    """The arrays of a network's passes over a batch, and the layers' contexts made of them.

    Parameters
    ----------
    network : Network
        Whose parameters, gradients and state the layers use.
    schedule : Schedule
        Which says where in the arena each value is.
    arena : ndarray of uint8
        Of ``schedule.memory.size`` bytes or more.
    plan : PredictionPlan, default=None
        Whose parameters the layers use in place of the network's.

    Examples
    --------
    >>> from fernet._engine.arena_views import ArenaViews
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.plan import Group
    >>> from fernet._engine.workspace import Workspace
    >>> from fernet.layers import Linear
    >>> network = Network([Linear(2)], (3,))
    >>> workspace = Workspace(network, 10)
    >>> views = ArenaViews(network, workspace.schedule, workspace.arena)
    >>> views.tensor(workspace.schedule.tensors[0], 0, Group(0, 0, 4)).shape
    (4, 3)
    """

    def __init__(
        self,
        network: Network,
        schedule: Schedule,
        arena: NDArray,
        plan: PredictionPlan | None = None,
    ) -> None:
        self._network = network
        self._plan = plan
        self._schedule = schedule
        self._arena = arena
        keeps_gradients = schedule.training and not schedule.fused_update
        self._grads = network.node_grads if keeps_gradients else None

    def tensor(self, value: int, tensor: int, group: Group) -> NDArray:
        """Return a group's rows of the tensor, or of the gradient to it, that a value holds.

        Parameters
        ----------
        value : int
            Of the memory planner.
        tensor : int
            Of the graph; it gives the shape.
        group : Group
            Rows of the batch.

        Returns
        -------
        ndarray of shape (len(group), *shape of a row)
            Of no rows if the value has no memory.
        """
        shape = self._network.graph.shapes[tensor]
        if self._schedule.memory.n_bytes(value) == 0:
            return self._view(value, (0, *shape))
        if self._schedule.keeps_all_rows(tensor):
            return self._view(value, (group.stop, *shape))[group.start :]
        return self._view(value, (len(group), *shape))

    def gradient(self, value: int | None, tensor: int, group: Group) -> NDArray | None:
        """Return the same for a gradient that may not be needed: None for None."""
        return None if value is None else self.tensor(value, tensor, group)

    def parameter_grads(self, index: int, group: Group) -> dict[str, NDArray]:
        """Return where a node's gradients of a group of rows go.

        The first group's go to where the sum over all groups is wanted, the other groups' to
        memory of their own, from which they are added.

        Parameters
        ----------
        index : int
            The node's.
        group : Group

        Returns
        -------
        dict of str to ndarray
            By the parameters' names; empty for a linear layer whose gradients a sink takes.
        """
        planned = self._schedule.nodes[index]
        if group.number == 0 and self._grads is not None:
            return self._grads[index]
        values = planned.grads if group.number == 0 else planned.partial_grads
        params = self._network.node_params[index]
        return {name: self._view(value, params[name].shape) for name, value in values.items()}

    def contexts(
        self, segment: Segment, group: Group, tensors: Mapping[int, int]
    ) -> dict[int, LayerContext]:
        """Return the contexts of a segment's nodes for a group of rows.

        Parameters
        ----------
        segment : Segment
        group : Group
            One of the segment's.
        tensors : mapping of int to int
            The value that holds each tensor.

        Returns
        -------
        dict of int to LayerContext
            By the nodes' indices, in order.
        """
        contexts = {index: self._context(index, segment, group, tensors) for index in segment.nodes}
        for index, ctx in contexts.items():
            pool = self._schedule.nodes[index].pool
            if pool is not None:
                ctx.pool = contexts[pool]
        return contexts

    def _context(
        self, index: int, segment: Segment, group: Group, tensors: Mapping[int, int]
    ) -> LayerContext:
        node, planned = self._network.nodes[index], self._schedule.nodes[index]
        inputs = [self.tensor(tensors[tensor], tensor, group) for tensor in node.inputs]
        return LayerContext(
            layer=node.layer,
            index=index,
            params=self._params(index),
            grads=self.parameter_grads(index, group),
            state=self._network.node_state[index],
            x=inputs[0],
            y=self.tensor(tensors[node.output], node.output, group),
            dx=self.gradient(planned.dx[0] if planned.dx else None, node.inputs[0], group),
            dy=self.gradient(planned.dy, node.output, group),
            scratch=self._scratch(index, segment, group),
            inputs=inputs,
            relu=planned.relu,
            fused=planned.fused,
            relu_before=planned.relu_before,
            fused_backward=planned.fused_backward,
        )

    def _view(
        self, value: int, shape: Shape, dtype: DTypeLike | None = None, *, skip: int = 0
    ) -> NDArray:
        """View a value's memory after its first `skip` bytes."""
        dtype = self._network.dtype if dtype is None else np.dtype(dtype)
        start = self._schedule.memory.offset(value) + skip
        stop = start + math.prod(shape) * dtype.itemsize
        return self._arena[start:stop].view(dtype).reshape(shape)

    def _params(self, index: int) -> dict[str, NDArray]:
        """Return the parameters that a node computes with: its own, or folded, or prepared ones."""
        if self._plan is not None:
            return self._plan.node_params[index]
        params, planned = self._network.node_params[index], self._schedule.nodes[index]
        if planned.norm is None:
            return params
        weight = params["weight"].shape
        shapes = {"weight": weight, "bias": weight[-1:]}
        return {name: self._view(planned.folded[name], shapes[name]) for name in shapes}

    def _scratch(self, index: int, segment: Segment, group: Group) -> dict[str, NDArray]:
        """Return a group's part of a node's scratch, which lies behind that of earlier groups."""
        values, node = self._schedule.nodes[index].scratch, self._network.nodes[index]
        if not values:
            return {}
        shape_in = self._network.graph.shapes[node.inputs[0]]
        of_full_group = node.layer.scratch_shapes(segment.group_size, shape_in)
        views = {}
        for name, (shape, dtype) in node.layer.scratch_shapes(len(group), shape_in).items():
            itemsize = (self._network.dtype if dtype is None else np.dtype(dtype)).itemsize
            skip = group.number * math.prod(of_full_group[name][0]) * itemsize
            views[name] = self._view(values[name], shape, dtype, skip=skip)
        return views
