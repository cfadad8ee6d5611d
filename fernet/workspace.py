"""The buffers that a network's passes run through, planned once for each batch size."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from fernet.buffers import aligned_zeros, leading_view
from fernet.layers.base import Place, Run

if TYPE_CHECKING:
    from fernet.network import Network


class Workspace:
    """Memory for batches of up to `batch_size` rows of one network.

    In training every layer that cannot work in place has an output buffer of its own, which the
    backward reads; gradients travel through two buffers in turn. A prediction needs no more than
    two buffers in turn.

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
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; expected 1 or more")
        self.batch_size = batch_size
        self.training = training
        self._network = network
        self._first_gradient = 0 if input_gradient else _first_trained(network)
        self._plan_activations()
        self._plan_gradients()
        self._scratch = [
            {
                name: aligned_zeros(math.prod(shape), dtype)
                for name, (shape, dtype) in layer.scratch_shapes(batch_size, shape_in).items()
            }
            for layer, shape_in in zip(network.layers, network.shapes[:-1], strict=True)
            if training
        ]
        self._rows: dict[int, BatchStep] = {}

    def _plan_activations(self) -> None:
        """Choose, for the input and each layer's output, which flat buffer holds it."""
        network, sizes = self._network, [math.prod(s) for s in self._network.shapes]
        self._slots = [0]
        for layer in network.layers:
            fresh = self._slots[-1] + 1 if self.training else 1 - self._slots[-1]
            self._slots.append(self._slots[-1] if layer.in_place else fresh)
        self._activations = self._buffers(self._slots, sizes)

    def _plan_gradients(self) -> None:
        """Choose, likewise, where each gradient lives: two buffers in turn."""
        network, sizes = self._network, [math.prod(s) for s in self._network.shapes]
        slots = [0]
        for layer in reversed(network.layers):
            slots.append(slots[-1] if layer.in_place else 1 - slots[-1])
        self._gradient_slots = slots[::-1]
        needed = [size if i >= self._first_gradient else 0 for i, size in enumerate(sizes)]
        self._gradients = self._buffers(self._gradient_slots, needed) if self.training else {}

    def _buffers(self, slots: list[int], sizes: list[int]) -> dict[int, NDArray]:
        largest: dict[int, int] = {}
        for slot, size in zip(slots, sizes, strict=True):
            largest[slot] = max(largest.get(slot, 0), size)
        return {
            slot: aligned_zeros(self.batch_size * size, self._network.dtype)
            for slot, size in largest.items()
        }

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
        network = self._network
        shapes = [(n, *shape) for shape in network.shapes]
        outputs = [
            leading_view(self._activations[slot], shape)
            for slot, shape in zip(self._slots, shapes, strict=True)
        ]
        gradients: list[NDArray | None] = [
            leading_view(self._gradients[slot], shape)
            if self.training and i >= self._first_gradient
            else None
            for i, (slot, shape) in enumerate(zip(self._gradient_slots, shapes, strict=True))
        ]
        grads = network.layer_grads if self.training else [{} for _ in network.layers]
        places = [
            Place(
                layer=layer,
                index=i,
                params=network.layer_params[i],
                grads=grads[i],
                state=network.layer_state[i],
                x=outputs[i],
                y=outputs[i + 1],
                dx=gradients[i],
                dy=gradients[i + 1],
                scratch=self._scratch_views(i, n),
            )
            for i, layer in enumerate(network.layers)
        ]
        _fuse_relus(places)
        return BatchStep(places, self._first_gradient)

    def _scratch_views(self, index: int, n: int) -> dict[str, NDArray]:
        if not self.training:
            return {}
        layer, shape_in = self._network.layers[index], self._network.shapes[index]
        return {
            name: leading_view(self._scratch[index][name], shape)
            for name, (shape, _) in layer.scratch_shapes(n, shape_in).items()
        }


class BatchStep:
    """The passes of one network over a batch of a fixed number of rows.

    Parameters
    ----------
    places : list of Place
        The layers with their buffers, in order.
    first_gradient : int
        Index of the first layer whose input's gradient is needed.

    Attributes
    ----------
    x : ndarray of shape (n_rows, *input_shape)
        Write the batch here before `forward`. It may be overwritten by the passes.
    y : ndarray of shape (n_rows, *output_shape)
        Output of the last `forward`.
    dy : ndarray or None
        Write the gradient to `y` here before `backward`.
    dx : ndarray or None
        Gradient to the input, if the workspace was asked for it.

    Examples
    --------
    >>> from fernet.layers import Linear
    >>> from fernet.network import Network
    >>> Network([Linear(2)], (3,)).workspace(10).rows(4).dy.shape
    (4, 2)
    """

    def __init__(self, places: list[Place], first_gradient: int) -> None:
        self.places = places
        self.x, self.dx = places[0].x, places[0].dx
        self.y = places[-1].y
        self.dy: Any = places[-1].dy
        self._forwards = [(p.layer.forward, p) for p in places]
        # Layers before the first trained one have nothing to learn and nothing to pass back.
        start = max(first_gradient - 1, 0)
        self._backwards = [(p.layer.backward, p) for p in reversed(places[start:])]

    def forward(self, run: Run) -> NDArray:
        """Compute `y` from `x` and return it."""
        for forward, place in self._forwards:
            forward(place, run)
        return self.y

    def backward(self, run: Run) -> None:
        """Compute the gradients of all parameters from `dy`; call it after `forward`."""
        for backward, place in self._backwards:
            backward(place, run)


def _first_trained(network: Network) -> int:
    """Index of the first activation whose gradient somebody needs."""
    for index, params in enumerate(network.layer_params):
        if params:
            return index + 1
    return len(network.layers)


def _fuse_relus(places: list[Place]) -> None:
    for before, place in itertools.pairwise(places):
        if before.layer.fuses_relu and place.layer.kind == "relu":
            before.relu = place.fused = True
