"""What spoils pictures of faces: blur, noise, compression, light, pose, things in front of them.

Each function takes ``faces`` (n, height, width, channels) in float32, whole levels from 0 for black
to 255 for white, and an amount; it returns levels that are neither rounded nor cut off. Lengths are
in pixels of a face that is 48 pixels wide and high, whatever the size of these. Of larger faces
noise and JPEG spoil less, as their grain and blocks do not grow.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet.augmentation.filters import blur_matrix, interpolation_matrix, motion_matrix
from fernet.emotions import IMAGE_SHAPE

Faces = NDArray[np.float32]
Distortion = Callable[[Faces, float, np.random.Generator], Faces]

_GREY = 128.0
_LENSES = 20.0
_CLOTH = 200.0


def gaussian_blur(faces: Faces, sigma: float, rng: np.random.Generator) -> Faces:
    """Out of focus."""
    height, width = _scales(faces)
    return _separable(
        faces,
        blur_matrix(faces.shape[1], sigma * height, reach=4, border="edge"),
        blur_matrix(faces.shape[2], sigma * width, reach=4, border="edge"),
    )


def motion_blur(faces: Faces, length: float, rng: np.random.Generator) -> Faces:
    """Moved sideways while the shutter was open."""
    reach = length * _scales(faces)[1]
    return _separable(faces, None, motion_matrix(faces.shape[2], reach, border="edge"))


def low_resolution(faces: Faces, side: float, rng: np.random.Generator) -> Faces:
    """Taken with fewer pixels, each the mean of its area, and blown up again (bicubic).

    So many are left along the shorter side, whatever its length; faces with fewer keep theirs.
    """
    from PIL import Image

    height, width = faces.shape[1:3]
    share = min(1.0, side / min(height, width))
    small = round(share * width), round(share * height)

    def resampled(picture: Image.Image) -> Image.Image:
        box = picture.resize(small, Image.Resampling.BOX)
        return box.resize(picture.size, Image.Resampling.BICUBIC)

    return _each_picture(faces, resampled)


def jpeg(faces: Faces, quality: float, rng: np.random.Generator) -> Faces:
    """Saved as JPEG and read again."""
    from PIL import Image

    def compressed(picture: Image.Image) -> Image.Image:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(quality))
        return Image.open(file)

    return _each_picture(faces, compressed)


def noise(faces: Faces, deviation: float, rng: np.random.Generator) -> Faces:
    """Gaussian noise of a sensor, each pixel's and channel's its own."""
    return faces + np.float32(deviation) * rng.standard_normal(faces.shape, dtype=np.float32)


def contrast(faces: Faces, share: float, rng: np.random.Generator) -> Faces:
    """Nearer to the picture's mean."""
    mean = faces.mean(axis=(1, 2), keepdims=True, dtype=np.float64).astype(np.float32)
    return mean + np.float32(share) * (faces - mean)


def brightness(faces: Faces, levels: float, rng: np.random.Generator) -> Faces:
    """Darker, what would be below black cut off."""
    return faces + np.float32(levels)


def rotation(faces: Faces, degrees: float, rng: np.random.Generator) -> Faces:
    """Turned in the picture, a way by chance; the border is drawn out."""
    from scipy.ndimage import affine_transform

    clockwise = rng.random(len(faces)) < 0.5
    turned = np.empty_like(faces)
    centre = (np.array(faces.shape[1:3]) - 1) / 2
    for rows, angle in ((clockwise, np.deg2rad(degrees)), (~clockwise, -np.deg2rad(degrees))):
        turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        matrix = np.eye(4)
        matrix[1:3, 1:3] = turn
        offset = np.r_[0, centre - turn @ centre, 0]
        turned[rows] = affine_transform(faces[rows], matrix, offset, order=1, mode="nearest")
    return turned


def margin(faces: Faces, share: float, rng: np.random.Generator) -> Faces:
    """Smaller in the frame by a share, the border drawn out."""
    rows, columns = (_zoom_matrix(size, 1 - share) for size in faces.shape[1:3])
    return _separable(faces, rows, columns)


def stretch(faces: Faces, ratio: float, rng: np.random.Generator) -> Faces:
    """Narrower than they are high, the border drawn out."""
    return _separable(faces, None, _zoom_matrix(faces.shape[2], ratio))


def erased_box(faces: Faces, side: float, rng: np.random.Generator) -> Faces:
    """A grey square somewhere within the picture."""
    n, height, width = faces.shape[:3]
    places = rng.random((n, 2))
    inside = np.ones((n, height, width), dtype=bool)
    for axis, size, scale in zip((1, 2), (height, width), _scales(faces), strict=True):
        length = min(round(side * scale), size)
        first = np.floor(places[:, axis - 1] * (size - length + 1))[:, None]
        pixels = np.arange(size)
        covered = (pixels >= first) & (pixels < first + length)
        inside &= covered[:, :, None] if axis == 1 else covered[:, None, :]
    return np.where(inside[..., None], np.float32(_GREY), faces)


def sunglasses(faces: Faces, opacity: float, rng: np.random.Generator) -> Faces:
    """Two dark lenses and a bridge where the eyes of a centred face are."""
    y, x = _places(faces)
    lenses = ((y - 0.38) / 0.12) ** 2 + ((np.abs(x) - 0.22) / 0.18) ** 2 <= 1
    bridge = (np.abs(y - 0.36) < 0.03) & (np.abs(x) < 0.22)
    return _covered(faces, lenses | bridge, _LENSES, opacity)


def mouth_mask(faces: Faces, share: float, rng: np.random.Generator) -> Faces:
    """A light cloth over the middle of the face, from below up to a share of its height."""
    y, x = _places(faces)
    return _covered(faces, (y > 1 - share) & (np.abs(x) < 0.35), _CLOTH, 1.0)


def _scales(faces: Faces) -> tuple[float, float]:
    """Return how many of the faces' pixels are one of a face of 48 by 48."""
    return faces.shape[1] / IMAGE_SHAPE[0], faces.shape[2] / IMAGE_SHAPE[1]


def _places(faces: Faces) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each pixel's share of the height from above, and of the width from the middle."""
    height, width = faces.shape[1:3]
    return (np.arange(height)[:, None] + 0.5) / height, (np.arange(width) + 0.5) / width - 0.5


def _covered(faces: Faces, where: NDArray[np.bool_], level: float, opacity: float) -> Faces:
    opaque = np.where(where, np.float32(opacity), np.float32(0))[..., None]
    return faces + opaque * (np.float32(level) - faces)


def _each_picture(faces: Faces, change: Callable[[Any], Any]) -> Faces:
    from PIL import Image

    changed = np.empty_like(faces)
    n_channels = faces.shape[-1]
    for face, out in zip(faces.astype(np.uint8), changed, strict=True):
        if n_channels == 3:
            out[...] = np.asarray(change(Image.fromarray(face)))
            continue
        for channel in range(n_channels):
            out[..., channel] = np.asarray(change(Image.fromarray(face[..., channel])))
    return changed


def _separable(faces: Faces, rows: NDArray | None, columns: NDArray | None) -> Faces:
    """Apply a matrix to each column and another one to each row of the pictures.

    One by one: a BLAS may round a product otherwise where it has more rows.
    """
    for axis, matrix in ((0, rows), (1, columns)):
        if matrix is not None:
            weights = matrix.astype(np.float32)
            moved = [np.tensordot(face, weights, axes=([axis], [1])) for face in faces]
            faces = np.moveaxis(np.stack(moved), -1, axis + 1)
    return faces


def _zoom_matrix(size: int, factor: float) -> NDArray:
    """Return the matrix that resizes about the centre (bilinear), the border drawn out."""
    centre = (size - 1) / 2
    places = np.clip((np.arange(size) - centre) / factor + centre, 0, size - 1)
    return interpolation_matrix(places, size)
