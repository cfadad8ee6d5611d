"""How much memory a photo may take to decode."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib.resources import files

import pytest
from PIL import Image

from fernet.demo.decoding import MAX_DECODED_BYTES, check_decoded_size
from fernet.demo.refusals import RefusedError
from fernet.demo.uploads import MAX_BYTES

TURNED = Image.Exif()
TURNED[0x0112] = 6

# The mode, the largest size that is taken, and how it is saved.
LARGEST = {
    "BMP": ("RGB", (7500, 4000), {}),
    "GIF": ("P", (7500, 4000), {}),
    "JPEG": ("RGB", (8000, 5000), {"quality": 1}),
    "progressive JPEG": ("RGB", (7900, 4450), {"progressive": True, "subsampling": 0}),
    "PNG": ("RGB", (7500, 4000), {}),
    "PNG, turned": ("RGB", (7500, 4000), {"exif": TURNED}),
    "PNG with transparency, turned": ("RGBA", (5350, 4000), {"exif": TURNED}),
    "PNG of deep levels": ("I;16", (7500, 4000), {}),
    "WEBP": ("RGB", (5000, 3150), {"exif": TURNED}),
}

PEAKS = """
import sys
from fernet.faces.finding import take_photo

def figure(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

for path in sys.argv[1:]:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew
    before = figure("VmRSS:")
    take_photo(path, 2000, colors=True)
    print((figure("VmHWM:") - before) * 1024)
"""


def saved(name: str, size: tuple[int, int]) -> io.BytesIO:
    mode, _, options = LARGEST[name]
    file = io.BytesIO()
    first = name.split()[0].rstrip(",")
    kind = {"progressive": "JPEG"}.get(first, first)
    Image.new(mode, size).save(file, kind, **options)
    return file


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_largest_that_are_taken_decode_within_the_limit(tmp_path):
    for name, (_, size, _) in LARGEST.items():
        file = saved(name, size)
        check_decoded_size(file, 2000)
        (tmp_path / name).write_bytes(file.getvalue())

    paths = [str(tmp_path / name) for name in LARGEST]
    command = [sys.executable, "-P", "-c", PEAKS, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    peaks = dict(zip(LARGEST, map(int, done.stdout.split()), strict=True))
    assert {name: peak for name, peak in peaks.items() if peak > MAX_DECODED_BYTES} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGEST)
def test_a_tenth_more_is_refused(name):
    width, height = LARGEST[name][1]

    with pytest.raises(RefusedError, match=r"too large: .* at most \d+ million") as caught:
        check_decoded_size(saved(name, (width, height * 11 // 10)), 2000)

    assert caught.value.status == 413


def test_the_page_says_how_large_a_photo_may_be():
    page = files("fernet.demo").joinpath("page", "page.html").read_text(encoding="utf-8")
    millions = {name: width * height // 10**6 for name, (_, (width, height), _) in LARGEST.items()}
    assert millions["PNG"] == millions["GIF"] == millions["BMP"]
    assert (
        f"At most {MAX_BYTES // 10**6} MB; millions of pixels: JPEG {millions['JPEG']} "
        f"(progressive {millions['progressive JPEG']}), PNG, GIF and BMP {millions['PNG']} "
        f"(with transparency {millions['PNG with transparency, turned']}), WebP {millions['WEBP']}"
    ) in " ".join(page.split())


def test_a_jpeg_is_taken_larger_where_it_is_decoded_smaller():
    file = io.BytesIO()
    Image.new("L", (8000, 5000)).save(file, "JPEG")

    check_decoded_size(file, 2000)
    with pytest.raises(RefusedError):
        check_decoded_size(file, None)


def test_a_kind_that_browsers_do_not_show_is_refused():
    file = io.BytesIO()
    Image.new("L", (10, 10)).save(file, "TIFF")

    with pytest.raises(RefusedError, match=r"\(TIFF\): save it as JPEG") as caught:
        check_decoded_size(file, None)

    assert caught.value.status == 415
