"""From photos to rows of pixels."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from PIL import Image, ImageSequence
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from fernet import FERMLPClassifier
from fernet.datasets import make_faces
from fernet.datasets.images import read_face
from fernet.datasets.photos import ImageError
from fernet.faces import Detections, FaceCropper, FaceDetector, crop_face

FACES = make_faces(70, random_state=0)
RNG = np.random.default_rng(0)
BLACK = np.zeros((80, 100), np.uint8)


def test_faces_pass_as_they_are():
    rows = FaceCropper().fit_transform(list(FACES.images[:5]))

    assert rows.dtype == np.uint8
    assert (rows == FACES.data[:5]).all()


def test_no_photos_are_no_rows():
    assert FaceCropper().transform([]).shape == (0, 2304)


@pytest.mark.parametrize("form", [{"image_size": 64}, {"image_size": 30, "color": True}])
def test_faces_may_have_another_size_and_their_colours(form):
    shape = (form["image_size"],) * 2 + ((3,) if form.get("color") else ())
    images = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    cropper = FaceCropper(**form)

    assert (cropper.transform(list(images)) == images.reshape(4, -1)).all()
    assert len(cropper.get_feature_names_out()) == images[0].size
    assert cropper.transform([]).shape == (0, images[0].size)
    cut = FaceCropper(detector=lambda image: ([[10, 10, 40, 40]], [0.9]), **form)
    assert cut.transform([np.full((80, 90, 3), 70, np.uint8)]).tolist() == [[70] * images[0].size]


def test_a_size_that_is_none_is_named():
    with pytest.raises(ValueError, match="image_size is 0"):
        FaceCropper(image_size=0).fit([])


def test_a_pipeline_goes_from_photos_to_emotions(portrait):
    pytest.importorskip("cv2")
    model = FERMLPClassifier((8,), max_iter=1, random_state=0)
    pipeline = make_pipeline(FaceCropper(), model).fit(list(FACES.images), FACES.target)

    assert pipeline.predict([str(portrait), portrait]).shape == (2,)


def test_a_portrait_becomes_its_face(portrait):
    pytest.importorskip("cv2")
    (row,) = FaceCropper().transform([portrait])

    image = Image.open(portrait).convert("L").resize((48, 48), box=(159, 119, 376, 336))
    assert np.corrcoef(row, np.asarray(image).ravel())[0, 1] > 0.9


def test_a_photo_without_a_face_is_named_or_taken_whole(tmp_path):
    pytest.importorskip("cv2")
    Image.fromarray(BLACK).save(tmp_path / "black.png")

    with pytest.raises(ValueError, match=r"black.png: no face found"):
        FaceCropper().transform([tmp_path / "black.png"])
    assert (FaceCropper(no_face="center").transform([BLACK]) == 0).all()


def test_of_several_faces_the_most_certain_or_the_largest_or_none_is_taken():
    picture = np.random.default_rng(0).integers(0, 256, (200, 300), dtype=np.uint8)
    large, sure = (0, 0, 150, 150), (200, 50, 40, 50)

    def cut(several):
        detector = lambda image: ([large, sure], [0.6, 0.9])  # noqa: E731
        (row,) = FaceCropper(several=several, detector=detector).transform([picture])
        return row.reshape(48, 48)

    assert FaceCropper().several == "most_certain"
    assert (cut("most_certain") == crop_face(picture, sure)).all()
    assert (cut("largest") == crop_face(picture, large)).all()
    with pytest.raises(ValueError, match=r"X\[0\]: 2 faces found, expected one"):
        cut("raise")


def test_without_detection_the_middle_square_is_taken(tmp_path):
    path = tmp_path / "wide.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 99), np.uint8)).save(path)

    assert (FaceCropper(detect=False).transform([path])[0] == read_face(path).ravel()).all()


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "text.jpg").write_text("no image")

    with pytest.raises(ValueError, match=r"text.jpg: not an image of a known kind"):
        FaceCropper().transform([tmp_path / "text.jpg"])
    with pytest.raises(FileNotFoundError):
        FaceCropper().transform([tmp_path / "missing.jpg"])
    with pytest.raises(ValueError, match=r"X\[0\]: image is an array of float64"):
        FaceCropper().transform([np.zeros((60, 60))])


def test_no_detection_goes_on_after_an_error(portrait):
    begun, ended = [], []

    def detector(photo):
        begun.append(photo.shape)
        if len(begun) > 1:
            time.sleep(0.5)
        ended.append(photo.shape)
        return Detections(np.empty((0, 4)), np.empty(0))

    with pytest.raises(ValueError, match="no face"):
        FaceCropper(detector=detector, n_jobs=4).transform([portrait] * 40)

    assert 0 < len(ended) == len(begun) < 40


def test_an_error_of_ones_own_detector_has_a_note_that_names_the_picture(tmp_path):
    Image.new("L", (60, 60)).save(tmp_path / "photo.png")

    def detector(photo):
        raise KeyError("confidence")

    with pytest.raises(KeyError, match="confidence") as error:
        FaceCropper(detector=detector).transform([tmp_path / "photo.png"])
    (note,) = error.value.__notes__
    assert note.endswith("photo.png")


def test_one_path_in_place_of_several_is_an_error():
    with pytest.raises(ValueError, match="expected a sequence of photos"):
        FaceCropper().transform("photo.jpg")


@pytest.mark.parametrize("shape", [(60, 50, 3), (60, 50, 4), (60, 50, 1)])
@pytest.mark.parametrize("form", [np.asarray, np.ndarray.tolist])
def test_one_photo_in_place_of_several_is_no_photo_a_line(shape, form):
    photo = form(np.zeros(shape, np.uint8))
    cropper = FaceCropper(detect=False)
    with pytest.raises(ValueError, match=r"^X is one photo, of shape .*, such as \[X\]$"):
        cropper.transform(photo)
    assert cropper.transform([photo]).shape == (1, 2304)


def test_nor_is_one_of_pillows():
    with pytest.raises(ValueError, match=r"^X is one photo; expected a sequence"):
        FaceCropper(detect=False).transform(Image.new("RGB", (50, 60)))


@pytest.mark.parametrize("n", [1, 3, 4, 5])
def test_a_stack_of_photos_is_several(n):
    cropper = FaceCropper(detect=False)
    assert cropper.transform(np.zeros((n, 60, 50), np.uint8)).shape == (n, 2304)
    assert cropper.transform(np.zeros((n, 60, 50, 3), np.uint8)).shape == (n, 2304)


def test_a_table_is_told_to_give_a_column(tmp_path):
    pd = pytest.importorskip("pandas")
    Image.new("L", (48, 48), 90).save(tmp_path / "a.png")
    table = pd.DataFrame({"file": [str(tmp_path / "a.png")]})

    with pytest.raises(ValueError, match=r"X is a DataFrame; .* such as one of its columns"):
        FaceCropper().transform(table)
    assert (FaceCropper().transform(table["file"]) == 90).all()


@pytest.mark.parametrize("detector", ["haar", FaceDetector])
def test_a_detector_that_is_none_is_named(detector):
    with pytest.raises(TypeError, match="detector is "):
        FaceCropper(detector=detector).fit([])


def test_a_detector_that_would_never_be_asked_is_refused():
    with pytest.raises(ValueError, match="detect is False and detector is given"):
        FaceCropper(detect=False, detector=FaceDetector()).fit([])


@pytest.mark.parametrize("name", ["no_face", "several"])
def test_a_setting_that_is_none_is_named(name):
    with pytest.raises(ValueError, match=f"{name} is 'maybe'"):
        FaceCropper(**{name: "maybe"}).fit([])


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
@pytest.mark.parametrize("kind", ["array", "Pillow", "TIFF"])
def test_an_iterator_may_use_an_object_again_for_the_next_picture(n_jobs, kind, tmp_path):
    pictures = RNG.integers(0, 256, (12, 60, 50), dtype=np.uint8)

    def again():
        frame, image = np.empty((60, 50), np.uint8), Image.new("L", (50, 60))
        for picture in pictures:
            frame[:] = picture
            image.paste(Image.fromarray(picture))
            yield frame if kind == "array" else image

    path = tmp_path / "pages.tiff"
    first, *others = map(Image.fromarray, pictures)
    first.save(path, save_all=True, append_images=others)
    cropper = FaceCropper(detect=False, n_jobs=n_jobs)
    with Image.open(path) as pages:
        handed_over = ImageSequence.Iterator(pages) if kind == "TIFF" else again()
        rows = cropper.transform(handed_over)
    np.testing.assert_array_equal(rows, cropper.transform(list(pictures)))


def test_an_iterators_picture_that_can_not_be_read_is_named():
    with pytest.raises(ImageError, match=r"^X\[1\]: .*closed"):
        FaceCropper(detect=False).transform(iter([FACES.images[0], closed_image()]))


def closed_image():
    file = io.BytesIO()
    Image.fromarray(FACES.images[0]).save(file, "PNG")
    with Image.open(file) as image:
        return image


def test_it_is_a_transformer_like_others():
    cropper = clone(FaceCropper(detect=False, several="raise"))

    assert cropper.get_params()["several"] == "raise"
    names = cropper.set_output(transform="pandas").transform([FACES.images[0]]).columns
    assert list(names) == [f"pixel{i}" for i in range(2304)]


@pytest.mark.parametrize("name", ["detect", "upright", "color"])
def test_what_only_counts_as_true_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} is 'no'; expected True or False"):
        FaceCropper(**{name: "no"}).fit(None)
