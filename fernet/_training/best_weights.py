"""Which weights a training keeps: the last, their running mean, or the best epoch's."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import NDArray

from fernet._engine.buffers import aligned_zeros
from fernet._engine.network import Network


class BestWeights:
    """The best weights of a training so far, and the running mean of its weights.

    Weights are all of `Network.values`: the parameters, and the state, such as running
    statistics, that belongs to them.

    Parameters
    ----------
    network : Network
        Whose weights are followed.
    ema_decay : float or None, default=None
        Decay of the running mean, below 1; None follows the weights as they are.

    Attributes
    ----------
    average, best : ndarray of shape (n_flat + n_state,) or None
        The running mean, and the copy; None where there is none.

    Examples
    --------
    >>> from fernet._training.best_weights import BestWeights
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> network = Network([Linear(2)], (3,))
    >>> kept = BestWeights(network)
    >>> kept.remember_best()
    >>> network.params += 1
    >>> float(kept.current()[0]), float(kept.to_keep()[0])
    (1.0, 0.0)
    """

    def __init__(self, network: Network, ema_decay: float | None = None) -> None:
        self._network = network
        self._decay = ema_decay
        self.average = None if ema_decay is None else _copy(network.values)
        self.best: NDArray | None = None

    def follow(self, n_steps: int) -> None:
        """Take the weights after step number `n_steps` into the running mean."""
        if self.average is None or self._decay is None:
            return
        # Early on a shorter memory, or the first random weights would weigh for long.
        decay = min(self._decay, (1 + n_steps) / (10 + n_steps))
        self._network.kernels.ema_update(self.average, self._network.values, decay)

    def remember_best(self) -> None:
        """Copy the current weights as the best so far."""
        if self.best is None:
            self.best = _copy(self.current())
        else:
            self.best[...] = self.current()

    def current(self) -> NDArray:
        """Return the weights to evaluate: the running mean if there is one, else the last."""
        return self._network.values if self.average is None else self.average

    def to_keep(self) -> NDArray:
        """Return the best weights if any were remembered, else the current ones."""
        return self.current() if self.best is None else self.best

    def arrays(self) -> dict[str, NDArray]:
        """Return what there is of ``"average"`` and ``"best"``, as views."""
        parts = {"average": self.average, "best": self.best}
        return {name: array for name, array in parts.items() if array is not None}

    def restore(self, arrays: Mapping[str, NDArray]) -> None:
        """Take over what `arrays` returned."""
        if self.average is not None:
            self.average[...] = arrays["average"]
        self.best = _copy(arrays["best"]) if "best" in arrays else None


def _copy(values: NDArray) -> NDArray:
    copy = aligned_zeros(values.size, values.dtype)
    copy[...] = values
    return copy
