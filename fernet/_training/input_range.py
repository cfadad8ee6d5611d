"""The range of the numbers that a model has learnt from, and a word where others come in."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fernet._io.callers import levels_to_caller
from fernet._training.lazy_rows import LazyRows

_BYTE = 255.0
_OVERSHOOT = 0.125
"""Share of black to white by which resized images may leave it; common filters do by less."""
_SIGNED_END = 1.05
"""How far images from -1 to 1 may go on both sides: further standardised ones do."""
_NARROW = 25
"""How many times narrower data must be to be in another unit, and not just dark or flat."""


@dataclass(frozen=True, slots=True)
class InputRange:
    """Lowest and highest number of some data.

    Parameters
    ----------
    low, high : float
        Both occur.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.input_range import InputRange
    >>> pixels = InputRange.of(np.array([[0, 255]], dtype=np.uint8))
    >>> pixels.is_far_from(InputRange.of(np.array([[0.2, 0.9]])))
    True
    """

    low: float
    high: float

    @classmethod
    def of(cls, rows: NDArray | LazyRows) -> InputRange:
        """Return the range of the numbers in data that are not empty.

        Of bytes that are still to be read it is the range that bytes can have, or 0 to 1 if none
        is above: the first images tell, unless they are black and white.
        """
        if isinstance(rows, LazyRows) and rows.dtype == np.uint8:
            return BYTES if rows.has_above(1) else UNIT
        return cls(float(rows.min()), float(rows.max()))

    @property
    def span(self) -> float:
        """From the lowest to the highest."""
        return self.high - self.low

    @property
    def nominal(self) -> InputRange:
        """The range that images of such numbers may fill: that of a byte, 0 to 1, -1 to 1, or own.

        Dark images have no bright pixels, and are meant on the same scale all the same; so are
        resized ones, which go a little beyond black and white.
        """
        if self._overshoots(UNIT):
            return UNIT
        if self._overshoots(BYTES) or (self.low >= 0 and 1 < self.high <= _BYTE):
            return BYTES
        if self.low >= 0 and self.high <= 1:
            return UNIT
        if self.low >= -_SIGNED_END and self.high <= _SIGNED_END:
            return _SIGNED_UNIT
        return self

    def _overshoots(self, unit: InputRange) -> bool:
        """Tell whether these fill a unit from 0 on, and leave it by no more than resizing does.

        Dark fractions are that as well; dark bytes may be any other numbers.
        """
        margin = _OVERSHOOT * min(self.span, unit.span)
        least = 0.0 if unit == UNIT else unit.high / 2
        return -margin < self.low and least < self.high <= unit.high + margin

    @property
    def is_of_pixels(self) -> bool:
        """Whether it is one that images fill: that of a byte, 0 to 1 or -1 to 1."""
        return self in _PIXEL_UNITS

    @property
    def centre(self) -> float:
        """Half-way from the lowest to the highest."""
        return (self.low + self.high) / 2

    @property
    def grey_level(self) -> float:
        """One step of the 255 from black to white."""
        return self.span / _BYTE

    def in_unit(self, pixels: NDArray[np.uint8]) -> NDArray:
        """Return bytes in the unit of these data: 0 to 1, or -1 to 1, where they are so.

        Parameters
        ----------
        pixels : ndarray of uint8
            0 to 255.

        Returns
        -------
        ndarray of uint8 or float32
            The pixels themselves where the unit is another or their own.
        """
        unit = self.nominal
        if unit.high != 1:
            return pixels
        return (pixels / np.float32(_BYTE)) * np.float32(unit.span) + np.float32(unit.low)

    def __or__(self, other: InputRange) -> InputRange:
        return InputRange(min(self.low, other.low), max(self.high, other.high))

    def is_far_from(self, other: InputRange) -> bool:
        """Tell whether other data can't be in the unit of these.

        They are where they go far beyond it, or where all of them lie about 0 in a small part of
        it: 0 to 1, or -2 to 2, where these are 0 to 255. Pixels end at black and white, other
        features may have a long tail. And they are where they are bytes, and these such less a
        mean: as much below 0 as above.
        """
        if self.is_shifted_from(other):
            return True
        unit = self.nominal
        beyond = unit.span / 2 if unit.is_of_pixels else 4 * self.span
        if other.low < unit.low - beyond or other.high > unit.high + beyond:
            return True
        return self.dwarfs(other)

    def dwarfs(self, other: InputRange) -> bool:
        """Tell whether others, unless all are the same, lie about 0 in a small part of these."""
        largest = max(abs(other.low), abs(other.high))
        return other.span > 0 and largest * _NARROW < max(abs(self.low), abs(self.high))

    def takes_bytes(self, rows: NDArray | LazyRows) -> bool:
        """Tell at a glance whether data are bytes that are not far: a single image is not to wait.

        False may as well mean that it takes a closer look.
        """
        if rows.dtype != np.uint8 or self.nominal != BYTES:
            return False
        return isinstance(rows, LazyRows) or int(rows.max()) * _NARROW >= self.high

    def is_shifted_from(self, other: InputRange) -> bool:
        """Tell whether others are pixels as they are, and these pixels less their mean."""
        are_centred = self.low < -self.span / 4 and _BYTE / 2 < self.span <= 2 * _BYTE
        are_bytes = other.low >= 0 and other.high <= _BYTE
        return are_centred and are_bytes and other.high > self.high + self.span / 8

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"


BYTES = InputRange(0.0, _BYTE)
UNIT = InputRange(0.0, 1.0)
_SIGNED_UNIT = InputRange(-1.0, 1.0)
_PIXEL_UNITS = (BYTES, UNIT, _SIGNED_UNIT)


def warn_if_far(learnt: InputRange | None, rows: NDArray | LazyRows, name: str = "X") -> None:
    """Warn if data are not in the unit of those that a model has learnt from.

    Parameters
    ----------
    learnt : InputRange or None
        None where that is not known.
    rows : ndarray of shape (n, n_features)
        The data.
    name : str, default="X"
        What to call them.

    Warns
    -----
    UserWarning
        With both ranges; once, however many the rows.
    """
    if learnt is None or rows.size == 0 or learnt.takes_bytes(rows):
        return
    found = InputRange.of(rows)
    if not learnt.is_far_from(found):
        return
    advice = ""
    if found.low >= 0 and found.high <= 1 < learnt.high:
        advice = f", perhaps {name} * {learnt.high:.4g}"
    elif learnt.is_shifted_from(found):
        advice = f", perhaps {name} less the mean that was taken from those"
    elif learnt.high > 0 and learnt.nominal == UNIT and np.issubdtype(rows.dtype, np.uint8):
        advice = f", perhaps {name} / 255"
    warnings.warn(
        f"{name} spans {found}, but the model has learnt from data that span {learnt}: its answers "
        f"mean little; expected {name} in the unit of the training data{advice}",
        UserWarning,
        stacklevel=levels_to_caller(),
    )
