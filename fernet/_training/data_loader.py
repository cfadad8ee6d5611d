"""Samples of a data set, served as scaled float32 batches without copying the data set."""

from __future__ import annotations

import math
import zlib
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fernet import _kernels
from fernet._engine.random_streams import AUGMENTATION, SHUFFLE, generator
from fernet._kernels.protocol import Kernels
from fernet._training.input_range import BYTES, InputRange
from fernet._training.lazy_rows import LazyRows, ReadAhead
from fernet._training.scaling import PixelScaling
from fernet.augmentation import Augmentation, AugmentationDraw, Degradation, Mixing


class DataLoader:
    """Some samples of a data set with their targets and weights.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), uint8, float32 or float64, C order, or LazyRows
        The whole data set; it is neither copied nor changed. What is lazy is read a batch at a
        time, the next one while a step computes.
    target : ndarray of shape (n_samples,), int32, default=None
        Class numbers.
    weight : ndarray of shape (n_samples,), float32, default=None
        Weights of the samples; None weighs all alike.
    distribution : ndarray of shape (n_samples, n_classes), float32, default=None
        Soft targets, which the loss takes in place of `target`; accuracy goes by `target`.
    indices : ndarray of shape (n_indices,), int64, default=None
        Which samples belong; None takes all.
    scaling : PixelScaling, default=None
        Applied as a batch is gathered.
    augmentation : Augmentation, default=None
        Applied where `gather_augmented` is used.
    image_shape : tuple (height, width, channels), default=None
        How a row reads as an image; needed for augmentation and for mirrored rows only.
    input_range : InputRange, default=None
        Of the numbers in `X`, which augmentation takes brightness and contrast by; None takes that
        of bytes.
    kernels : module, default=None
        None takes the compiled kernels.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.data_loader import DataLoader
    >>> loader = DataLoader(np.arange(6.0).reshape(3, 2), indices=np.array([0, 2]))
    >>> out = np.empty((2, 2), dtype=np.float32)
    >>> loader.gather(loader.indices, out)
    >>> out.tolist()
    [[0.0, 1.0], [4.0, 5.0]]
    """

    def __init__(
        self,
        X: NDArray | LazyRows,
        target: NDArray | None = None,
        weight: NDArray | None = None,
        *,
        distribution: NDArray | None = None,
        indices: NDArray | None = None,
        scaling: PixelScaling | None = None,
        augmentation: Augmentation | None = None,
        image_shape: tuple[int, int, int] | None = None,
        input_range: InputRange | None = None,
        kernels: Kernels | None = None,
    ) -> None:
        self.X = X
        self.target: NDArray = np.empty(0, dtype=np.int32) if target is None else target
        self.weight = weight
        self.distribution = distribution
        self.indices = np.arange(len(X), dtype=np.int64) if indices is None else indices
        self.augmentation = augmentation
        self.image_shape = image_shape
        self._grey = BYTES if input_range is None else input_range.nominal
        self._kernels = _kernels if kernels is None else kernels
        self._reader = ReadAhead(X, self.indices) if isinstance(X, LazyRows) else None
        scaling = PixelScaling() if scaling is None else scaling
        self._offset, self._scale = scaling.offset_, scaling.scale_

    def __len__(self) -> int:
        return len(self.indices)

    def identity(self) -> dict[str, Any]:
        """Describe the samples and what is made of them: equal where all is equal.

        Returns
        -------
        dict
            Fit for JSON. Arrays stand as shape, dtype and CRC-32.
        """
        augmentation = self.augmentation
        return {
            "augmentation": None if augmentation is None else augmentation.config(),
            "scaling": [_describe(self._offset), _describe(self._scale)],
            "image shape": self.image_shape and list(self.image_shape),
            "range of the numbers": [self._grey.low, self._grey.high],
            "samples": _describe(self.X, self.indices),
            "targets": _describe(self.target, self.indices) if len(self.target) else None,
            "distributions of the samples": _describe(self.distribution, self.indices),
            "weights of the samples": _describe(self.weight, self.indices),
        }

    def order(self, seed: int, epoch: int, *, shuffle: bool) -> NDArray:
        """Return the indices of the samples in the order of one epoch.

        Parameters
        ----------
        seed, epoch : int
            Key of the shuffling.
        shuffle : bool
            False returns them as they are.

        Returns
        -------
        ndarray of shape (n_indices,), int64
        """
        order = self.indices
        if shuffle:
            order = generator(seed, SHUFFLE, epoch).permutation(order)
        if self._reader is not None:
            self._reader.expect(order)
        return order

    def samples(self) -> NDArray | LazyRows:
        """Return the samples' rows, as they are in `X`."""
        X = self.X
        return X.take(self.indices) if isinstance(X, LazyRows) else X[self.indices]

    def _rows(self, indices: NDArray) -> tuple[NDArray, NDArray]:
        """Return an array that has some rows, and where in it they are."""
        if self._reader is not None:
            return self._reader.read(indices), np.arange(len(indices), dtype=np.int64)
        return cast("NDArray", self.X), indices

    @cached_property
    def mean_weight(self) -> float:
        """Mean of the samples' weights."""
        return 1.0 if self.weight is None else float(self.weight[self.indices].mean(dtype=float))

    def weight_of(self, indices: NDArray) -> float:
        """Return what samples weigh on average, beside the mean of all.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            The samples.
        """
        if self.weight is None or self.mean_weight == 0:
            return 1.0
        return float(self.weight[indices].mean(dtype=float)) / self.mean_weight

    @property
    def loss_target(self) -> NDArray:
        """What the loss takes of each sample: its distribution if there are any, else its class."""
        return self.target if self.distribution is None else self.distribution

    @property
    def has_soft_targets(self) -> bool:
        """Whether training takes a distribution over the classes for each sample."""
        mixes = self.augmentation is not None and self.augmentation.mixes
        return self.distribution is not None or mixes

    def targets(self, indices: NDArray, out: NDArray) -> None:
        """Write classes.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            Which samples.
        out : ndarray of shape (N,), int32
            Overwritten.
        """
        self._kernels.gather_targets(self.target, indices, out)

    def soft_targets(
        self,
        indices: NDArray,
        mixing: Mixing | None,
        out: NDArray,
        weight: NDArray | None = None,
    ) -> None:
        """Write the distributions that a batch is trained towards.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            Which samples.
        mixing : Mixing or None
            As `gather_augmented` returned it.
        out : ndarray of shape (N, n_classes), float32
            Overwritten: rows that sum to 1.
        weight : ndarray of shape (N,), default=None
            The samples' weights, to be mixed as they are.
        """
        if self.distribution is None:
            out[...] = 0
            out[np.arange(len(indices)), self.target[indices]] = 1
        else:
            np.take(self.distribution, indices, axis=0, out=out, mode="clip")
        if mixing is not None:
            mixing.mix_targets(out, weight)

    def gather(self, indices: NDArray, out: NDArray, *, mirrored: bool = False) -> None:
        """Write scaled samples.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            Which rows of `X`.
        out : ndarray of shape (N, n_features) or (N, height, width, channels), float32
            Overwritten.
        mirrored : bool, default=False
            Whether to exchange the images' left and right.

        Raises
        ------
        ValueError
            If rows that are no images are to be mirrored.
        """
        X, places = self._rows(indices)
        if mirrored:
            X = self._mirror_images(X[places])
            places = np.arange(len(indices), dtype=np.int64)
        rows = out if out.ndim == 2 else out.reshape(len(out), self.X.shape[1])
        self._kernels.gather_rows(X, places, self._offset, self._scale, rows)

    @property
    def is_steady(self) -> bool:
        """Whether batches come from one array as they are, so that `gather_steadily` will do."""
        return self._reader is None and (self.augmentation is None or self.image_shape is None)

    def gather_steadily(self, indices: NDArray, out: NDArray, kernels: Kernels) -> None:
        """Do what `gather` does by one call of a kernel, on the same arrays each time.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            Which rows of `X`.
        out : ndarray of shape (N, n_features), float32
            Overwritten.
        kernels : module
            Whose kernel it is.
        """
        kernels.gather_rows(cast("NDArray", self.X), indices, self._offset, self._scale, out)

    def _mirror_images(self, rows: NDArray) -> NDArray:
        if self.image_shape is None:
            raise ValueError(
                f"rows of {rows.shape[1]} features are no square images; only images have "
                "mirror images to average over (average_flips)"
            )
        images = rows.reshape(len(rows), *self.image_shape)
        return np.ascontiguousarray(images[:, :, ::-1]).reshape(len(rows), -1)

    def gather_augmented(
        self, indices: NDArray, out: NDArray, seed: int, epoch: int, step: int
    ) -> Mixing | None:
        """Write scaled samples, varied at random if there is an augmentation.

        Parameters
        ----------
        indices : ndarray of shape (N,), int64
            Which rows of `X`.
        out : ndarray of shape (N, n_features) or (N, height, width, channels), float32
            Overwritten.
        seed, epoch, step : int
            Key of the variation.

        Returns
        -------
        Mixing or None
            How the samples were mixed, and so are their targets to be.
        """
        if self.augmentation is None or self.image_shape is None:
            self.gather(indices, out)
            return None
        draw = self.augmentation.draw(
            generator(seed, AUGMENTATION, step),
            indices,
            self.image_shape,
            epoch=epoch,
            centre=self._grey.centre,
            grey_level=self._grey.grey_level,
        )
        images = out.reshape(len(out), *self.image_shape)
        self._warp(indices, images, draw)
        if draw.degradation is not None:
            self._degrade(images, draw.degradation, seed, step)
        if draw.mixing is not None:
            self._kernels.mix_pairs(images, draw.mixing.share, draw.mixing.boxes)
        return draw.mixing

    def _warp(self, indices: NDArray, images: NDArray, draw: AugmentationDraw) -> None:
        """Write images in another pose and light, scaled unless they are to be degraded first."""
        scales = draw.degradation is None
        fill = draw.fill
        X, places = self._rows(indices)
        self._kernels.affine_gather(
            X.reshape(len(X), *images.shape[1:]),
            places,
            draw.matrices,
            draw.gain,
            draw.bias,
            draw.boxes,
            np.full(len(images), self._fill, np.float32) if fill is None else fill,
            self._offset if scales else None,
            self._scale if scales else None,
            *self._black_and_white,
            images,
        )

    @property
    def _black_and_white(self) -> tuple[float, float]:
        """What brighter and darker images end at; what is no picture has no end."""
        grey = self._grey
        return (grey.low, grey.high) if grey.is_of_pixels else (-math.inf, math.inf)

    @cached_property
    def _fill(self) -> float:
        """What an erased box is filled with where the augmentation draws nothing."""
        if self._offset is not None:
            return float(self._offset.mean())
        return self._grey.centre if self._grey.is_of_pixels else 0.0

    def _degrade(self, images: NDArray, degradation: Degradation, seed: int, step: int) -> None:
        self._kernels.degrade_images(
            images,
            degradation.row_filters,
            degradation.column_filters,
            degradation.filters,
            degradation.gamma,
            degradation.noise,
            degradation.coarseness,
            self._grey.low,
            self._grey.grey_level,
            seed,
            step,
            self._offset,
            self._scale,
        )


def _describe(
    values: NDArray | LazyRows | None, indices: NDArray | None = None, at_a_time: int = 4096
) -> list[Any] | None:
    if values is None:
        return None
    indices = np.arange(len(values)) if indices is None else indices
    checksum = 0
    for start in range(0, len(indices), at_a_time):
        part = values[indices[start : start + at_a_time]]
        checksum = zlib.crc32(np.ascontiguousarray(part).data, checksum)
    return [len(indices), *values.shape[1:], values.dtype.str, checksum]
