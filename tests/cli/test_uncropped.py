"""Photos in the place of faces are remarked on."""

from __future__ import annotations

import sys

import pytest
from PIL import Image

from fernet.cli.data import load_for_evaluation, load_for_training
from fernet.cli.uncropped import remark_on_photos
from fernet.faces import FaceCropper


@pytest.fixture
def photos(tmp_path):
    """A face of 239 pixels in photos of 812x700, in folders of two classes."""
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    cbook = pytest.importorskip("matplotlib.cbook")
    portrait = Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    folder = tmp_path / "photos"
    for number in range(8):
        picture = Image.new("RGB", (812, 700), (30 * number, 90, 90))
        picture.paste(portrait, (30 * number, 50))
        path = folder / ("calm", "tense")[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    return folder


def test_photos_are_remarked_on_in_training_and_evaluation(photos):
    training, _ = load_for_training(photos, seed=0)
    said = "in 8 of 8 pictures looked at, the face takes less than 60 % of the shorter side"
    assert training.notes[0].startswith(said)
    assert "fernet crop" in training.notes[0]
    assert load_for_evaluation(photos, None).notes == training.notes[:1]


def test_faces_cut_out_small_ones_and_what_can_not_be_read_are_not(photos, tmp_path):
    files = sorted(map(str, photos.rglob("*.jpg")))
    cropped = FaceCropper(image_size=112, color=True).transform(files).reshape(-1, 112, 112, 3)
    for number, face in enumerate(cropped):
        Image.fromarray(face).save(tmp_path / f"{number}.png")
    small = Image.open(files[0]).resize((90, 78))
    small.save(tmp_path / "small.jpg")
    assert remark_on_photos([str(tmp_path / f"{number}.png") for number in range(8)]) == ""
    assert remark_on_photos([str(tmp_path / "small.jpg")] * 8) == ""
    assert remark_on_photos(["faces.parquet, row 3"] * 8) == ""
    assert remark_on_photos([]) == ""


def test_some_photos_among_faces_are_no_fault_and_a_few_of_many_are_looked_at(photos):
    photo = next(map(str, photos.rglob("*.jpg")))
    assert remark_on_photos([photo] * 5 + ["nothing.png"] * 5) == ""
    assert remark_on_photos([photo] * 1000).startswith("in 24 of 24 pictures")


def test_without_opencv_nothing_is_said(photos, monkeypatch):
    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert remark_on_photos([str(path) for path in photos.rglob("*.jpg")]) == ""
