"""The buffers that a network's passes run through, planned once for each batch size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fernet.buffers import aligned_zeros
from fernet.folding import Fold
from fernet.layers.base import Place, Run, Shape
from fernet.step_plan import StepPlan

if TYPE_CHECKING:
    from fernet.network import Network

Call = tuple[int, Callable[[Any, Run], None], Any]
"""A moment of the plan, what is called then, and its first argument."""


class Workspace:
    """Memory for batches of up to `batch_size` rows of one network.

    Activations, gradients and what layers keep for their backward share one arena: each has its
    bytes from when it is written to when it is last read, see `fernet.step_plan.StepPlan`.

    Parameters
    ----------
    network : Network
        Whose parameters the passes use.
    batch_size : int
        Most rows of a batch, 1 or more.
    training : bool, default=True
        Whether backward passes are to run.
    input_gradient : bool, default=False
        Whether the backward also computes the gradient to the network's input.
    share_memory : bool, default=True
        False gives everything memory of its own, to compare with.
    arena : ndarray of uint8, default=None
        Another workspace's, taken if it is large enough; the two must not be used at one time.

    Attributes
    ----------
    arena_bytes : int
        Size that the plan needs.
    arena : ndarray of uint8
        The memory, of that size or more.
    plan : StepPlan
        What happens when, and where.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet import _kernels
    >>> from fernet.layers import Linear, Run
    >>> from fernet.network import Network
    >>> network = Network([Linear(2)], (3,))
    >>> step = network.workspace(10).rows(4)
    >>> step.x[...] = 1
    >>> step.forward(Run(_kernels)).shape
    (4, 2)
    """

    def __init__(
        self,
        network: Network,
        batch_size: int,
        *,
        training: bool = True,
        input_gradient: bool = False,
        share_memory: bool = True,
        arena: NDArray | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; expected 1 or more")
        self.batch_size = batch_size
        self.training = training
        self._network = network
        self.plan = StepPlan(
            network.graph,
            batch_size,
            network.dtype,
            training=training,
            input_gradient=input_gradient,
            kernels=network.kernels,
            share_memory=share_memory,
        )
        self.arena_bytes = self.plan.memory.size
        if arena is None or len(arena) < self.arena_bytes:
            arena = aligned_zeros(self.arena_bytes, np.uint8)
        self.arena = arena
        self._rows: dict[int, BatchStep] = {}

    def rows(self, n_rows: int) -> BatchStep:
        """Return the passes over the first `n_rows` rows of the buffers.

        Parameters
        ----------
        n_rows : int
            1 to `batch_size`.

        Returns
        -------
        BatchStep
        """
        if n_rows not in self._rows:
            if not 1 <= n_rows <= self.batch_size:
                raise ValueError(f"n_rows is {n_rows}; expected 1 to {self.batch_size}")
            self._rows[n_rows] = self._bind(n_rows)
        return self._rows[n_rows]

    def _bind(self, n: int) -> BatchStep:
        grads = self._network.node_grads if self.training else None
        places = [
            self._place(i, n, {} if grads is None else grads[i])
            for i in range(len(self._network.nodes))
        ]
        for place, planned in zip(places, self.plan.nodes, strict=True):
            if planned.pool is not None:
                place.pool = places[planned.pool]
        return BatchStep(
            places,
            self._forward_calls(places),
            self._backward_calls(places, n),
            self._gradient(self.plan.dx, 0, n),
        )

    def _place(self, index: int, n: int, grads: dict[str, NDArray]) -> Place:
        network, planned = self._network, self.plan.nodes[index]
        node = network.nodes[index]
        inputs = [self._tensor(tensor, n) for tensor in node.inputs]
        shape_in = network.graph.shapes[node.inputs[0]]
        scratch = node.layer.scratch_shapes(n, shape_in) if planned.scratch else {}
        params = network.node_params[index]
        if planned.norm is not None:
            weight = params["weight"].shape
            shapes = {"weight": weight, "bias": weight[-1:]}
            params = {name: self._view(planned.folded[name], shapes[name]) for name in shapes}
        return Place(
            layer=node.layer,
            index=index,
            params=params,
            grads=grads,
            state=network.node_state[index],
            x=inputs[0],
            y=self._tensor(node.output, n),
            dx=self._gradient(planned.dx[0] if planned.dx else None, node.inputs[0], n),
            dy=self._gradient(planned.dy, node.output, n),
            scratch={
                name: self._view(planned.scratch[name], shape, dtype)
                for name, (shape, dtype) in scratch.items()
            },
            inputs=inputs,
            relu=planned.relu,
            fused=planned.fused,
            relu_before=planned.relu_before,
            fused_backward=planned.fused_backward,
        )

    def _view(self, value: int, shape: Shape, dtype: DTypeLike | None = None) -> NDArray:
        dtype = self._network.dtype if dtype is None else np.dtype(dtype)
        start = self.plan.memory.offset(value)
        stop = start + math.prod(shape) * dtype.itemsize
        return self.arena[start:stop].view(dtype).reshape(shape)

    def _tensor(self, tensor: int, n: int) -> NDArray:
        value, shape = self.plan.tensors[tensor], self._network.graph.shapes[tensor]
        is_written = self.plan.memory.n_bytes(value) > 0
        return self._view(value, (n if is_written else 0, *shape))

    def _gradient(self, value: int | None, tensor: int, n: int) -> NDArray | None:
        if value is None:
            return None
        return self._view(value, (n, *self._network.graph.shapes[tensor]))

    def _forward_calls(self, places: list[Place]) -> list[Call]:
        calls: list[Call] = []
        for place, planned in zip(places, self.plan.nodes, strict=True):
            if planned.forward is None:
                continue
            if planned.norm is not None:
                calls.append((planned.forward, self._fold(place, planned.norm), place))
            calls.append((planned.forward, place.layer.forward, place))
        return calls

    def _fold(self, place: Place, norm: int) -> Fold:
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

    def _backward_calls(self, places: list[Place], n: int) -> list[Call]:
        calls: list[Call] = [
            (planned.backward, place.layer.backward, place)
            for place, planned in zip(places, self.plan.nodes, strict=True)
            if planned.backward is not None
        ]
        for moment, tensor, *values in self.plan.sums:
            shape = (n, *self._network.graph.shapes[tensor])
            calls.append((moment, _add, [self._view(value, shape) for value in values]))
        return sorted(calls, key=lambda call: call[0])


class BatchStep:
    """The passes of one network over a batch of a fixed number of rows.

    Parameters
    ----------
    places : list of Place
        The nodes with their buffers, in order.
    forward_calls, backward_calls : list of tuple
        What runs, in order: the plan's moment, a function, and its first argument.
    dx : ndarray or None
        Gradient to the input.

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
    >>> from fernet.network import Network
    >>> Network([Linear(2)], (3,)).workspace(10).rows(4).dy.shape
    (4, 2)
    """

    def __init__(
        self,
        places: list[Place],
        forward_calls: list[Call],
        backward_calls: list[Call],
        dx: NDArray | None,
    ) -> None:
        self.places = places
        self.forward_calls = forward_calls
        self.backward_calls = backward_calls
        self.x, self.dx = places[0].x, dx
        self.y = places[-1].y
        self.dy: Any = places[-1].dy

    def forward(self, run: Run) -> NDArray:
        """Compute `y` from `x` and return it."""
        for _, function, argument in self.forward_calls:
            function(argument, run)
        return self.y

    def backward(self, run: Run) -> None:
        """Compute the gradients of all parameters from `dy`; call it after `forward`."""
        for _, function, argument in self.backward_calls:
            function(argument, run)


def _add(arrays: list[NDArray], run: Run) -> None:
    first, second, total = arrays
    run.kernels.add_forward(first, second, total)
