"""Random variation of training images: pose, light, occlusion, what a camera does, and mixtures."""

from __future__ import annotations

from fernet.augmentation.draws import AugmentationDraw, Degradation, Mixing
from fernet.augmentation.named import named_augmentation
from fernet.augmentation.settings import Augmentation

__all__ = ["Augmentation", "AugmentationDraw", "Degradation", "Mixing", "named_augmentation"]
__dir__ = __all__.copy
