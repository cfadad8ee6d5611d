"""From pictures of every kind to records."""

from __future__ import annotations

import gc
import os
import weakref

import numpy as np
import pytest
from PIL import Image, ImageFilter
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.svm import LinearSVC

from fernet import EMOTIONS, EmotionRecognizer, FERMLPClassifier, save_model
from fernet.datasets import make_faces
from fernet.datasets.images import read_face
from fernet.estimators.saving import ModelFileError
from fernet.faces import Detections, FaceCropper
from fernet.faces.records import Unreadable

FACES = make_faces(140, random_state=0)
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def portrait():
    """Grace Hopper's portrait, which comes with matplotlib, as an image."""
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    cbook = pytest.importorskip("matplotlib.cbook")
    with Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        return image.convert("RGB").resize((256, 300))


def is_hopper(box, size=(256, 300)):
    scale = np.array([size[0] / 256, size[1] / 300] * 2)
    return np.abs(np.array(box) / scale - (92, 61, 84, 106)).max() <= 12


def test_a_detector_that_would_not_be_asked_is_refused():
    with pytest.raises(ValueError, match="detect is False and detector is given"):
        EmotionRecognizer("mlp", detect=False, detector=lambda image: ([], []))


def test_faces_get_the_models_own_probabilities(recognizer, model):
    records = recognizer.predict(list(FACES.images[:20]))

    expected = model.predict_proba(FACES.data[:20])
    assert [list(r.probabilities.values()) for r in records] == expected.tolist()
    assert [r.emotion for r in records] == [EMOTIONS[i] for i in expected.argmax(axis=1)]
    assert [(r.file, r.face, r.status) for r in records[:2]] == [
        ("image 0", 1, "ok"),
        ("image 1", 1, "ok"),
    ]


@pytest.mark.parametrize("size", [1, 3, 64])
def test_the_batch_size_changes_nothing(model, recognizer, size):
    images = list(FACES.images[:10])

    assert EmotionRecognizer(model, batch_size=size).predict(images) == recognizer.predict(images)


def save_as(image: Image.Image, path, kind: str) -> None:
    """Save a portrait as a file of some kind."""
    if kind == "16-bit":
        levels = np.asarray(image.convert("L")).astype(np.uint16) * 257
        Image.fromarray(levels).save(path, "PNG")
    elif kind == "turned":
        exif = Image.Exif()
        exif[0x0112] = 6
        image.rotate(90, expand=True).save(path, "JPEG", exif=exif, quality=95)
    elif kind == "animated":
        frames = [image, Image.new("RGB", image.size)]
        frames[0].save(path, "GIF", save_all=True, append_images=frames[1:])
    elif kind == "CMYK":
        image.convert("CMYK").save(path, "JPEG", quality=95)
    else:
        image.convert(kind).save(path, "PNG")


@pytest.mark.parametrize("kind", ["RGB", "RGBA", "LA", "P", "16-bit", "CMYK", "turned", "animated"])
def test_a_photo_of_any_kind_has_its_face(recognizer, portrait, tmp_path, kind):
    save_as(portrait, tmp_path / "photo", kind)

    (record,) = recognizer.predict(tmp_path / "photo")

    assert record.status == "ok"
    assert is_hopper(record.box)


def test_a_large_photo_is_searched_smaller_and_its_box_is_not(recognizer, portrait, tmp_path):
    portrait.resize((2048, 2400)).save(tmp_path / "large.jpg")

    (record,) = recognizer.predict(tmp_path / "large.jpg")

    assert is_hopper(record.box, (2048, 2400))


def test_several_faces_have_numbers(recognizer, portrait):
    group = Image.fromarray(np.tile(np.asarray(portrait), (1, 3, 1)))

    records = recognizer.predict(group)

    assert [r.face for r in records] == [1, 2, 3]
    assert len({r.box for r in records}) == 3


def test_a_face_that_is_cut_off_is_cut_out_all_the_same(recognizer, portrait):
    (record,) = recognizer.predict(portrait.crop((0, 90, 256, 300)))  # by 29 of its 106 rows

    assert record.status == "ok"
    assert np.abs(np.array(record.box) - (92, 0, 84, 77)).max() <= 12


def test_a_turned_face_is_turned_back_unless_told(model, portrait):
    lying = portrait.rotate(30, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))

    (record,) = EmotionRecognizer(model).predict(lying)
    (left,) = EmotionRecognizer(model, upright=False).predict(lying)

    assert record.angle == pytest.approx(30, abs=12)
    assert left.angle == 0
    assert record.box == left.box
    assert record.probabilities != left.probabilities


def test_a_small_face_is_judged_but_called_too_small(model, portrait):
    small = Image.new("RGB", (200, 200), (128, 128, 128))
    small.paste(portrait.resize((43, 50)), (60, 60))

    (record,) = EmotionRecognizer(model).predict(small)

    assert record.status == "too small to judge"
    assert record.quality.size < 24
    assert record.emotion in EMOTIONS
    assert record.is_doubtful


def test_a_blurred_face_is_doubtful_and_a_sharp_one_is_not(recognizer, portrait):
    (sharp,) = recognizer.predict(portrait)
    (blurred,) = recognizer.predict(portrait.filter(ImageFilter.GaussianBlur(9)))

    assert sharp.status == blurred.status == "ok"
    assert not sharp.is_doubtful
    assert blurred.is_doubtful


def test_faces_below_a_limit_are_named_and_not_judged(model):
    picture = RNG.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    answer = ([[0, 0, 150, 150], [200, 50, 40, 50], [200, 120, 20, 20]], [0.6, 0.9, 0.8])
    seen = []

    class Counting:
        n_features_in_, classes_ = 2304, model.classes_

        def predict_proba(self, rows):
            seen.append(len(rows))
            return model.predict_proba(rows)

    recognizer = EmotionRecognizer(
        Counting(), detector=lambda image: answer, min_score=0.7, min_size=30
    )

    records = recognizer.predict(picture)

    assert [r.status for r in records] == [
        "ok",
        "left out: 20 pixels are below 30",
        "left out: score 0.60 is below 0.7",
    ]
    assert [r.face for r in records] == [1, 2, 3]
    assert records[1].emotion is records[2].probabilities is None
    assert records[1].box == (200, 120, 20, 20)
    assert seen == [1]
    assert "min_score=0.7, min_size=30, batch_size=256" in repr(recognizer)


def test_faces_are_numbered_by_their_scores_not_their_sizes(model):
    picture = RNG.integers(0, 256, (200, 300, 3), dtype=np.uint8)
    answer = Detections(np.array([[0, 0, 150, 150], [200, 50, 40, 50]]), np.array([0.6, 0.9]))

    records = EmotionRecognizer(model, detector=lambda image: answer).predict(picture)

    assert [(r.face, r.box.width, r.score) for r in records] == [(1, 40, 0.9), (2, 150, 0.6)]


@pytest.mark.parametrize("name", ["black", "tiny", "scenery"])
def test_where_no_face_is_to_be_found_the_record_says_so(recognizer, portrait, name):
    datasets = pytest.importorskip("sklearn.datasets")
    picture = {
        "black": lambda: Image.new("RGB", (300, 200)),
        "tiny": lambda: portrait.resize((8, 9)),
        "scenery": lambda: datasets.load_sample_image("china.jpg"),
    }[name]()

    (record,) = recognizer.predict(picture)

    assert record.status == "no face found"
    assert record.face is record.box is record.emotion is record.probabilities is None


def test_what_can_not_be_read_has_a_record_and_stops_nothing(recognizer, tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("no image")
    Image.fromarray(FACES.images[0]).save(tmp_path / "face.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "face.png").read_bytes()[:200])
    names = ["empty.jpg", "text.jpg", "cut.png", "none.jpg", "face.png"]
    files = [*(tmp_path / name for name in names), Unreadable("x", "folder without images")]

    records = recognizer.predict(files)

    statuses = [r.status for r in records]
    assert [r.file for r in records] == [*(str(tmp_path / name) for name in names), "x"]
    assert statuses[:2] == ["the file is empty", "not an image of a known kind"]
    assert "damaged" in statuses[2]
    assert statuses[3:] == ["no such file or directory", "ok", "folder without images"]


def test_without_detection_the_middle_square_is_the_face(model, tmp_path):
    levels = RNG.integers(0, 256, (90, 60, 3), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "tall.png")

    (record,) = EmotionRecognizer(model, detect=False).predict(str(tmp_path / "tall.png"))

    assert record.box == (0, 15, 60, 60)
    expected = model.predict_proba(read_face(tmp_path / "tall.png").reshape(1, -1))
    assert list(record.probabilities.values()) == expected[0].tolist()


def test_colours_of_48x48_are_searched_as_any_photo(model):
    seen = []

    def spy(image):
        seen.append(image.shape)
        return [], []

    picture = RNG.integers(0, 256, (48, 48, 3), dtype=np.uint8)
    (record,) = EmotionRecognizer(model, detector=spy).predict(picture)

    assert seen == [(48, 48, 3)]
    assert record.status == "no face found"


def test_a_frame_has_a_row_for_each_record(recognizer, tmp_path):
    pytest.importorskip("pandas")
    frame = recognizer.predict([FACES.images[0], tmp_path / "none.jpg"], as_frame=True)

    box = ["x", "y", "width", "height"]
    assert list(frame) == [
        "file",
        "face",
        *box,
        "score",
        "angle",
        "quality",
        "emotion",
        *EMOTIONS,
        "status",
    ]
    assert frame.loc[0, box].tolist() == [0, 0, 48, 48]
    assert frame.loc[0, list(EMOTIONS)].sum() == pytest.approx(1)
    assert frame.loc[1, ["face", *box, "score", "angle", "quality", *EMOTIONS]].isna().all()
    assert frame["face"].dtype == "Int64"


def test_an_error_of_a_detector_tells_the_picture(model, tmp_path):
    def failing(image):
        raise KeyError("confidence")

    path = tmp_path / "photo.png"
    Image.new("L", (60, 50)).save(path)
    with pytest.raises(KeyError) as caught:
        EmotionRecognizer(model, detector=failing).predict([path])
    assert caught.value.__notes__ == [f"while faces were looked for in {path}"]
    for ask in (EmotionRecognizer.find, EmotionRecognizer.faces_of):
        with pytest.raises(KeyError) as caught:
            ask(EmotionRecognizer(model, detector=failing), path)
        assert caught.value.__notes__ == [f"while faces were looked for in {path}"]
    with pytest.raises(KeyError) as caught:
        FaceCropper(detector=failing).transform([path])
    assert caught.value.__notes__ == [f"while faces were looked for in {path}"]


def test_classes_called_as_a_column_have_one_of_their_own():
    pytest.importorskip("pandas")
    classes = np.array(["face", "score"])[FACES.target % 2]
    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(FACES.data, classes)
    frame = EmotionRecognizer(model).predict([FACES.images[0]], as_frame=True)
    assert frame.columns.is_unique
    assert frame["face"].tolist() == [1]
    chances = frame[["face (probability)", "score (probability)"]]
    assert chances.to_numpy().sum() == pytest.approx(1)


def test_a_frame_of_nothing_has_the_same_columns(recognizer):
    pytest.importorskip("pandas")
    whole = recognizer.predict([FACES.images[0]], as_frame=True)
    empty = recognizer.predict([], as_frame=True)

    assert (empty.dtypes[1:6] == whole.dtypes[1:6]).all()
    assert len(empty) == 0


def test_a_stream_reads_little_ahead_and_holds_nothing_behind(model):
    """So that its memory does not depend on how many pictures there are."""

    alive: list[weakref.ref] = []

    class Picture(np.ndarray):
        def copy(self, order="C"):
            copied = super().copy(order)
            alive.append(weakref.ref(copied))
            return copied

    def pictures():
        picture = FACES.images[0].view(Picture)
        for _ in range(200):
            yield picture

    most = 0
    for _ in EmotionRecognizer(model, batch_size=8).stream(pictures()):
        gc.collect(0)
        most = max(most, sum(ref() is not None for ref in alive))
    assert len(alive) == 200
    assert most <= 3 * 8


def test_a_stream_that_is_left_ends_its_threads(model):
    import threading

    before = threading.active_count()
    stream = EmotionRecognizer(model, batch_size=2).stream(iter(list(FACES.images)))
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_a_model_may_be_a_file_or_a_folder_with_one(model, tmp_path):
    save_model(model, tmp_path / "model.safetensors")

    for given in (tmp_path, str(tmp_path), tmp_path / "model.safetensors"):
        (record,) = EmotionRecognizer(given).predict(FACES.images[0])
        assert record.status == "ok"


def test_a_model_may_be_what_a_file_holds(model, recognizer, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    expected = recognizer.predict(FACES.images[0])

    assert EmotionRecognizer(path.read_bytes()).predict(FACES.images[0]) == expected
    with open(path, "rb") as file:
        assert EmotionRecognizer(file).predict(FACES.images[0]) == expected


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (b"no model", ModelFileError, "model"),
        ("nowhere/model.safetensors", FileNotFoundError, "nowhere"),
        ("resnet_of_mars", ValueError, "name is 'resnet_of_mars'"),
        (__file__, ModelFileError, "not a model file"),
    ],
)
def test_a_model_that_is_none_is_named(given, error, message):
    with pytest.raises(error, match=message):
        EmotionRecognizer(given)


def test_a_model_of_other_images_is_refused():
    other = FERMLPClassifier((), max_iter=1).fit(RNG.random((20, 30)), np.arange(20) % 2)
    with pytest.raises(ValueError, match=r"model: the model takes 30 values .* 2304"):
        EmotionRecognizer(other)


@pytest.mark.parametrize("name", ["detect", "upright", "color"])
def test_what_only_counts_as_true_is_named(model, name):
    with pytest.raises(ValueError, match=f"{name} is 'no'; expected True or False"):
        EmotionRecognizer(model, **{name: "no"})


def test_a_batch_size_of_none_is_named(model):
    with pytest.raises(ValueError, match="batch_size is 0"):
        EmotionRecognizer(model, batch_size=0)


def test_faces_of_48x48_need_no_opencv(model, monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    Image.fromarray(FACES.images[0]).save(tmp_path / "face.png")

    assert EmotionRecognizer(model).predict(os.fspath(tmp_path / "face.png"))[0].status == "ok"
    with pytest.raises(ImportError, match="fernet-emotion"):
        EmotionRecognizer(model).predict(Image.new("RGB", (100, 100)))


def test_a_recognizer_shows_itself_as_it_is_made(model, tmp_path):
    save_model(model, tmp_path / "model.safetensors")

    assert repr(EmotionRecognizer("mlp", detect=False)) == (
        "EmotionRecognizer('mlp', detect=False, upright=True, batch_size=256)"
    )
    assert repr(EmotionRecognizer(tmp_path, detect=False)).startswith(
        f"EmotionRecognizer({str(tmp_path)!r}, "
    )
    shown = repr(EmotionRecognizer(model, batch_size=8))
    assert shown.startswith("EmotionRecognizer(<FERMLPClassifier>, detect=True, detector=")
    assert shown.endswith(", upright=True, batch_size=8)")
    assert "\n" not in shown


@pytest.mark.parametrize("given", [None, 5, FERMLPClassifier, LinearRegression(), LinearSVC()])
def test_what_is_no_classifier_with_probabilities_is_refused_at_once(given):
    with pytest.raises(TypeError, match=r"^model is .*; expected the name of a network, .*proba$"):
        EmotionRecognizer(given)


def test_a_model_that_is_not_fitted_says_so():
    with pytest.raises(NotFittedError, match="model is a FERMLPClassifier that is not fitted"):
        EmotionRecognizer(FERMLPClassifier())


def test_parts_of_other_types_are_refused_at_once(model):
    with pytest.raises(TypeError, match=r"^detector is 'haar'; expected a callable"):
        EmotionRecognizer(model, detector="haar")
    for size in ("8", 2.5, None):
        with pytest.raises(TypeError, match=r"^batch_size is .*; expected a whole number"):
            EmotionRecognizer(model, batch_size=size)
    assert EmotionRecognizer(model, batch_size=np.int64(3)).batch_size == 3


def test_numbers_that_need_not_be_fer2013s_are_warned_of():
    X = np.random.default_rng(0).integers(0, 256, (6, 2304), dtype=np.uint8)
    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(X, [0, 1] * 3)
    with pytest.warns(UserWarning, match="numbers, 0, 1, and called as FER2013 does: angry, dis"):
        EmotionRecognizer(model, detect=False)
    named = model.merge_classes({"calm": [0], "tense": [1]})
    assert EmotionRecognizer(named, detect=False).emotions_ == ["calm", "tense"]


def test_too_little_memory_names_the_picture_and_gives_it_no_record(
    recognizer, tmp_path, monkeypatch
):
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        Image.new("L", (48, 48)).save(path)
    take = recognizer.photo

    def photo(source):
        if source == paths[1]:
            raise MemoryError
        return take(source)

    monkeypatch.setattr(recognizer, "photo", photo)
    with pytest.raises(MemoryError, match=r"b\.png: there is no room for it in memory"):
        recognizer.predict(paths)
