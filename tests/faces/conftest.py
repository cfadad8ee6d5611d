"""A real photograph, which comes with matplotlib: Grace Hopper's portrait, in the public domain."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def portrait() -> Path:
    """A photo of 512 x 600 pixels with one face, at about (145, 99) and 239 pixels wide."""
    cbook = pytest.importorskip("matplotlib.cbook")
    return Path(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
