"""Batches in float32, of rows as they are or of warped images."""

from __future__ import annotations

import numpy as np


def _standardise(values, offset, scale):
    if offset is not None:
        values = values - offset
    return values if scale is None else values * scale


def gather_rows(X, indices, offset, scale, out):
    """``out[b] = (X[indices[b]] - offset) * scale``: a batch in float32, rows of any dtype."""
    np.copyto(out, _standardise(X[indices].astype(np.float32), offset, scale))


def _mirror(position, size):
    """Position on ``0 .. size - 1`` reflected about the centres of the edge pixels."""
    if size == 1:
        return np.zeros_like(position)
    period = np.float32(2 * (size - 1))
    position = np.abs(position)
    position = position - np.floor(position / period) * period
    return np.minimum(position, period - position).clip(0, size - 1)


def _bilinear(image, r, c):
    """Values of `image` (H, W, C) at the real positions `r`, `c`."""
    height, width = image.shape[:2]
    r0, c0 = r.astype(np.int64), c.astype(np.int64)
    r1, c1 = np.minimum(r0 + 1, height - 1), np.minimum(c0 + 1, width - 1)
    fr, fc = (r - r0)[..., None].astype(np.float32), (c - c0)[..., None].astype(np.float32)
    image = image.astype(np.float32)
    top = image[r0, c0] + fc * (image[r0, c1] - image[r0, c0])
    bottom = image[r1, c0] + fc * (image[r1, c1] - image[r1, c0])
    return top + fr * (bottom - top)


def affine_gather(X, indices, matrices, gain, bias, boxes, fill, offset, scale, out):
    """A batch of warped images in float32.

    Pixel (r, c) of image ``b`` takes the value at ``matrices[b] @ (r - cr, c - cc, 1) + (cr, cc)``
    of ``X[indices[b]]``, where (cr, cc) is the image's centre; between pixels bilinear, beyond
    the border mirrored. Then ``gain[b] * v + bias[b]``, clipped to 0..255 for uint8 images; then
    the box ``boxes[b] = (r0, r1, c0, c1)`` is set to `fill`; then ``(v - offset) * scale``.
    """
    height, width = X.shape[1:3]
    centre_r, centre_c = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    r, c = np.meshgrid(
        np.arange(height, dtype=np.float32) - centre_r,
        np.arange(width, dtype=np.float32) - centre_c,
        indexing="ij",
    )
    for b, index in enumerate(indices):
        m = matrices[b]
        source_r = _mirror(m[0, 0] * r + m[0, 1] * c + m[0, 2] + centre_r, height)
        source_c = _mirror(m[1, 0] * r + m[1, 1] * c + m[1, 2] + centre_c, width)
        value = _bilinear(X[index], source_r, source_c) * gain[b] + bias[b]
        if X.dtype == np.uint8:
            value = value.clip(0, 255)
        r0, r1, c0, c1 = boxes[b].clip(0)
        value[r0:r1, c0:c1] = fill
        out[b] = _standardise(value.ravel(), offset, scale).reshape(out.shape[1:])
