from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._synthetic.drawing import (
    PIXEL,
    bump,
    coverage,
    ellipse,
    line,
    paint,
    shade,
)

grid = (np.arange(48, dtype=np.float32) + 0.5) * PIXEL - 1.0
u, v = grid[None, None, :], grid[None, :, None]
radii = st.floats(0.1, 0.8)
places = st.floats(-0.15, 0.15)


@given(cu=places, cv=places, ru=radii, rv=radii)
def test_an_ellipse_covers_its_area(cu, cv, ru, rv):
    share = coverage(ellipse(u, v, cu, cv, ru, rv))
    assert share.dtype == np.float32
    assert abs(share.sum() * PIXEL**2 / (np.pi * ru * rv) - 1.0) < 0.1


@given(width=st.floats(0.03, 0.5))
def test_a_line_is_as_wide_as_asked(width):
    covered = line(grid[:, None] * np.ones(3, np.float32), width / 2).sum(axis=0) * PIXEL
    np.testing.assert_allclose(covered, width, atol=0.1 * PIXEL)


@given(cu=places, cv=places, ru=radii, rv=radii)
def test_a_bump_peaks_at_its_centre_and_ends_at_its_edge(cu, cv, ru, rv):
    height = bump(u, v, cu, cv, ru, rv)
    assert height.min() >= 0.0
    assert height.max() <= 1.0
    outside = ((u - cu) / ru) ** 2 + ((v - cv) / rv) ** 2 > 1.01
    assert (height[outside] == 0.0).all()
    assert bump(np.float32([cu]), np.float32([cv]), cu, cv, ru, rv)[0] > 0.999


@given(tone=st.floats(0, 1, width=32), before=st.floats(0, 1, width=32))
def test_paint_covers_and_shade_darkens_by_the_share(tone, before):
    canvas = np.full(3, before, np.float32)
    share = np.array([0.0, 0.5, 1.0], np.float32)
    paint(canvas, tone, share)
    np.testing.assert_allclose(canvas, [before, (before + tone) / 2, tone], atol=1e-6)
    canvas = np.full(3, before, np.float32)
    shade(canvas, 0.4, share)
    np.testing.assert_allclose(canvas, np.array([1.0, 0.8, 0.6]) * before, atol=1e-6)
