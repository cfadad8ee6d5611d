"""Images that are not decoded yet are left as they are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fernet.datasets._undecoded import apart

PIXELS = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def opened(image_format, **options):
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, image_format, **options)
    return Image.open(file)


def test_a_jpeg_has_a_twin_of_the_same_pixels_that_may_be_decoded_apart():
    with opened("JPEG") as image, apart(image) as twin:
        assert twin is not image
        twin.draft(None, (20, 15))
        twin.load()
        assert image.size == (80, 60)
        with apart(image) as other:
            np.testing.assert_array_equal(np.asarray(other), np.asarray(image))


def test_what_is_decoded_or_can_not_be_smaller_has_none():
    with opened("PNG") as image:
        assert apart(image) is image
    with opened("JPEG") as image:
        image.load()
        assert apart(image) is image
    image = Image.fromarray(PIXELS)
    assert apart(image) is image


@pytest.mark.parametrize("page", [0, 1])
def test_each_picture_of_several_in_a_file_stays_itself(page):
    second = Image.fromarray(PIXELS[::-1])
    with opened("MPO", save_all=True, append_images=[second]) as image:
        image.seek(page)
        found = np.asarray(apart(image))
        np.testing.assert_array_equal(found, np.asarray(image))
        assert image.tell() == page
