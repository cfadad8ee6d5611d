"""Batch normalisation folded into the weights before it, for predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fernet.layers.base import Layer, PassContext
from fernet.layers.batch_norm import BatchNorm
from fernet.layers.traits import trait


def is_foldable(before: Layer, layer: Layer) -> bool:
    """Return whether `layer` is a batch normalisation that goes into the weights `before` it.

    Parameters
    ----------
    before, layer : Layer
        Two layers in a row.

    Returns
    -------
    bool

    Examples
    --------
    >>> from fernet._engine.folding import is_foldable
    >>> from fernet.layers import Linear, ReLU
    >>> is_foldable(Linear(3), ReLU())
    False
    """
    return bool(trait(before, "folds_scale")) and type(layer) is BatchNorm


@dataclass(slots=True)
class Fold:
    """Write the weight and bias that do a layer's and its normalisation's work at once.

    Where weights are prepared (`fernet._engine.prediction_plan`) it runs once. Else it runs right
    before that layer, each time: parameters may have changed since, and the copy needs no memory
    for longer.

    Parameters
    ----------
    params : mapping of str to ndarray
        The layer's ``weight`` and, if it has one, ``bias``.
    norm, norm_state : mapping of str to ndarray
        The normalisation's ``gamma`` and ``beta``, ``running_mean`` and ``running_var``.
    eps : float
        What it adds to the variance.
    weight, bias : ndarray
        Written.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet import _kernels
    >>> from fernet._engine.folding import Fold
    >>> from fernet.layers import PassContext
    >>> one, two = np.ones(1, np.float32), np.full(1, 2, np.float32)
    >>> weight, bias = np.empty((1, 1), np.float32), np.empty(1, np.float32)
    >>> norm, state = {"gamma": two, "beta": one}, {"running_mean": one, "running_var": one}
    >>> fold = Fold({"weight": np.ones((1, 1), np.float32)}, norm, state, 0.0, weight, bias)
    >>> fold(None, PassContext(_kernels))
    >>> weight.item(), bias.item()
    (2.0, -1.0)
    """

    params: Mapping[str, NDArray]
    norm: Mapping[str, NDArray]
    norm_state: Mapping[str, NDArray]
    eps: float
    weight: NDArray
    bias: NDArray

    def __call__(self, ctx: object, pass_ctx: PassContext) -> None:
        scale = self.norm["gamma"] / np.sqrt(self.norm_state["running_var"] + self.eps)
        np.multiply(self.params["weight"], scale, out=self.weight)
        np.subtract(self.params.get("bias", 0), self.norm_state["running_mean"], out=self.bias)
        self.bias *= scale
        self.bias += self.norm["beta"]
