"""How much an emotion's score depends on each pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._engine.workspace import Workspace
from fernet._training.data_loader import DataLoader
from fernet.layers import BatchNorm, Conv2D, Dropout, Layer, Linear, Residual
from fernet.layers.base import PassContext, Shape

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

    With ``average_flips`` the probability is the mean of the image's and its mirror image's.
    """
    rows = np.ascontiguousarray(images).reshape(len(images), -1)
    logits, gradient = _input_gradient(model, rows, index)
    if model.average_flips:
        flipped = np.ascontiguousarray(images[:, :, ::-1]).reshape(len(images), -1)
        mirror_logits, mirror = _input_gradient(model, flipped, index)
        mirror = np.ascontiguousarray(mirror.reshape(images.shape)[:, :, ::-1])
        share = _softmax(logits)[:, index], _softmax(mirror_logits)[:, index]
        weight = (share[0] / np.maximum(share[0] + share[1], np.finfo(np.float32).tiny))[:, None]
        gradient = weight * gradient + (1 - weight) * mirror.reshape(gradient.shape)
    return gradient.reshape(images.shape)


def _input_gradient(
    model: Any, rows: NDArray[Any], index: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    network = predicting_twin(model.network_)
    size = min(_IMAGES_AT_A_TIME, max(1, len(rows)))
    workspace = Workspace(network, size, input_gradient=True)
    batches = DataLoader(rows, scaling=model.scaling_)
    # In training layers leave what their backward reads; the twin computes the same in both.
    pass_ctx = PassContext(network.kernels, training=True)
    gradient = np.empty(rows.shape, dtype=np.float32)
    logits = np.empty((len(rows), *network.output_shape), dtype=np.float32)
    for start in range(0, len(rows), size):
        chosen = batches.indices[start : start + size]
        executable = workspace.executable(len(chosen))
        batches.gather(chosen, executable.x)
        logits[chosen] = executable.forward(pass_ctx)
        # Of log softmax: 1 at the class, less the probabilities.
        executable.dy[...] = -_softmax(logits[chosen])
        executable.dy[:, index] += 1
        executable.backward(pass_ctx)
        gradient[chosen] = executable.dx.reshape(len(chosen), -1)
    if model.scaling_.scale_ is not None:
        gradient *= model.scaling_.scale_
    return logits, gradient


def predicting_twin(network: Network) -> Network:
    """Return a network whose training pass computes what the given one predicts.

    Nothing is dropped, and normalisations are linear layers made of their running statistics:
    their own backward is that of a training batch.
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
