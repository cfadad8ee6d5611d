"""How much an emotion's score depends on each pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._engine.workspace import Workspace
from fernet._training.data_loader import DataLoader
from fernet.estimators.views import axis_matrices, find_views
from fernet.layers import BatchNorm, Conv2D, Dropout, Layer, Linear, Residual
from fernet.layers.base import PassContext, Shape, is_of_fernet

_IMAGES_AT_A_TIME = 32


def occlusion_map(
    estimator: Any, images: NDArray[Any], index: int, *, patch: int, stride: int
) -> NDArray[np.float64]:
    """Cover each part of the images with grey and see how much a class's probability falls.

    Parameters
    ----------
    estimator : classifier
        Fitted, with ``predict_proba``, taking rows.
    images : ndarray of shape (n, height, width, channels)
        What to look at; the map is their mean.
    index : int
        Column of the class.
    patch : int
        Side of the square that is covered, in pixels.
    stride : int
        Pixels from one square to the next.

    Returns
    -------
    ndarray of shape (height, width)
        Mean fall of the probability over the squares that cover a pixel; above 0 where what is
        seen there speaks for the class.
    """
    n, height, width = images.shape[:3]
    before = estimator.predict_proba(images.reshape(n, -1))[:, index]
    grey = images.mean(axis=(1, 2), keepdims=True).astype(images.dtype)
    falls, covers = np.zeros((height, width)), np.zeros((height, width))
    for top in _starts(height, patch, stride):
        for left in _starts(width, patch, stride):
            square = np.s_[top : top + patch, left : left + patch]
            covered = images.copy()
            covered[:, square[0], square[1]] = grey
            after = estimator.predict_proba(covered.reshape(n, -1))[:, index]
            falls[square] += np.mean(before - after, dtype=np.float64)
            covers[square] += 1
    return falls / covers


def gradient_map(
    model: Any, images: NDArray[Any], index: int, *, patch: int, smoothing: float
) -> NDArray[np.float64]:
    """Estimate, from the slope at each pixel, what covering a square does to a probability.

    It is what `occlusion_map` measures, to first order: the slope of the probability by a pixel,
    times the pixel's distance to the image's mean grey, summed over the square.

    Parameters
    ----------
    model : fernet estimator
        Fitted by any backend.
    images : ndarray of shape (n, height, width, channels)
        What to look at; the map is their mean.
    index : int
        Column of the class.
    patch : int
        Side of the square, in pixels, with the pixel in its middle.
    smoothing : float
        Standard deviation, in pixels, of the Gaussian that the map is blurred with; 0: not at all.

    Returns
    -------
    ndarray of shape (height, width)
        Mean fall of the probability if the square around a pixel is covered; above 0 where what is
        seen there speaks for the class.
    """
    from scipy.ndimage import gaussian_filter, uniform_filter

    slopes = log_proba_gradient(model, images, index).astype(np.float64)
    proba = model.predict_proba(images.reshape(len(images), -1))[:, index]
    slopes *= proba.reshape(-1, 1, 1, 1)
    contrast = images - images.mean(axis=(1, 2), keepdims=True)
    of_pixels = (slopes * contrast).sum(axis=3).mean(axis=0)
    falls = patch**2 * uniform_filter(of_pixels, patch, mode="constant")
    return gaussian_filter(falls, smoothing, mode="nearest") if smoothing else falls


def log_proba_gradient(model: Any, images: NDArray[Any], index: int) -> NDArray[np.float32]:
    """Return the derivatives of a class's log-probability by the pixels, in the images' shape.

    With ``average_flips`` and ``average_views`` the probability is the mean over what is seen.
    """
    sights = _sights(model, images.shape[1:])
    passes = _Passes(model)
    shares = [_softmax(passes.logits(_seen(images, sight))) for sight in sights]
    mean = np.maximum(np.mean(shares, axis=0), np.finfo(np.float32).tiny)
    cooled = _softmax(np.log(mean) / model.temperature_)
    # The derivatives of the log-probability by each mean, and so by each of those averaged.
    slopes = -cooled / mean
    slopes[:, index] += 1 / mean[:, index]
    slopes /= model.temperature_ * len(sights)
    gradient = np.zeros(images.shape, dtype=np.float32)
    for sight, share in zip(sights, shares, strict=True):
        dlogits = share * (slopes - (slopes * share).sum(axis=1, keepdims=True))
        dx = passes.gradient(_seen(images, sight), dlogits).reshape(images.shape)
        gradient += _seen(dx, (sight[0].T, sight[1].T))
    return gradient


_Sight = tuple[NDArray[Any], NDArray[Any]]
"""What stands before an image's rows and behind its columns."""


def _sights(model: Any, image_shape: tuple[int, ...]) -> list[_Sight]:
    """Return each view, and each view's mirror image, that the model averages over."""
    height, width, channels = image_shape
    sights = []
    for view in find_views(model.average_views):
        rows, columns = axis_matrices(view, (height, width, channels))
        sights += [(rows, columns), (rows, columns[::-1])][: 1 + model.average_flips]
    return sights


def _seen(images: NDArray[Any], sight: _Sight) -> NDArray[np.float32]:
    rows, columns = sight
    seen = np.einsum("ri,nijc,sj->nrsc", rows, images.astype(np.float32), columns, optimize=True)
    return np.ascontiguousarray(seen, dtype=np.float32)


class _Passes:
    """Forward and backward through what a model predicts with, a few images at a time."""

    def __init__(self, model: Any) -> None:
        self._network = predicting_twin(model._check_fitted().network)
        self._scaling = model.scaling_
        # In training layers leave what their backward reads; the twin computes the same in both.
        self._pass_ctx = PassContext(self._network.kernels, training=True)
        self._workspace = Workspace(self._network, _IMAGES_AT_A_TIME, input_gradient=True)

    def logits(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """Return the network's outputs."""
        parts = [executable.forward(self._pass_ctx) + 0.0 for _, executable in self._parts(images)]
        return np.concatenate(parts).astype(np.float64)

    def gradient(self, images: NDArray[Any], dlogits: NDArray[Any]) -> NDArray[np.float32]:
        """Return the derivatives by the images' numbers, given those by the outputs."""
        gradient = np.empty((len(images), math.prod(images.shape[1:])), dtype=np.float32)
        for chosen, executable in self._parts(images):
            executable.forward(self._pass_ctx)
            executable.dy[...] = dlogits[chosen]
            executable.backward(self._pass_ctx)
            gradient[chosen] = executable.dx.reshape(len(chosen), -1)
        if self._scaling.scale_ is not None:
            gradient *= self._scaling.scale_
        return gradient

    def _parts(self, images: NDArray[Any]) -> Iterator[tuple[NDArray[np.int64], Any]]:
        batches = DataLoader(images.reshape(len(images), -1), scaling=self._scaling)
        for start in range(0, len(images), _IMAGES_AT_A_TIME):
            chosen = batches.indices[start : start + _IMAGES_AT_A_TIME]
            executable = self._workspace.executable(len(chosen))
            batches.gather(chosen, executable.x)
            yield chosen, executable


def predicting_twin(network: Network) -> Network:
    """Return a network whose training pass computes what the given one predicts.

    Nothing is dropped, and normalisations are linear layers made of their running statistics:
    their own backward is that of a training batch.

    Raises
    ------
    ValueError
        If one is of a class of one's own, of which nobody knows what it predicts with.
    """
    twin = Network(_predicting(network.layers, network.input_shape)[0], network.input_shape)
    nodes = zip(network.nodes, network.node_params, network.node_state, strict=True)
    for (node, params, state), mine in zip(nodes, twin.node_params, strict=True):
        if isinstance(node.layer, BatchNorm):
            scale = params["gamma"] / np.sqrt(state["running_var"] + node.layer.eps)
            mine["weight"][...] = np.diag(scale)
            mine["bias"][...] = params["beta"] - state["running_mean"] * scale
        else:
            for name, view in params.items():
                mine[name][...] = view
    return twin


def _predicting(layers: Sequence[Layer], shape: Shape) -> tuple[list[Layer], Shape]:
    out: list[Layer] = []
    for layer in layers:
        twin = layer
        if isinstance(layer, Residual):
            ways = [_predicting(way, shape)[0] for way in (layer.branch, layer.shortcut)]
            twin = Residual(*ways)
        elif isinstance(layer, Dropout | BatchNorm) and not is_of_fernet(type(layer)):
            raise ValueError(
                f"a layer is a {type(layer).__name__}, a class of one's own derived from one that "
                "predicts otherwise than it learns; gradients of its predictions are not known: "
                'expected method="occlusion"'
            )
        elif isinstance(layer, Dropout):
            twin = Dropout(0.0)
        elif isinstance(layer, BatchNorm):
            twin = Conv2D(shape[-1], 1) if len(shape) == 3 else Linear(shape[-1])
        out.append(twin)
        shape = layer.output_shape(shape)
    return out, shape


def _softmax(logits: NDArray[Any]) -> NDArray[Any]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _starts(length: int, patch: int, stride: int) -> list[int]:
    """Return where squares start, the last of them at the far edge."""
    last = max(0, length - patch)
    return sorted({*range(0, last + 1, stride), last})
