"""How training images are varied: the settings, and the draws for a batch."""

from __future__ import annotations

import inspect
import sys
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.augmentation.draws import AugmentationDraw, Degradation, Mixing
from fernet.augmentation.filters import STRENGTHS, filter_bank
from fernet.layers.axes import check_channels_last

__all__ = ["Augmentation"]
__dir__ = __all__.copy

_HASH = np.uint64(0x9E3779B97F4A7C15)

# Beyond these float32 holds none of a draw's digits, and a filter takes minutes to be made.
_LARGEST = 1_000_000
_LONGEST = 10_000

_CHOICES = {"flip": ("random", "alternating", False), "erase_fill": ("mean", "random")}
_LIMITS = {
    "shift": (0, _LARGEST),
    "rotation": (0, 180.0),
    "scale": (0, _LARGEST),
    "brightness": (0, _LARGEST),
    "contrast": (0, 1.0),
    "erase": (0, 1.0),
    "erase_size": (0, 1.0),
    "stretch": (0, _LARGEST),
    "gamma": (0, _LARGEST),
    "blur": (0, _LONGEST),
    "coarsening": (1, _LARGEST),
    "motion": (0, _LONGEST),
    "noise": (0, _LARGEST),
    "jpeg": (1, 100),
    "degrade": (0, 1.0),
    "mixup": (0, _LARGEST),
    "cutmix": (0, _LARGEST),
    "mix": (0, 1.0),
    "ramp": (0, sys.maxsize),
}


class Augmentation:
    """Settings of the random variation, and the draws for a batch.

    All draws are uniform, between minus and plus the value given where both make sense. In this
    order: pose, light, an erased box, what a camera does (blur, coarse resolution or motion; gamma;
    noise; compression), and mixtures of two images.

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
        Largest relative change of contrast, at most 1: 0.2 means 0.8 to 1.2.
    erase : float, default=0.0
        Probability that a box is overwritten.
    erase_size : float, default=0.33
        Longest side of that box, as a fraction of the image's.
    erase_fill : {"mean", "random"}, default="mean"
        With what: the average grey (of pixels that are not scaled, the middle one), or any grey.
    stretch : float, default=0.0
        Largest change of width against height: 0.3 means from 1/1.3 to 1.3.
    gamma : float, default=0.0
        Largest change of the exponent of light: 0.5 means from 1/1.5 to 1.5. The curve is of 64
        straight pieces, exact at their ends; within the first, below 4 of 255, an exponent below 1
        makes a pixel less bright than its power would.
    blur : float, default=0.0
        Standard deviation of the strongest blur, in pixels.
    coarsening : float, default=1.0
        How many pixels become one where the resolution is coarsest.
    motion : float, default=0.0
        Longest motion while the shutter is open, along rows or columns, in pixels.
    noise : float, default=0.0
        Standard deviation of the strongest noise, in grey levels.
    jpeg : float or None, default=None
        Lowest quality of a compression as JPEG's, 1 to 100; None for no compression.
    degrade : float, default=0.5
        Probability that an image is softened (by one of `blur`, `coarsening` and `motion`); the
        same for noise, and for compression.
    mixup : float, default=0.0
        Both parameters of the beta distribution of the share that two images, and their targets,
        take of each other; 0 for none. What each gives counts with its own weight, where samples
        or classes have weights. Zhang et al., "mixup: beyond empirical risk minimization", ICLR
        2018.
    cutmix : float, default=0.0
        The same for the area of a box that they exchange. Yun et al., "CutMix", ICCV 2019. With
        both, a coin decides for each pair.
    mix : float, default=1.0
        Probability that a pair is mixed, if `mixup` or `cutmix` says how.
    ramp : float, default=0.0
        Epochs over which the probabilities `erase`, `degrade` and `mix` rise to what they are.

    Raises
    ------
    ValueError
        If a value is outside its range. What has no end by its nature goes up to a million, `blur`
        and `motion` up to 10,000 pixels.

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
        erase_fill: str = "mean",
        stretch: float = 0.0,
        gamma: float = 0.0,
        blur: float = 0.0,
        coarsening: float = 1.0,
        motion: float = 0.0,
        noise: float = 0.0,
        jpeg: float | None = None,
        degrade: float = 0.5,
        mixup: float = 0.0,
        cutmix: float = 0.0,
        mix: float = 1.0,
        ramp: float = 0.0,
    ) -> None:
        self.flip = flip
        self.shift = shift
        self.rotation = rotation
        self.scale = scale
        self.brightness = brightness
        self.contrast = contrast
        self.erase = erase
        self.erase_size = erase_size
        self.erase_fill = erase_fill
        self.stretch = stretch
        self.gamma = gamma
        self.blur = blur
        self.coarsening = coarsening
        self.motion = motion
        self.noise = noise
        self.jpeg = jpeg
        self.degrade = degrade
        self.mixup = mixup
        self.cutmix = cutmix
        self.mix = mix
        self.ramp = ramp
        self._take_plain_numbers()
        self._check()

    def _take_plain_numbers(self) -> None:
        """Keep Python's numbers for NumPy's, with which draws would be as coarse as a float16."""
        for name in (*_CHOICES, *_LIMITS):
            value = getattr(self, name)
            if isinstance(value, np.generic):
                setattr(self, name, value.item())

    def _check(self) -> None:
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                wanted = ", ".join(map(repr, allowed[:-1]))
                raise ValueError(f"{name} is {value!r}; expected {wanted} or {allowed[-1]!r}")
        for name, (lowest, largest) in _LIMITS.items():
            value = getattr(self, name)
            if value is None and name == "jpeg":
                continue
            is_number = isinstance(value, Real)
            if not (is_number and lowest <= value <= largest):
                raise ValueError(f"{name} is {value!r}; expected {lowest} to {largest}")

    @property
    def mixes(self) -> bool:
        """Whether images, and so targets, are mixed."""
        return self.mix > 0 and (self.mixup > 0 or self.cutmix > 0)

    @property
    def degrades(self) -> bool:
        """Whether a camera's faults are drawn."""
        softens = self.blur > 0 or self.coarsening > 1 or self.motion > 1
        faulty = softens or self.noise > 0 or self.jpeg is not None
        return self.gamma > 0 or (self.degrade > 0 and faulty)

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
            Alternating flips and `ramp` go by it too.
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
        n, (height, width) = len(rows), image_shape[:2]
        strength = min(1.0, (epoch + 1) / self.ramp) if self.ramp > 0 else 1.0
        gain = 1 + self.contrast * _symmetric(rng, n)
        bias = centre * (1 - gain) + self.brightness * grey_level * _symmetric(rng, n)
        draw = AugmentationDraw(
            self._matrices(rng, rows, epoch),
            gain.astype(np.float32),
            bias.astype(np.float32),
            self._boxes(rng, n, height, width, strength),
        )
        # What is drawn from here on leaves the draws above as they are without it.
        if self.stretch > 0:
            wider = np.exp(np.log1p(self.stretch) * _symmetric(rng, n))
            draw.matrices[:, :, 1] *= wider[:, None].astype(np.float32)
        if self.erase > 0 and self.erase_fill == "random":
            levels = rng.uniform(-127.5, 127.5, n)
            draw.fill = (centre + grey_level * levels).astype(np.float32)
        if self.degrades:
            draw.degradation = self._degradation(rng, n, height, width, strength)
        if self.mixes:
            draw.mixing = self._mixing(rng, n, height, width, strength)
        return draw

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

    def _boxes(
        self, rng: np.random.Generator, n: int, height: int, width: int, strength: float
    ) -> NDArray:
        boxes = np.zeros((n, 4), dtype=np.int32)
        if self.erase == 0:
            return boxes
        erased = rng.random(n) < self.erase * strength
        for first, size in ((0, height), (2, width)):
            side = np.floor(rng.random(n) * self.erase_size * size).astype(np.int32) + 1
            start = np.floor(rng.random(n) * (size - np.minimum(side, size) + 1)).astype(np.int32)
            boxes[:, first] = np.where(erased, start, 0)
            boxes[:, first + 1] = np.where(erased, np.minimum(start + side, size), 0)
        return boxes

    def _degradation(
        self, rng: np.random.Generator, n: int, height: int, width: int, strength: float
    ) -> Degradation:
        probability = self.degrade * strength
        settings = (self.blur, self.coarsening, self.motion)
        row_filters, kinds = filter_bank(height, *settings)
        column_filters, _ = filter_bank(width, *settings)
        gamma = np.exp(np.log1p(self.gamma) * _symmetric(rng, n))
        noise = np.where(rng.random(n) < probability, self.noise * rng.random(n), 0.0)
        coarseness = np.where(rng.random(n) < probability, self._coarseness(rng, n), 0.0)
        return Degradation(
            row_filters,
            column_filters,
            _draw_filters(rng, n, kinds, probability),
            gamma.astype(np.float32),
            noise.astype(np.float32),
            coarseness.astype(np.float32),
        )

    def _coarseness(self, rng: np.random.Generator, n: int) -> NDArray:
        """Draw factors on JPEG's steps: those of qualities down to the lowest."""
        if self.jpeg is None:
            return np.zeros(n)
        quality = rng.uniform(self.jpeg, 100, n)
        return np.where(quality < 50, 50 / quality, 2 - quality / 50)

    def _mixing(
        self, rng: np.random.Generator, n: int, height: int, width: int, strength: float
    ) -> Mixing:
        pairs = n // 2
        share = np.zeros(pairs)
        target_share = np.zeros(pairs)
        boxes = np.zeros((pairs, 4), dtype=np.int32)
        mixed = rng.random(pairs) < self.mix * strength
        cut = rng.random(pairs) < (0.5 if self.mixup > 0 else 1.0) * (self.cutmix > 0)
        if self.mixup > 0:
            blended = mixed & ~cut
            share = np.where(blended, rng.beta(self.mixup, self.mixup, pairs), 0.0)
            target_share = share.copy()
        if self.cutmix > 0:
            side = np.sqrt(rng.beta(self.cutmix, self.cutmix, pairs))
            for first, size in ((0, height), (2, width)):
                length = np.where(mixed & cut, np.rint(side * size), 0).astype(np.int32)
                boxes[:, first] = np.floor(rng.random(pairs) * (size - length + 1))
                boxes[:, first + 1] = boxes[:, first] + length
            area = (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])
            target_share += area / (height * width)
        return Mixing(share.astype(np.float32), boxes, target_share.astype(np.float32))

    def config(self) -> dict[str, Any]:
        """Return the settings, fit for JSON and for the constructor."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        default = {k: p.default for k, p in inspect.signature(type(self)).parameters.items()}
        set_by_user = {k: v for k, v in self.config().items() if v != default[k]}
        return f"Augmentation({', '.join(f'{k}={v!r}' for k, v in set_by_user.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Augmentation) and self.config() == other.config()


def _draw_filters(
    rng: np.random.Generator, n: int, kinds: tuple[str, ...], probability: float
) -> NDArray:
    """Draw the filters of each image along its rows and along its columns; -1 is none."""
    filters = np.full((n, 2), -1, dtype=np.int32)
    if not kinds:
        return filters
    kind = rng.integers(len(kinds), size=n)
    number = kind * STRENGTHS + rng.integers(STRENGTHS, size=n)
    filters[:] = np.where(rng.random(n) < probability, number, -1)[:, None]
    if "motion" in kinds:
        moves = kind == kinds.index("motion")
        other_axis = rng.integers(2, size=n)
        filters[moves, other_axis[moves]] = -1
    return filters


def _symmetric(rng: np.random.Generator, shape: int | tuple[int, ...]) -> NDArray:
    return rng.uniform(-1.0, 1.0, shape)
