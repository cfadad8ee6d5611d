"""Random variation of training images: pose, light and occlusion."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.layers.axes import check_channels_last

__all__ = ["Augmentation", "AugmentationDraw", "named_augmentation"]
__dir__ = __all__.copy

_HASH = np.uint64(0x9E3779B97F4A7C15)


@dataclass(slots=True)
class AugmentationDraw:
    """What `kernels.affine_gather` needs to vary one batch.

    Parameters
    ----------
    matrices : ndarray of shape (N, 2, 3), float32
        From output pixel to input position, about the image's centre: rows (row, column).
    gain, bias : ndarray of shape (N,), float32
        ``gain * pixel + bias``.
    boxes : ndarray of shape (N, 4), int32
        Erased rows and columns: ``(r0, r1, c0, c1)``, the ends not included.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.augmentation import Augmentation
    >>> draw = Augmentation().draw(np.random.default_rng(0), np.arange(4), (48, 48))
    >>> draw.matrices.shape, draw.gain.tolist()
    ((4, 2, 3), [1.0, 1.0, 1.0, 1.0])
    """

    matrices: NDArray
    gain: NDArray
    bias: NDArray
    boxes: NDArray


class Augmentation:
    """Settings of the random variation, and the draws for a batch.

    All draws are uniform between minus and plus the value given.

    Parameters
    ----------
    flip : {"random", "alternating", False}, default=False
        Mirror left and right: by a coin toss, or each image in every second epoch (which never
        shows the same side twice running).
    shift : float, default=0.0
        Largest move along each axis, in pixels. What moves in is the image's mirror.
    rotation : float, default=0.0
        Largest turn, in degrees.
    scale : float, default=0.0
        Largest change of size: 0.1 means from 1/1.1 to 1.1.
    brightness : float, default=0.0
        Largest value added to all pixels, in grey levels: 255 of them lead from black to white,
        be that 0 to 255, 0 to 1 or -1 to 1.
    contrast : float, default=0.0
        Largest relative change of contrast, below 1: 0.2 means 0.8 to 1.2.
    erase : float, default=0.0
        Probability that a box is overwritten by the average grey.
    erase_size : float, default=0.33
        Longest side of that box, as a fraction of the image's.

    Raises
    ------
    ValueError
        If a value is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.augmentation import Augmentation
    >>> augmentation = Augmentation(flip="random", shift=3)
    >>> draw = augmentation.draw(np.random.default_rng(0), np.arange(4), (48, 48))
    >>> draw.matrices[:, 1, 1].tolist()    # -1 where the columns run backwards
    [1.0, -1.0, 1.0, 1.0]
    """

    def __init__(
        self,
        *,
        flip: str | bool = False,
        shift: float = 0.0,
        rotation: float = 0.0,
        scale: float = 0.0,
        brightness: float = 0.0,
        contrast: float = 0.0,
        erase: float = 0.0,
        erase_size: float = 0.33,
    ) -> None:
        if flip not in ("random", "alternating", False):
            raise ValueError(f"flip is {flip!r}; expected 'random', 'alternating' or False")
        limits = {
            "shift": (shift, np.inf),
            "rotation": (rotation, 180.0),
            "scale": (scale, np.inf),
            "brightness": (brightness, np.inf),
            "contrast": (contrast, 1.0),
            "erase": (erase, 1.0),
            "erase_size": (erase_size, 1.0),
        }
        for name, (value, largest) in limits.items():
            if not 0 <= value <= largest:
                raise ValueError(f"{name} is {value}; expected 0 to {largest}")
        self.flip = flip
        self.shift = shift
        self.rotation = rotation
        self.scale = scale
        self.brightness = brightness
        self.contrast = contrast
        self.erase = erase
        self.erase_size = erase_size

    def draw(
        self,
        rng: np.random.Generator,
        rows: NDArray,
        image_shape: tuple[int, ...],
        *,
        epoch: int = 0,
        centre: float = 127.5,
        grey_level: float = 1.0,
    ) -> AugmentationDraw:
        """Draw the variation of one batch.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness; the same state gives the same draw.
        rows : ndarray of int of shape (N,)
            Which images the batch holds; alternating flips go by it.
        image_shape : tuple of int
            Height and width first.
        epoch : int, default=0
            Alternating flips go by it too.
        centre : float, default=127.5
            The grey that a change of contrast leaves as it is.
        grey_level : float, default=1.0
            One grey level in the pixels' unit: 1/255 where they go from 0 to 1.

        Returns
        -------
        AugmentationDraw

        Raises
        ------
        ValueError
            If `image_shape` has its channels first.
        """
        check_channels_last(image_shape)
        n = len(rows)
        gain = 1 + self.contrast * _symmetric(rng, n)
        bias = centre * (1 - gain) + self.brightness * grey_level * _symmetric(rng, n)
        return AugmentationDraw(
            self._matrices(rng, rows, epoch),
            gain.astype(np.float32),
            bias.astype(np.float32),
            self._boxes(rng, n, *image_shape[:2]),
        )

    def _matrices(self, rng: np.random.Generator, rows: NDArray, epoch: int) -> NDArray:
        n = len(rows)
        angle = np.deg2rad(self.rotation) * _symmetric(rng, n)
        zoom = np.exp(np.log1p(self.scale) * _symmetric(rng, n))
        shift = self.shift * _symmetric(rng, (n, 2))
        side = np.where(self._flips(rng, rows, epoch), -1.0, 1.0)
        matrices = np.empty((n, 2, 3), dtype=np.float32)
        matrices[:, 0, 0] = zoom * np.cos(angle)
        matrices[:, 0, 1] = -zoom * np.sin(angle) * side
        matrices[:, 1, 0] = zoom * np.sin(angle)
        matrices[:, 1, 1] = zoom * np.cos(angle) * side
        matrices[:, :, 2] = shift
        return matrices

    def _flips(self, rng: np.random.Generator, rows: NDArray, epoch: int) -> NDArray:
        if self.flip == "random":
            return rng.random(len(rows)) < 0.5
        if self.flip == "alternating":
            # The first side is a hash of the row, so that neighbours differ.
            first = (rows.astype(np.uint64) * _HASH) >> np.uint64(63)
            return (first + np.uint64(epoch)) % np.uint64(2) == 1
        return np.zeros(len(rows), dtype=bool)

    def _boxes(self, rng: np.random.Generator, n: int, height: int, width: int) -> NDArray:
        boxes = np.zeros((n, 4), dtype=np.int32)
        if self.erase == 0:
            return boxes
        erased = rng.random(n) < self.erase
        for first, size in ((0, height), (2, width)):
            side = np.floor(rng.random(n) * self.erase_size * size).astype(np.int32) + 1
            start = np.floor(rng.random(n) * (size - np.minimum(side, size) + 1)).astype(np.int32)
            boxes[:, first] = np.where(erased, start, 0)
            boxes[:, first + 1] = np.where(erased, np.minimum(start + side, size), 0)
        return boxes

    def config(self) -> dict[str, Any]:
        """Return the settings, fit for JSON and for the constructor."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        default = {k: p.default for k, p in inspect.signature(type(self)).parameters.items()}
        set_by_user = {k: v for k, v in self.config().items() if v != default[k]}
        return f"Augmentation({', '.join(f'{k}={v!r}' for k, v in set_by_user.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Augmentation) and self.config() == other.config()


def named_augmentation(name: str) -> Augmentation:
    """Return one of the augmentations that have a name.

    Parameters
    ----------
    name : {"flip", "standard"}
        ``"flip"`` mirrors at random; ``"standard"`` also varies pose, size and light, to a
        degree that leaves an expression readable.

    Returns
    -------
    Augmentation

    Raises
    ------
    ValueError
        If the name is another.

    Examples
    --------
    >>> from fernet.augmentation import named_augmentation
    >>> named_augmentation("flip")
    Augmentation(flip='random')
    """
    if name == "flip":
        return Augmentation(flip="random")
    if name == "standard":
        return Augmentation(
            flip="random", shift=3.0, rotation=10.0, scale=0.1, brightness=20.0, contrast=0.2
        )
    raise ValueError(f"augmentation is {name!r}; expected 'flip', 'standard' or an Augmentation")


def _symmetric(rng: np.random.Generator, shape: int | tuple[int, ...]) -> NDArray:
    return rng.uniform(-1.0, 1.0, shape)
