"""What the page's server answers, and what it refuses."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import threading
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter

from fernet import EMOTIONS, EmotionRecognizer, FERMLPClassifier
from fernet.datasets import make_faces

pytest.importorskip("starlette", reason='no server is installed: "fernet-emotion[demo]"')
pytest.importorskip("uvicorn", reason='no server is installed: "fernet-emotion[demo]"')

from fernet.demo import DemoServer
from fernet.demo.answer import answer_for
from fernet.demo.uploads import MAX_BYTES

FACES = make_faces(280, random_state=0)
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    return FERMLPClassifier((32,), max_iter=8, random_state=0).fit(FACES.data, FACES.target)


@pytest.fixture(scope="module")
def server(model):
    server = DemoServer(EmotionRecognizer(model))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server
    server.stop()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def ask(server):
    """Send a request, as the page does unless told otherwise; return status, JSON and headers."""

    def send(body=b"", path="/recognize", method="POST", **headers):
        host = server.url.removeprefix("http://").rstrip("/")
        sent = {"Host": host, "Origin": f"http://{host}", "Content-Type": "image/png"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(host, timeout=30)
        connection.request(method, path, body, {k: v for k, v in sent.items() if v is not None})
        response = connection.getresponse()
        raw = response.read()
        connection.close()
        is_json = response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(raw) if is_json else raw, response.headers

    return send


def png(image) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def test_a_face_is_answered_with_the_models_probabilities_and_a_map(ask, model):
    status, answer, _ = ask(png(FACES.images[0]))

    (face,) = answer["faces"]
    assert status == 200
    assert (answer["width"], answer["height"], answer["emotions"]) == (48, 48, list(EMOTIONS))
    expected = model.predict_proba(FACES.data[:1])[0]
    assert face["probabilities"] == pytest.approx(expected.tolist())
    assert face["emotion"] == EMOTIONS[expected.argmax()]
    assert (face["side"], face["pixels"]) == (48, FACES.data[0].tolist())
    assert len(face["importance"]) == 2304
    assert (min(face["importance"]), max(face["importance"])) == (0, 100)


def test_faces_of_a_model_in_colours_are_shown_in_colours():
    pictures = RNG.integers(0, 256, (21, 24, 24, 3), dtype=np.uint8)
    rows = pictures.reshape(21, -1)
    model = FERMLPClassifier((4,), max_iter=3, random_state=0).fit(rows, np.arange(21) % 7)
    recognizer = EmotionRecognizer(model, image_size=24, color=True)

    (face,) = answer_for(recognizer, io.BytesIO(png(pictures[0])))["faces"]

    assert (face["side"], face["pixels"]) == (24, rows[0].tolist())
    assert len(face["importance"]) == 24 * 24
    assert max(face["importance"]) == 100


class InATable:
    """A model whose answers are a table, its columns in an order of their own."""

    def __init__(self, model):
        self.model, self.classes_ = model, model.classes_

    def predict_proba(self, rows):
        names = [EMOTIONS[label] for label in self.classes_]
        return pd.DataFrame(self.model.predict_proba(rows), columns=names)[names[::-1]]


def test_a_map_is_that_of_the_answers_whatever_a_model_takes_and_gives(model):
    fractions = FERMLPClassifier((32,), max_iter=8, random_state=0)
    fractions.fit(FACES.data.astype(np.float32) / 255, FACES.target)
    file = png(FACES.images[0])
    expected = answer_for(EmotionRecognizer(model), io.BytesIO(file))["faces"][0]["importance"]
    (face,) = answer_for(EmotionRecognizer(InATable(model)), io.BytesIO(file))["faces"]
    assert face["importance"] == expected
    (face,) = answer_for(EmotionRecognizer(fractions), io.BytesIO(file))["faces"]
    assert max(face["importance"]) == 100


def test_a_real_photo_gets_a_box(ask):
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    cbook = pytest.importorskip("matplotlib.cbook")
    raw = Path(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)).read_bytes()

    status, answer, _ = ask(raw, Content_Type="image/jpeg")

    assert status == 200
    assert (answer["width"], answer["height"]) == (512, 600)
    (face,) = answer["faces"]
    assert abs(face["box"]["x"] + face["box"]["width"] / 2 - 267) < 30
    assert face["score"] > 0.8
    assert (face["angle"], face["doubtful"]) == (0, False)
    assert 0.9 < face["quality"] <= 1


def test_a_turned_and_blurred_face_says_so(ask):
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    astronaut = Image.fromarray(pytest.importorskip("skimage.data").astronaut())
    turned = astronaut.rotate(40, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))

    _, answer, _ = ask(png(np.asarray(turned.filter(ImageFilter.GaussianBlur(6)))))

    (face,) = answer["faces"]
    assert face["angle"] == pytest.approx(40, abs=15)
    assert face["doubtful"]
    assert face["quality"] < 0.75


def test_the_page_may_use_nothing_from_elsewhere(ask):
    for path in ("/", "/page.css", "/page.js"):
        status, text, headers = ask(path=path, method="GET", Origin=None)
        assert status == 200
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert b"http://" not in text
        assert b"https://" not in text
        assert b"style=" not in text
        assert b" onclick=" not in text


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({"Origin": "http://example.com"}, "not from http://example.com"),
        ({"Origin": "null"}, "not from null"),
        ({"Origin": None}, "not from elsewhere"),
        ({"Host": "example.com"}, "not at example.com"),
        ({"Host": "localhost:80"}, "not at localhost:80"),
        ({"Sec_Fetch_Site": "cross-site"}, "for itself alone"),
    ],
)
def test_other_pages_are_refused(ask, headers, sentence):
    status, answer, _ = ask(png(FACES.images[0]), **headers)

    assert status == 403
    assert sentence in answer["error"]


def test_the_page_asked_for_as_localhost_leads_to_its_address(ask, server):
    port = server.url.rstrip("/").rpartition(":")[2]
    name = f"localhost:{port}"

    status, _, headers = ask(path="/", method="GET", Host=name, Origin=None)

    assert (status, headers["Location"]) == (307, server.url)
    assert ask(path="/page.js", method="GET", Host=name, Origin=None)[0] == 403
    assert ask(png(FACES.images[0]), path="/", Host=name, Origin=f"http://{name}")[0] == 403


def test_another_page_can_not_even_look(ask):
    assert ask(path="/", method="GET", Host="example.com")[0] == 403
    assert ask(path="/page.js", method="GET", Origin=None, Sec_Fetch_Site="cross-site")[0] == 403


@pytest.mark.parametrize("kind", ["text/plain", "image/svg+xml", "image/tiff", None])
def test_other_types_are_refused(ask, kind):
    status, answer, _ = ask(b"<svg/>", Content_Type=kind)

    assert status == 415
    assert "expected BMP, GIF, JPEG, PNG, WEBP" in answer["error"]


@pytest.mark.parametrize("body", [b"", b"no image", png(FACES.images[0])[:200]])
def test_what_is_no_image_is_refused(ask, body):
    status, answer, _ = ask(body)

    assert status == 400
    assert any(word in answer["error"] for word in ("empty", "not an image", "damaged"))


def announced(server, headers: list[str], body: bytes = b"") -> bytes:
    """Send a request by hand and return the beginning of the answer."""
    host = server.url.removeprefix("http://").rstrip("/")
    name, port = host.split(":")
    head = ["POST /recognize HTTP/1.1", f"Host: {host}", f"Origin: http://{host}"]
    with socket.create_connection((name, int(port)), timeout=30) as connection:
        lines = [*head, "Content-Type: image/png", *headers, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        with contextlib.suppress(OSError):  # where it is refused before all of it was there
            connection.sendall(body)
        answer = b""
        while b'"error"' not in answer and (part := connection.recv(4000)):
            answer += part
        return answer


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(server):
    answer = announced(server, [f"Content-Length: {MAX_BYTES + 1}"])

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"at most 20 MB" in answer


def test_a_file_of_unknown_length_is_taken_no_further_than_allowed(server):
    part = f"{1 << 20:x}\r\n".encode() + bytes(1 << 20) + b"\r\n"

    answer = announced(server, ["Transfer-Encoding: chunked"], part * 21)

    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("width", "height", "sentence"),
    [
        (8000, 6000, "8000 x 6000 pixels; at most 30 million are taken of a PNG"),
        (9000, 9000, "9000 x 9000 pixels; at most 40 million are taken"),
        (60_000, 60_000, "3600000000 pixels; at most 40 million are taken"),
    ],
)
def test_a_photo_of_too_many_pixels_is_refused_undecoded(ask, width, height, sentence):
    image = png(np.zeros((1, 1), np.uint8))
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + image[24:29]
    huge = image[:12] + header + zlib.crc32(header).to_bytes(4, "big") + image[33:]

    status, answer, _ = ask(huge)

    assert status == 413
    assert answer["error"].endswith(sentence)


def test_only_this_machine_is_served(server):
    assert server.url.startswith("http://127.0.0.1:")


def test_a_port_that_is_taken_is_named(server, model):
    port = int(server.url.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(OSError, match=f"port {port} of 127.0.0.1: address already in use"):
        DemoServer(EmotionRecognizer(model), port)


def test_nothing_is_kept_on_disk(ask, tmp_path, monkeypatch):
    """A photo may not even pass through a temporary file."""
    import tempfile

    def refuse(*arguments, **options):
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    large = png(np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8))
    assert ask(large + bytes(5_000_000))[0] == 200
