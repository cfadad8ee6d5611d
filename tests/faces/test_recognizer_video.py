"""What a recogniser makes of a video's frames beside what it makes of pictures."""

from __future__ import annotations

import pytest
from PIL import Image

from fernet import EmotionRecognizer
from fernet.faces import FaceDetector

pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')


@pytest.fixture
def video(tmp_path):
    frames = [Image.new("L", (90, 80), level) for level in (50, 100, 150)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    return tmp_path / "a.gif"


@pytest.mark.parametrize(("kind", "is_followed"), [("yunet", False), ("haar", True)])
def test_the_cascades_faces_are_followed_whatever_their_score(
    model, video, monkeypatch, kind, is_followed
):
    monkeypatch.setattr(FaceDetector, "__call__", lambda *_: ([[10, 10, 50, 60]], [0.5]))
    recognizer = EmotionRecognizer(model, detector=FaceDetector(kind=kind, min_score=0.9))
    assert [record.face is not None for record in recognizer.video(video)] == [is_followed] * 3
    assert [record.face for record in recognizer.video(video, start_score=0.6)] == [None] * 3


def test_an_error_of_a_detector_tells_the_frame(model, video):
    def failing(image):
        if image.mean() > 70:
            raise KeyError("confidence")
        return [], []

    recognizer = EmotionRecognizer(model, detector=failing)
    with pytest.raises(KeyError) as caught:
        list(recognizer.video(video))
    assert caught.value.__notes__ == [f"in frame 1 of {video}"]
