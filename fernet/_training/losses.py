"""What training makes small: cross-entropy of the softmax, and the L2 term."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fernet import _kernels
from fernet._kernels.protocol import Kernels


class SoftmaxCrossEntropy:
    """Mean cross-entropy between a batch's targets and the softmax of its logits.

    The mean is weighted: samples of twice the weight count twice, in loss and gradient alike.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of the target spread evenly over all classes, at least 0 and below 1.
    kernels : module, default=None
        None takes the compiled kernels.

    References
    ----------
    The report, section 3; its stabilising constant there should be the row's maximum, as here.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.losses import SoftmaxCrossEntropy
    >>> logits, target = np.zeros((2, 7), np.float32), np.array([0, 3], np.int32)
    >>> losses, dlogits = np.empty(2, np.float32), np.empty_like(logits)
    >>> loss = SoftmaxCrossEntropy()(logits, target, None, losses, dlogits)
    >>> round(loss, 4)     # log(7)
    1.9459
    """

    def __init__(self, label_smoothing: float = 0.0, *, kernels: Kernels | None = None) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing is {label_smoothing}; expected 0 to below 1")
        self.label_smoothing = float(label_smoothing)
        self._kernels = kernels or _kernels

    def __call__(
        self,
        logits: NDArray,
        target: NDArray,
        weight: NDArray | None,
        losses: NDArray,
        dlogits: NDArray,
    ) -> float:
        """Compute a batch's loss, and its gradient to the logits.

        Parameters
        ----------
        logits : ndarray of shape (N, C)
            Output of the network.
        target : ndarray of shape (N,), int32, or (N, C), of the logits' dtype
            Class of each row, 0 to C - 1; or a distribution over the classes for each, summing
            to 1. Rows of zeros and a one give the bits that their class would.
        weight : ndarray of shape (N,) or None
            Weight of each row, 0 or more; None weighs all alike.
        losses : ndarray of shape (N,)
            Overwritten by weight times cross-entropy, row by row.
        dlogits : ndarray of shape (N, C)
            Overwritten by the gradient of the returned loss.

        Returns
        -------
        float
            ``sum(losses) / sum(weight)``; 0 if all weights are 0.
        """
        scale = self.scale(len(target) if weight is None else float(weight.sum()))
        self.write(logits, target, weight, scale, losses, dlogits)
        with np.errstate(over="ignore"):  # the training reports an infinite loss itself
            return float(np.add.reduce(losses)) * scale

    @staticmethod
    def scale(total_weight: float) -> float:
        """Return what makes the mean of a sum: 1 over the weights' sum, 0 if all are 0.

        Parameters
        ----------
        total_weight : float
            Sum of the rows' weights, or what is expected of as many.

        Returns
        -------
        float
        """
        return 1.0 / total_weight if total_weight > 0 else 0.0

    def write(
        self,
        logits: NDArray,
        target: NDArray,
        weight: NDArray | None,
        scale: float,
        losses: NDArray,
        dlogits: NDArray,
    ) -> None:
        """Compute each row's loss and its gradient, and nothing of the batch as a whole.

        Parameters
        ----------
        logits, target, weight, losses, dlogits
            As for a call.
        scale : float
            As `scale` returns it.
        """
        kernels = self._kernels
        kernel = (
            kernels.softmax_cross_entropy if target.ndim == 1 else kernels.soft_target_cross_entropy
        )
        kernel(logits, target, weight, scale, self.label_smoothing, losses, dlogits)
