"""A network's weights as predictions take them, prepared once and not for each batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet import _kernels
from fernet._engine.buffers import aligned_zeros, named_views, padded_size
from fernet._engine.folding import Fold
from fernet._engine.fusion import fuse
from fernet._engine.network import Network
from fernet.layers.base import PassContext
from fernet.layers.traits import trait


class PredictionPlan:
    """What each node computes with in predictions, ready to be used.

    Batch normalisations are folded into the weights before them, and convolutions' weights are laid
    out as their kernel reads them (`fernet.layers.Layer.pack`). A single image takes little more
    time than its weights take to come from memory, so it is not to wait for this each time. All
    arrays are read-only, so threads share a plan; it is never saved.

    It takes about the memory of the convolutions' weights once more, and at most 1.25 MiB a layer
    beyond that: 10.3 MB (NEON 10.9) beside the 12.8 MB of the report's network. Linear layers'
    weights stay where they are, unless a normalisation is folded into them.

    Parameters
    ----------
    network : Network
        Its weights are read now, and not again: see `is_current`.

    Attributes
    ----------
    node_params : list of dict of str to ndarray
        The parameters of each node.
    n_bytes : int
        Memory that they take besides the network's own.

    Examples
    --------
    >>> from fernet.layers import Conv2D
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.prediction_plan import PredictionPlan
    >>> network = Network([Conv2D(32)], (48, 48, 32))
    >>> plan = PredictionPlan(network)
    >>> sorted(plan.node_params[0]), plan.is_current()
    (['bias', 'packed', 'weight'], True)
    >>> network.is_shared = True
    >>> network.params += 1
    >>> plan.is_current()
    False
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        # Layouts are an instruction set's own.
        self._isa = _kernels.selected_isa()
        self._checksum = self._current_checksum()
        plans = fuse(network.graph, training=False, kernels=network.kernels)
        self.node_params = [self._prepare(index, plan.norm) for index, plan in enumerate(plans)]
        own = [array for params in self.node_params for array in params.values()]
        own = [array for array in own if not np.may_share_memory(array, network.values)]
        self.n_bytes = sum(array.nbytes for array in own)
        for array in own:
            array.flags.writeable = False

    def is_current(self) -> bool:
        """Return whether the network's weights, and what computes, are still what they were.

        Weights are compared only while others than their owner have access to them
        (`Network.is_shared`), as it takes the time to read them all, about half a millisecond for
        the report's network; else they can't have changed.
        """
        if self._isa != _kernels.selected_isa():
            return False
        return not self._network.is_shared or self._checksum == self._current_checksum()

    def _current_checksum(self) -> int:
        return _kernels.checksum(self._network.values)

    def _prepare(self, index: int, norm: int | None) -> dict[str, NDArray]:
        network = self._network
        node, own = network.nodes[index], network.node_params[index]
        params = own if norm is None else self._folded(index, norm)
        shape_in = network.shapes[node.inputs[0]]
        size = trait(node.layer, "packed_size")(shape_in, network.kernels)
        if size == 0:
            return params
        packed = aligned_zeros(size, network.dtype)
        node.layer.pack(params["weight"], shape_in, network.kernels, packed)
        # The network's own weight gives the shape, so that a folded one need not be kept.
        return {**params, "weight": own["weight"], "packed": packed}

    def _folded(self, index: int, norm: int) -> dict[str, NDArray]:
        network = self._network
        layer: Any = network.nodes[norm].layer
        params = network.node_params[index]
        shapes = {"weight": params["weight"].shape, "bias": params["weight"].shape[-1:]}
        size = sum(padded_size(shape, network.dtype) for shape in shapes.values())
        folded = named_views(aligned_zeros(size, network.dtype), shapes)
        fold = Fold(
            params, network.node_params[norm], network.node_state[norm], layer.eps, **folded
        )
        fold(None, PassContext(network.kernels))
        return folded
