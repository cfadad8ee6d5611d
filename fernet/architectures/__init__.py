"""Known networks as short lists of layers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fernet.architectures.compact import compact
from fernet.architectures.detailed import detailed
from fernet.architectures.mlp import mlp
from fernet.architectures.resnet import DEPTHS, resnet
from fernet.architectures.vgg import vgg
from fernet.layers import Layer

ARCHITECTURES: dict[str, Callable[..., list[Layer]]] = {
    "vgg": vgg,
    "compact": compact,
    "detailed": detailed,
    "symmetric": partial(detailed, mirrored=True),
    **{f"resnet{depth}": partial(resnet, depth) for depth in DEPTHS},
    **{f"preact_resnet{depth}": partial(resnet, depth, preactivation=True) for depth in DEPTHS},
}
"""By name, what lists the layers of a network for images, given `n_classes`."""

__all__ = ["ARCHITECTURES", "compact", "detailed", "mlp", "resnet", "vgg"]
__dir__ = __all__.copy
