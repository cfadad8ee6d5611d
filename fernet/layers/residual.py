"""Residual: two branches of layers that read one input, and whose outputs are added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fernet.layers.base import Layer, Shape
from fernet.layers.kinds import layer_from_config

__all__ = ["Residual"]
__dir__ = __all__.copy


class Residual(Layer):
    """``y = branch(x) + shortcut(x)``, each of them a list of layers.

    It has no passes of its own: a network runs the branch's layers, the shortcut's, and an `Add`.
    A `ReLU` of the sum is a layer of its own, after the residual.

    Parameters
    ----------
    branch : sequence of Layer
        One or more layers, residuals among them if need be.
    shortcut : sequence of Layer, default=()
        None leaves the input as it is.

    Raises
    ------
    ValueError
        If the branch is empty.

    References
    ----------
    He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2015).

    Examples
    --------
    >>> from fernet.layers import Linear, ReLU, Residual
    >>> block = Residual([Linear(8), ReLU(), Linear(4)], shortcut=[Linear(4, use_bias=False)])
    >>> block.output_shape((6,))
    (4,)
    """

    kind = "residual"

    def __init__(self, branch: Sequence[Layer], shortcut: Sequence[Layer] = ()) -> None:
        if not branch:
            raise ValueError("branch is empty; expected at least one layer")
        self.branch = list(branch)
        self.shortcut = list(shortcut)

    def output_shape(self, input_shape: Shape) -> Shape:
        branch = _shape_after(self.branch, input_shape)
        shortcut = _shape_after(self.shortcut, input_shape)
        if branch != shortcut:
            raise ValueError(
                f"Residual: the branch makes rows of shape {branch}, the shortcut of {shortcut}; "
                "expected the same"
            )
        return branch

    def comes_with_fernet(self) -> bool:
        within = all(layer.comes_with_fernet() for layer in [*self.branch, *self.shortcut])
        return within and super().comes_with_fernet()

    def config(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "branch": [layer.config() for layer in self.branch],
            "shortcut": [layer.config() for layer in self.shortcut],
        }

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Layer:
        lists = {
            name: [layer_from_config(entry) for entry in configs]
            for name, configs in arguments.items()
        }
        return cls(**lists)


def _shape_after(layers: Sequence[Layer], shape: Shape) -> Shape:
    for layer in layers:
        shape = layer.output_shape(shape)
    return shape
