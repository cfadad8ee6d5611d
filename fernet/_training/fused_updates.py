"""Updates of a network's parameters during the backward pass, a node at a time."""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_
from typing import Any, NamedTuple

from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._training.optimizers import Optimizer


class _Part(NamedTuple):
    """One parameter: its views of the flat arrays, made once, as a step has little time for it."""

    name: str
    params: NDArray
    state: list[NDArray]
    n_decayed: int


class FusedUpdates:
    """Update a network's parameters node by node, as soon as the gradients are known.

    In a workspace of ``fused_update=True`` gradients need memory for one node at a time only, and
    for a linear layer not at all. The parameters have the bits of one `Optimizer.update` over all
    of them.

    Parameters
    ----------
    network : Network
        Whose parameters are changed.
    optimizer : Optimizer
        Started with them.

    References
    ----------
    Lv et al., "Full parameter fine-tuning for large language models with limited resources",
    2023, call it a fused update.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._training.fused_updates import FusedUpdates
    >>> from fernet._training.optimizers import SGD
    >>> network, optimizer = Network([Linear(2)], (3,)), SGD()
    >>> optimizer.start(network.params)
    >>> updates = FusedUpdates(network, optimizer)
    >>> updates.begin_step(learning_rate=0.5)
    >>> updates.take(0, {"weight": np.ones((3, 2), np.float32), "bias": np.ones(2, np.float32)})
    >>> updates.end_step()
    0.0
    >>> network.node_params[0]["bias"].tolist()
    [-0.5, -0.5]
    """

    def __init__(self, network: Network, optimizer: Optimizer) -> None:
        self.network = network
        self.optimizer = optimizer
        self._settings: dict[str, Any] = {}
        self._squares = 0.0
        self._arrays: list[NDArray] = []
        self._parts: list[list[_Part]] = []

    def _view_parts(self) -> None:
        """Take views of the parameters and the optimizer's state, if these are other arrays."""
        network = self.network
        arrays = [network.params, *self.optimizer.state]
        if len(arrays) == len(self._arrays) and all(map(is_, arrays, self._arrays)):
            return
        self._arrays = arrays
        self._parts = [
            [
                _Part(
                    name,
                    arrays[0][part],
                    [array[part] for array in arrays[1:]],
                    part.stop - part.start if part.stop <= network.n_decayed else 0,
                )
                for name, part in parts.items()
            ]
            for parts in network.node_parts
        ]

    def begin_step(self, learning_rate: float) -> None:
        """Count a step.

        Parameters
        ----------
        learning_rate : float
            Its size.
        """
        self.optimizer.n_steps += 1
        self._settings = self.optimizer.step_settings(learning_rate)
        self._squares = 0.0
        self._view_parts()

    def take(self, index: int, grads: Mapping[str, NDArray]) -> None:
        """Update the parameters of one node.

        Parameters
        ----------
        index : int
            The node's number.
        grads : mapping of str to ndarray
            The gradient to each of its parameters.
        """
        update, settings = self.optimizer.update_part, self._settings
        for name, params, state, n_decayed in self._parts[index]:
            self._squares += update(params, grads[name].reshape(-1), state, n_decayed, settings)

    def take_linear(self, index: int, x: NDArray, dy: NDArray) -> None:
        """Update the parameters of a linear layer by ``x.T @ dy`` and the sum of the rows of `dy`.

        Parameters
        ----------
        index : int
            The node's number.
        x : ndarray of shape (N, n_inputs)
            Its input.
        dy : ndarray of shape (N, n_outputs)
            The gradient to its output.
        """
        parts = self.network.node_parts[index]
        self._squares += self.optimizer.update_linear(
            self.network.params,
            x,
            dy,
            weight_start=parts["weight"].start,
            bias_start=parts["bias"].start if "bias" in parts else -1,
            settings=self._settings,
        )

    def end_step(self) -> float:
        """Return the L2 term of the loss before the step, as `Optimizer.update` does.

        Returns
        -------
        float
        """
        return self.optimizer.l2_term(self._squares)
