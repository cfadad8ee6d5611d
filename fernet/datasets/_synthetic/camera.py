"""Where the camera stands, and what it does to the picture: pose, light, blur, noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fernet.datasets._synthetic.draws import Draws
from fernet.emotions import IMAGE_SHAPE

NEGATIVES = 0.25
"""Share of pictures whose tones are reversed, as on film. People read them, and so does a network
with a hidden layer; a linear model, for which a dark brow and a bright one cancel, does not."""

Window = tuple[slice, slice, slice]
"""A part of every picture: all faces, some rows, some columns."""


@dataclass(frozen=True)
class View:
    """What each pixel of a batch shows, as places on the picture, the head and the face.

    Parameters
    ----------
    x, y : ndarray of shape (1, 48) and (48, 1)
        Places on the picture.
    head_u, head_v : ndarray of shape (n_faces, 48, 48)
        Places on the head's outline, upright and centred.
    u, v : ndarray of shape (n_faces, 48, 48)
        Places on the front of the face, where the features are: it turns further than the
        outline does, and its far half looks narrower.
    yaw, pitch : ndarray of shape (n_faces, 1, 1)
        Turn to the picture's right and downwards, about the sine of the angle.
    """

    x: np.ndarray
    y: np.ndarray
    head_u: np.ndarray
    head_v: np.ndarray
    u: np.ndarray
    v: np.ndarray
    yaw: np.ndarray
    pitch: np.ndarray

    def within(self, window: Window) -> View:
        """Keep the places on the face of one part of the picture, packed: less to compute."""
        return replace(
            self,
            u=np.ascontiguousarray(self.u[window]),
            v=np.ascontiguousarray(self.v[window]),
        )


def draw_view(draws: Draws) -> View:
    """Choose the pose of each face of a batch: tilt, size, place, turn and nod."""
    height, width = IMAGE_SHAPE
    x = ((np.arange(width, dtype=np.float32) + 0.5) * (2.0 / width) - 1.0)[None, :]
    y = ((np.arange(height, dtype=np.float32) + 0.5) * (2.0 / height) - 1.0)[:, None]
    # The tangent of half the angle gives both cosine and sine by division alone.
    tangent = draws.around(0.0, 0.06)
    cosine = (1.0 - tangent * tangent) / (1.0 + tangent * tangent)
    sine = 2.0 * tangent / (1.0 + tangent * tangent)
    zoom = draws.around(0.87, 0.05)
    head_u = (x * cosine + y * sine) * zoom - draws.around(0.0, 0.035)
    head_v = (y * cosine - x * sine) * zoom - draws.around(0.0, 0.035)
    yaw, pitch = draws.around(0.0, 0.2), draws.around(0.0, 0.13)
    u, v = head_u - 0.28 * yaw, head_v - 0.2 * pitch
    u = u * (1.0 + 0.35 * yaw * u)
    v = v * (1.0 + 0.25 * pitch * v)
    return View(x, y, head_u, head_v, u, v, yaw, pitch)


def expose(canvas: np.ndarray, view: View, draws: Draws) -> np.ndarray:
    """Light the scene from one side; choose exposure, tone curve, contrast, and negatives."""
    tilt_x, tilt_y = draws.around(0.0, 0.3), draws.around(-0.05, 0.25)
    light = canvas * (1.0 + tilt_x * view.x + tilt_y * view.y)
    light *= draws.uniform(0.85, 1.2)
    np.clip(light, 0.0, 1.0, out=light)
    # x / (x + (1 - x) * bend): gamma's bow without a power.
    light = light / (light + (1.0 - light) * draws.uniform(0.6, 1.7))
    contrast = draws.uniform(0.7, 1.15)
    light -= 0.5
    light *= contrast
    light += draws.around(0.5, 0.07)
    negative = draws.happens(NEGATIVES)
    return light + negative * (1.0 - 2.0 * light)


def soften(canvas: np.ndarray, draws: Draws) -> np.ndarray:
    """Blur as a lens slightly out of focus does, by a different amount for each face."""
    side = draws.uniform(0.0, 0.24)
    for axis in (1, 2, 1, 2):
        canvas = _spread(canvas, side, axis)
    return canvas


def _spread(canvas: np.ndarray, side: np.ndarray, axis: int) -> np.ndarray:
    """Average each pixel with its two neighbours along `axis`, which weigh `side` each."""
    last = canvas.shape[axis] - 1
    before = np.take(canvas, np.maximum(np.arange(last + 1) - 1, 0), axis)
    after = np.take(canvas, np.minimum(np.arange(last + 1) + 1, last), axis)
    return canvas + side * ((before - canvas) + (after - canvas))


def record(canvas: np.ndarray, noise: np.ndarray, draws: Draws) -> np.ndarray:
    """Add the sensor's noise and round to bytes."""
    grain = draws.uniform(0.006, 0.024)
    levels = (canvas + grain * noise) * 255.0 + 0.5
    return np.clip(np.floor(levels), 0.0, 255.0).astype(np.uint8)
