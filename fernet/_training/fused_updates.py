"""Updates of a network's parameters during the backward pass, a node at a time."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._engine.program import SteadySink
from fernet._training.optimizers import Optimizer


class FusedUpdates(SteadySink):
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
        self.kernels = optimizer.kernels
        self.learning_rate = self.kernel_rate = 0.0
        self.squares = 0.0

    def settings(self) -> tuple[object, ...]:
        """Return the optimizer's, its state among them."""
        return self.optimizer.settings()

    def begin_step(self, learning_rate: float) -> None:
        """Count a step.

        Parameters
        ----------
        learning_rate : float
            Its size.
        """
        self.optimizer.n_steps += 1
        self.learning_rate = learning_rate
        self.kernel_rate = self.optimizer.kernel_rate(learning_rate)
        self.squares = 0.0

    def take_back_step(self) -> None:
        """Count the step no more that `begin_step` counted and nothing was learnt in."""
        self.optimizer.n_steps -= 1

    def take(self, index: int, grads: Mapping[str, NDArray]) -> None:
        """Update the parameters of one node.

        Parameters
        ----------
        index : int
            The node's number.
        grads : mapping of str to ndarray
            The gradient to each of its parameters.
        """
        network = self.network
        for name, part in network.node_parts[index].items():
            n_decayed = part.stop - part.start if part.stop <= network.n_decayed else 0
            self.squares += self.optimizer.update_part(
                network.params[part],
                grads[name].reshape(-1),
                part.start,
                self.learning_rate,
                n_decayed,
            )

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
        self.squares += self.optimizer.update_linear(
            self.network.params,
            x,
            dy,
            weight_start=parts["weight"].start,
            bias_start=parts["bias"].start if "bias" in parts else -1,
            learning_rate=self.learning_rate,
        )

    def end_step(self) -> float:
        """Return the L2 term of the loss before the step, as `Optimizer.update` does.

        Returns
        -------
        float
        """
        return self.optimizer.l2_term(self.squares)
