"""The page in a real browser: a real upload, a camera, a phone's width, the keyboard."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image, ImageFilter

from fernet import EmotionRecognizer, FERMLPClassifier
from fernet.datasets import make_faces

pytest.importorskip("starlette", reason='no server is installed: "fernet-emotion[demo]"')
pytest.importorskip("uvicorn", reason='no server is installed: "fernet-emotion[demo]"')
pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')

from fernet.demo import DemoServer


@contextmanager
def serving(recognizer):
    """Serve the page while it is needed, and give its address."""
    server = DemoServer(recognizer)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.url
    server.stop()
    thread.join(20)


@pytest.fixture(scope="module")
def url():
    faces = make_faces(280, random_state=0)
    model = FERMLPClassifier((32,), max_iter=8, random_state=0).fit(faces.data, faces.target)
    with serving(EmotionRecognizer(model)) as address:
        yield address


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    """Two of Grace Hopper's portrait, which comes with matplotlib."""
    cbook = pytest.importorskip("matplotlib.cbook")
    path = tmp_path_factory.mktemp("photo") / "two.jpg"
    with Image.open(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        two = np.tile(np.asarray(image.resize((256, 300))), (1, 2, 1))
    Image.fromarray(two).save(path)
    return path


def upload(browser, path):
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    browser.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)


def wait_for_answer(browser) -> str:
    text = "document.getElementById('status').textContent"
    return browser.wait_for(f"!{text}.startsWith('Looking') && {text}")


@pytest.mark.parametrize("width", [360, 1280])
def test_an_upload_shows_boxes_bars_and_maps(browser, url, photo, width):
    browser.open(url, width)
    upload(browser, photo)

    assert wait_for_answer(browser) == "2 faces found"
    assert browser.evaluate("document.querySelectorAll('#faces li').length") == 2
    assert browser.evaluate("document.querySelectorAll('#faces meter').length") == 14
    values = "[...document.querySelectorAll('#faces li:first-child meter')].map(m => m.value)"
    assert browser.evaluate(f"{values}.reduce((a, b) => a + b)") == pytest.approx(1, abs=1e-3)
    orange = (
        "(() => { const c = document.querySelector('.heat');"
        "const d = c.getContext('2d').getImageData(0, 0, 48, 48).data;"
        "let n = 0; for (let i = 0; i < d.length; i += 4) n += d[i] > d[i + 2] + 40;"
        "return n; })()"
    )
    assert browser.evaluate(orange) > 20
    blue = orange.replace(".heat", "#photo").replace("0, 0, 48, 48", "0, 0, c.width, c.height")
    blue = blue.replace("d[i] > d[i + 2] + 40", "d[i] === 0x56 && d[i + 2] === 0xe9")
    assert browser.evaluate(blue) > 100
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_faces_are_shown_as_a_model_of_colours_sees_them(browser, photo):
    pictures = np.random.default_rng(0).integers(0, 256, (21, 32, 32, 3), dtype=np.uint8)
    rows = pictures.reshape(21, -1)
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(rows, np.arange(21) % 7)
    recognizer = EmotionRecognizer(model)
    with serving(recognizer) as url:
        browser.open(url, 360)
        upload(browser, photo)
        assert wait_for_answer(browser) == "2 faces found"

    crop = "document.querySelector('.crop')"
    assert (browser.evaluate(f"{crop}.width"), browser.evaluate(f"{crop}.height")) == (32, 32)
    assert "32 by 32 pixels" in browser.evaluate(f"{crop}.getAttribute('aria-label')")
    levels = f"{crop}.getContext('2d').getImageData(0, 0, 32, 32).data"
    seen = np.array(json.loads(browser.evaluate(f"JSON.stringify([...{levels}])")))
    assert (seen.reshape(32, 32, 4)[:, :, :3] == recognizer.find(photo)[0].pixels).all()


def test_labels_lie_within_the_picture_at_its_edges_and_in_narrow_ones(browser, url, tmp_path):
    astronaut = Image.fromarray(pytest.importorskip("skimage.data").astronaut())
    tall = Image.new("RGB", (300, 3000), "grey")
    tall.paste(astronaut.resize((512, 512)).crop((20, 0, 270, 250)), (50, 100))
    tall.save(tmp_path / "tall.png")
    browser.open(url, 360)
    browser.evaluate(
        "window.ends = []; const draw = CanvasRenderingContext2D.prototype.fillText;"
        "CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {"
        "window.ends.push(x, x + this.measureText(text).width, this.canvas.width);"
        "draw.call(this, text, x, y); }"
    )
    upload(browser, tmp_path / "tall.png")

    assert wait_for_answer(browser) == "1 face found"
    begin, end, width = json.loads(browser.evaluate("JSON.stringify(window.ends)"))
    assert 0 <= begin < end <= width
    assert begin < width / 4  # of a narrow picture all of the width is taken


def test_a_certain_answer_stands_on_one_line(browser, url, photo):
    browser.open(url, 360)
    upload(browser, photo)
    wait_for_answer(browser)
    browser.evaluate("document.querySelector('tr.most td:last-child').textContent = '100.0 %'")

    heights = "[...document.querySelectorAll('#faces li:first-child tr')].map(r => r.offsetHeight)"
    assert browser.evaluate(f"Math.max(...{heights}) - Math.min(...{heights})") <= 1


def test_a_turned_and_blurred_face_is_told_of(browser, url, tmp_path):
    astronaut = Image.fromarray(pytest.importorskip("skimage.data").astronaut())
    turned = astronaut.rotate(40, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128))
    turned.filter(ImageFilter.GaussianBlur(6)).save(tmp_path / "blurred.png")
    browser.open(url, 360)
    upload(browser, tmp_path / "blurred.png")

    assert wait_for_answer(browser) == "1 face found"
    told = browser.evaluate("document.querySelector('.about').textContent")
    assert "The detector's score is 0." in told
    assert "and turned back." in told
    assert "Doubtful: the face is too small" in told
    assert " ?" in browser.evaluate("document.getElementById('photo').getAttribute('aria-label')")


def test_the_console_is_silent_and_nothing_is_fetched_from_elsewhere(browser, url, photo):
    browser.open(url, 360)
    upload(browser, photo)
    wait_for_answer(browser)

    assert browser.told("Runtime.consoleAPICalled", "Runtime.exceptionThrown") == []
    assert browser.told("Log.entryAdded") == []
    asked = [event["request"]["url"] for event in browser.told("Network.requestWillBeSent")]
    assert f"{url}recognize" in asked
    assert all(address.startswith((url, f"blob:{url}")) for address in asked)


def test_a_text_file_is_refused_in_a_sentence(browser, url, tmp_path):
    (tmp_path / "text.jpg").write_text("no image")
    browser.open(url, 360)
    upload(browser, tmp_path / "text.jpg")

    assert wait_for_answer(browser) == "Refused: not an image of a known kind."
    assert browser.evaluate("document.getElementById('result').hidden") is True


def test_a_camera_is_opened_looked_through_and_closed(browser, url):
    browser.open(url, 360)
    browser.evaluate("document.getElementById('open').click()")
    browser.wait_for("document.getElementById('video').videoWidth > 0")
    assert browser.evaluate("document.activeElement.id") == "take"
    browser.evaluate("document.getElementById('take').click()")

    assert "ound" in wait_for_answer(browser)
    assert browser.evaluate("document.getElementById('photo').width") > 100
    browser.evaluate("document.getElementById('close').click()")
    assert browser.evaluate("document.getElementById('video').srcObject") is None
    assert browser.evaluate("document.getElementById('camera').hidden") is True


def test_the_cameras_buttons_stand_apart_on_a_small_phone(browser, url):
    browser.open(url, 320)
    browser.evaluate("document.getElementById('open').click()")
    browser.wait_for("document.getElementById('video').videoWidth > 0")

    box = "document.getElementById('{}').getBoundingClientRect()"
    take, close = box.format("take"), box.format("close")
    assert browser.evaluate(f"{close}.top - {take}.bottom") >= 8


def test_a_camera_that_is_asked_for_twice_is_closed_whole(browser, url):
    browser.open(url, 360)
    browser.evaluate(
        "window.tracks = []; const media = navigator.mediaDevices;"
        "const given = media.getUserMedia.bind(media);"
        "media.getUserMedia = async (what) => {"
        "const stream = await given(what); window.tracks.push(...stream.getTracks());"
        "return stream; };"
        "document.getElementById('open').click(); document.getElementById('open').click()"
    )
    browser.wait_for("document.getElementById('video').videoWidth > 0")
    browser.evaluate("document.getElementById('close').click()")

    states = browser.evaluate("window.tracks.map((track) => track.readyState).join()")
    assert set(states.split(",")) == {"ended"}


@pytest.mark.parametrize(
    ("media", "told"),
    [
        ("undefined", "This browser gives no page a camera."),
        (
            "{ getUserMedia: () => Promise.reject(new Error('Not allowed.')) }",
            "The camera can't be opened: Not allowed.",
        ),
    ],
)
def test_a_camera_that_is_not_given_is_told_of(browser, url, media, told):
    browser.open(url, 360)
    browser.evaluate(f"Object.defineProperty(navigator, 'mediaDevices', {{ value: {media} }})")
    browser.evaluate("document.getElementById('open').click()")

    assert browser.wait_for("document.getElementById('status').textContent") == told


def test_a_file_that_is_gone_is_told_from_a_server_that_is(browser, url, photo, tmp_path):
    (tmp_path / "gone.jpg").write_bytes(photo.read_bytes())
    browser.open(url, 360)
    upload(browser, tmp_path / "gone.jpg")
    wait_for_answer(browser)
    (tmp_path / "gone.jpg").unlink()
    browser.evaluate("lookAtOne(document.getElementById('file').files)")

    assert browser.wait_for("document.getElementById('status').classList.contains('error')")
    told = browser.evaluate("document.getElementById('status').textContent")
    assert told.startswith("That can't be read: it is a folder, or the file is gone")


def test_the_same_file_may_be_chosen_again(browser, url, photo):
    browser.open(url, 360)
    upload(browser, photo)
    wait_for_answer(browser)
    browser.evaluate(
        "document.getElementById('file').addEventListener('click', (e) => e.preventDefault())"
    )
    browser.evaluate("document.getElementById('file').click()")

    assert browser.evaluate("document.getElementById('file').files.length") == 0


@pytest.mark.parametrize(("n_files", "told"), [(0, "There is no photo in that."), (2, "2 files;")])
def test_what_is_not_one_photo_is_not_passed_over(browser, url, n_files, told):
    browser.open(url, 360)
    browser.evaluate(
        "const what = new DataTransfer(); what.setData('text/plain', 'a text');"
        f"for (let i = 0; i < {n_files}; i++) what.items.add(new File(['x'], `${{i}}.jpg`));"
        "document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: what }))"
    )

    assert browser.evaluate("document.getElementById('status').textContent").startswith(told)


def test_without_scripts_the_page_says_that_it_needs_them(browser, url):
    text = "document.querySelector('main').innerText"
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(url, 360)
        assert "needs JavaScript" in browser.evaluate(text)
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    browser.open(url, 360)
    assert "needs JavaScript" not in browser.evaluate(text)


def test_the_keyboard_reaches_everything_and_everything_has_a_name(browser, url):
    browser.open(url, 360)
    reached = []
    for _ in range(2):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
        reached.append(browser.evaluate("document.activeElement.id"))

    assert reached == ["file", "open"]
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    controls = [n for n in tree if n.get("role", {}).get("value") in ("button", "image", "meter")]
    assert controls
    assert all(node["name"]["value"] for node in controls if not node["ignored"])
    assert browser.evaluate("document.documentElement.lang") == "en"


def test_text_and_buttons_are_large_enough_for_a_phone(browser, url, photo):
    browser.open(url, 360)
    upload(browser, photo)
    wait_for_answer(browser)

    texts = "[...document.querySelectorAll('td, th, p, figcaption, caption, label')]"
    smallest = f"Math.min(...{texts}.map(e => parseFloat(getComputedStyle(e).fontSize)))"
    assert browser.evaluate(smallest) >= 14
    assert browser.evaluate("document.getElementById('open').offsetHeight") >= 44
