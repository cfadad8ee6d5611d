"""Batches in float32, of rows as they are or of warped images."""

from __future__ import annotations

import numpy as np

from fernet._kernels.reference.dropout import philox4x32


def _standardise(values, offset, scale):
    if offset is not None:
        values = values - offset
    return values if scale is None else values * scale


def gather_rows(X, indices, offset, scale, out):
    """``out[b] = (X[indices[b]] - offset) * scale``: a batch in float32, rows of any dtype."""
    np.copyto(out, _standardise(X[indices].astype(np.float32), offset, scale))


def gather_targets(target, indices, out):
    """``out[b] = target[indices[b]]``: the classes (int32) of a batch."""
    out[:] = target[indices]


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


def affine_gather(X, indices, matrices, gain, bias, boxes, fill, offset, scale, low, high, out):
    """A batch of warped images in float32.

    Pixel (r, c) of image ``b`` takes the value at ``matrices[b] @ (r - cr, c - cc, 1) + (cr, cc)``
    of ``X[indices[b]]``, where (cr, cc) is the image's centre; between pixels bilinear, beyond
    the border mirrored. Then ``gain[b] * v + bias[b]``, clipped to low..high, and to 0..255 for
    uint8 images; then the box ``boxes[b] = (r0, r1, c0, c1)`` is set to ``fill[b]``; then
    ``(v - offset) * scale``.
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
        value = value.clip(low, high)
        if X.dtype == np.uint8:
            value = value.clip(0, 255)
        r0, r1, c0, c1 = boxes[b].clip(0)
        value[r0:r1, c0:c1] = fill[b]
        out[b] = _standardise(value.ravel(), offset, scale).reshape(out.shape[1:])


NOISE_STREAM = 0xFFFF
_TONES = 64
# ITU-T T.81, table K.1.
_JPEG_STEPS = np.array([
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
], dtype=np.float32)  # fmt: skip


def _change_tone(level, gamma):
    """``255 (level / 255)^gamma``, read off a curve of straight pieces."""
    places = np.linspace(0, 255, _TONES + 1)
    curve = 255 * (places / 255) ** gamma
    return np.interp(level.clip(0, 255), places, curve).astype(np.float32)


def _nearly_normal(words):
    """Sums of the four bytes of random words, of mean 0 and variance 1."""
    total = np.zeros(words.shape, dtype=np.int64)
    for shift in (0, 8, 16, 24):
        total += (words >> np.uint32(shift)) & np.uint32(255)
    return ((total - 510) / np.sqrt(4 * (256**2 - 1) / 12)).astype(np.float32)


def _jpeg(level, coarseness):
    """A plane (H, W) through JPEG's quantisation, blocks at the border filled with its pixels."""
    height, width = level.shape
    padded = np.pad(level, ((0, -height % 8), (0, -width % 8)), mode="edge") - np.float32(128)
    blocks = padded.reshape(padded.shape[0] // 8, 8, -1, 8).swapaxes(1, 2)
    u, x = np.ogrid[:8, :8]
    cosines = np.where(u == 0, np.sqrt(1 / 8), 0.5) * np.cos((2 * x + 1) * u * np.pi / 16)
    steps = np.floor(_JPEG_STEPS * coarseness + 0.5).clip(1, 255)
    coefficients = np.floor(cosines @ blocks @ cosines.T / steps + 0.5) * steps
    decoded = (cosines.T @ coefficients @ cosines).swapaxes(1, 2).reshape(padded.shape)
    return (decoded[:height, :width] + 128).astype(np.float32)


def degrade_images(
    x,
    row_filters,
    column_filters,
    filters,
    gamma,
    noise,
    coarseness,
    black,
    grey_level,
    seed,
    step,
    offset,
    scale,
):
    """Make images worse in place, as a lens, a sensor and a compression do, in that order.

    In grey levels ``(x - black) / grey_level``: image ``b``, a channel at a time, is multiplied by
    ``row_filters[filters[b, 0]]`` along its rows and ``column_filters[filters[b, 1]]`` along its
    columns (-1: by none), its light raised to the power ``gamma[b]``, noise of the standard
    deviation ``noise[b]`` added, and its blocks of 8x8 quantised as by JPEG with the steps of ITU-T
    T.81, table K.1, times ``coarseness[b]`` (0: not at all). Then ``(x - offset) * scale``.
    """
    height, width, channels = x.shape[1:]
    size = height * width
    for b, image in enumerate(x):
        row, column = filters[b]
        for channel in range(channels):
            level = (image[..., channel] - np.float32(black)) / np.float32(grey_level)
            if row >= 0:
                level = row_filters[row] @ level
            if column >= 0:
                level = level @ column_filters[column].T
            if gamma[b] != 1:
                level = _change_tone(level, gamma[b])
            if noise[b] > 0:
                first = (b * channels + channel) * -(-size // 64) * 64
                words = philox4x32(first + size, seed, step, NOISE_STREAM)[first:]
                level = level + noise[b] * _nearly_normal(words).reshape(level.shape)
            level = level.clip(0, 255)
            if coarseness[b] > 0:
                level = _jpeg(level, coarseness[b]).clip(0, 255)
            image[..., channel] = np.float32(black) + np.float32(grey_level) * level
        image[...] = _standardise(image.ravel(), offset, scale).reshape(image.shape)


def mix_pairs(x, share, boxes):
    """Mix images ``p`` and ``N - 1 - p`` in place.

    Each takes ``share[p]`` of the other (mixup: Zhang et al., ICLR 2018); then they exchange the
    box ``boxes[p] = (r0, r1, c0, c1)`` (CutMix: Yun et al., ICCV 2019).
    """
    for pair in range(len(x) // 2):
        a, b = x[pair], x[len(x) - 1 - pair]
        difference = share[pair] * (b - a)
        a += difference
        b -= difference
        r0, r1, c0, c1 = boxes[pair].clip(0)
        kept = a[r0:r1, c0:c1].copy()
        a[r0:r1, c0:c1] = b[r0:r1, c0:c1]
        b[r0:r1, c0:c1] = kept
