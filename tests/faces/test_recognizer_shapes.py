"""Models of faces that are larger or smaller than FER2013's, or in colours."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fernet import EmotionRecognizer, FERCNNClassifier, FERMLPClassifier, save_model
from fernet.faces.finding import find_faces, take_photo
from fernet.layers import Conv2D, Flatten, Linear, MaxPool2D

RNG = np.random.default_rng(0)
LABELS = np.arange(21) % 7
PHOTO = RNG.integers(0, 256, (120, 160, 3), dtype=np.uint8)
BOX = (30, 20, 70, 80)


def detector(image):
    return [BOX], [0.9]


def images(*shape):
    return RNG.integers(0, 256, (21, *shape), dtype=np.uint8)


def cnn(*shape):
    layers = [Conv2D(4), MaxPool2D(2), Flatten(), Linear(7)]
    return FERCNNClassifier(layers, max_iter=1, random_state=0).fit(images(*shape), LABELS)


@pytest.fixture(params=[(32, 32), (64, 64), (24, 24, 3), (48, 48, 3)], ids=str)
def shape(request):
    return request.param


@pytest.fixture
def network(shape):
    return cnn(*shape)


def test_faces_are_cut_out_as_a_network_has_learnt_them(network, shape):
    recognizer = EmotionRecognizer(network, detector=detector)

    (face,) = recognizer.find(PHOTO)
    (record,) = recognizer.predict(PHOTO)

    assert recognizer.face_shape_ == face.pixels.shape == shape
    assert record.box == BOX
    expected = network.predict_proba(face.pixels[None])[0]
    assert list(record.probabilities.values()) == expected.tolist()


def test_the_same_from_a_file_of_the_model(network, shape, tmp_path):
    save_model(network, tmp_path / "own.safetensors")
    recognizer = EmotionRecognizer(tmp_path / "own.safetensors", detector=detector)

    assert recognizer.face_shape_ == shape
    own = EmotionRecognizer(network, detector=detector)
    assert recognizer.predict(PHOTO) == own.predict(PHOTO)


def test_pictures_of_just_its_shape_are_faces_and_never_searched(network, shape):
    def unused(image):
        raise AssertionError("searched")

    pictures = images(*shape)[:3]
    records = EmotionRecognizer(network, detector=unused).predict(list(pictures))

    expected = network.predict_proba(pictures)
    assert [list(record.probabilities.values()) for record in records] == expected.tolist()


def test_without_a_detector_the_middle_square_is_the_face(network, shape):
    picture = Image.fromarray(PHOTO)
    (face,) = EmotionRecognizer(network, detect=False).find(picture)

    picture = picture if len(shape) == 3 else picture.convert("L")
    middle = picture.resize(shape[1::-1], Image.Resampling.BICUBIC, box=(20, 0, 140, 120))
    assert (face.pixels == np.asarray(middle)).all()


def test_quality_does_not_depend_on_the_size_that_a_model_sees():
    photo = take_photo(PHOTO, None, colors=True)
    whole = [find_faces(photo, detector, shape=shape)[0] for shape in [(48, 48), (200, 200, 3)]]

    assert whole[0].quality == whole[1].quality


def test_a_network_of_pictures_that_are_not_square_is_refused():
    with pytest.raises(ValueError, match="takes images of 32 x 40 x 1 numbers; expected square"):
        EmotionRecognizer(cnn(32, 40))


@pytest.mark.parametrize("size", [{}, {"image_size": 48}])
def test_so_is_a_perceptron_of_such_though_it_takes_as_many_pixels(size):
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(images(72, 32), LABELS)
    with pytest.raises(ValueError, match="takes images of 72 x 32 x 1 numbers; expected square"):
        EmotionRecognizer(model, **size)


def test_rows_may_be_no_pixels_so_their_shape_is_to_be_said():
    rows = RNG.random((21, 900))  # as many as a histogram of gradients has
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(rows, LABELS)

    with pytest.raises(ValueError, match=r"takes 900 values .* 30x30 grey pixels: image_size=30$"):
        EmotionRecognizer(model)
    assert EmotionRecognizer(model, image_size=30).face_shape_ == (30, 30)


def test_a_pipeline_of_other_pixels_is_taken_as_said():
    pictures = images(20, 20, 3)
    as_rows = FunctionTransformer()
    model = FERMLPClassifier((4,), max_iter=1, random_state=0)
    pipeline = make_pipeline(as_rows, model).fit(pictures.reshape(21, -1), LABELS)

    with pytest.raises(ValueError, match=r"1200 values .* image_size=20, color=True$"):
        EmotionRecognizer(pipeline, image_size=20)
    recognizer = EmotionRecognizer(pipeline, image_size=20, color=True, detector=detector)

    (face,) = recognizer.find(PHOTO)
    expected = pipeline.predict_proba(face.pixels.reshape(1, -1))[0]
    assert list(recognizer.predict(PHOTO)[0].probabilities.values()) == expected.tolist()
    assert repr(recognizer).endswith("image_size=20, color=True)")
