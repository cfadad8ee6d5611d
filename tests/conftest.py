"""Fixtures that every test may ask for."""

from __future__ import annotations

import base64
import csv
import importlib.util
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from PIL import Image

from fernet import _kernels
from fernet.datasets import make_faces

# How long an example takes tells of the machine, not of what is tested.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# Interpreters that tests start shall not take the folder they start in for a place to import
# from: in a checkout, its `fernet` is sources that are not compiled.
os.environ["PYTHONSAFEPATH"] = "1"

# A shell starts its background jobs with Ctrl-C ignored, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# What TensorFlow has to say of a machine without a GPU is nobody's concern here.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next((path for name in BROWSER_NAMES if (path := shutil.which(name))), None)
BROWSER_SECONDS = 120
HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None


@pytest.fixture(autouse=True)
def _skip_without_tensorflow(request):
    if request.node.get_closest_marker("tensorflow") and not HAS_TENSORFLOW:
        pytest.skip('TensorFlow is not installed: pip install "fernet-emotion[tensorflow]"')


@pytest.fixture(autouse=True)
def a_terminal_that_may_close() -> Iterator[None]:
    """Have SIGHUP end programs, also where the tests were started by nohup, which ignores it."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def other_isa():
    """Another instruction set of this machine, and a function that goes over to it."""
    names, usual = _kernels.available_isas(), _kernels.selected_isa()
    others = [name for name in names if name != usual]
    if not others:
        pytest.skip("this machine has one instruction set alone")
    yield others[-1], lambda: _kernels.select_isa(others[-1])
    _kernels.select_isa(usual)


@pytest.fixture(scope="session")
def fernet_data() -> Path:
    """Folder with the real FER2013 and CIFAR-10, named by the variable ``FERNET_DATA``.

    It holds ``fer2013.csv``, Kaggle's ``fer2013/``, ``cifar-10-batches-bin/``,
    ``cifar-10-batches-py/`` and CIFAR-10's images in ``cifar10/``.
    """
    place = os.environ.get("FERNET_DATA")
    if not place:
        pytest.skip("set FERNET_DATA to a folder with the real FER2013 and CIFAR-10 to run this")
    return Path(place)


VOTED_FOR = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt")
ROWS_OF_TRAINING = 210


def _usage(row: int) -> str:
    return "Training" if row < ROWS_OF_TRAINING else "PublicTest"


def _write_faces(path: Path, faces) -> None:
    """Write FER2013's file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        for row, (pixels, label) in enumerate(zip(faces.data, faces.target, strict=True)):
            writer.writerow([label, " ".join(map(str, pixels)), _usage(row)])


def _write_votes(path: Path, labels) -> None:
    """Write FER+'s file: eight votes for each label, now and then for contempt instead."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Usage", "Image name", *VOTED_FOR, "unknown", "NF"])
        for row, label in enumerate(labels):
            votes = [0] * (len(VOTED_FOR) + 2)
            votes[7 if row % 30 == 0 else label] = 8
            votes[6 if label != 6 else 0] += 2
            writer.writerow([_usage(row), "", *votes])


@pytest.fixture(scope="module")
def documents_place(tmp_path_factory):
    """Folder with the files that the examples of the README and the guide name: drawn faces."""
    folder = tmp_path_factory.mktemp("documents")
    faces = make_faces(280, random_state=0)
    _write_faces(folder / "fer2013.csv", faces)
    _write_votes(folder / "fer2013new.csv", faces.target)
    (folder / "holiday").mkdir()
    Image.fromarray(faces.images[0]).save(folder / "photo.jpg")
    Image.fromarray(faces.images[1]).save(folder / "holiday" / "beach.png")
    for image, label in zip(faces.images[:70], faces.target[:70], strict=True):
        of_class = folder / "my_faces" / ("angry", "calm")[label % 2]
        of_class.mkdir(parents=True, exist_ok=True)
        grey = Image.fromarray(image)
        photo = Image.merge("RGB", [grey, grey, grey.point(lambda level: level * 3 // 4)])
        photo.save(of_class / f"{len(list(of_class.iterdir()))}.png")
    own = sorted(path.relative_to(folder) for path in folder.glob("my_faces/*/*"))
    rows = [f"{path},{path.parent.name}" for path in own]
    (folder / "my_faces.csv").write_text("\n".join(["image,label", *rows]))
    votes = [f"{path},{number % 7},{3 + number % 2}" for number, path in enumerate(own)]
    (folder / "my_votes.csv").write_text("\n".join(["image,happy,sad", *votes]))
    return folder


class Browser:
    """A headless Chromium, spoken to in its DevTools protocol through two pipes."""

    def __init__(self, profile: Path) -> None:
        commands, self._write = (_high(fd) for fd in os.pipe())
        self._read, answers = (_high(fd) for fd in os.pipe())
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        options += ["--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        # A camera that shows a test picture, and is allowed without asking.
        options += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        # Chromium reads commands from descriptor 3 and answers on 4.
        script = f'exec "$@" 3<&{commands} 4>&{answers}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", BROWSER, *options],
            pass_fds=(commands, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._buffer, self._count, self._session = b"", 0, None
        self.events: list[dict] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> dict:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(self, page: Path | str, width: int) -> None:
        """Load a file or an address as on a screen of that many CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=740,
            deviceScaleFactor=2,
            mobile=width < 600,
        )
        self.events.clear()
        self.call("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        while not self.told("Page.loadEventFired"):
            self.events.append(self._message())

    def evaluate(self, expression: str) -> object:
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def wait_for(self, expression: str) -> object:
        """Wait until an expression is true, and return what it is."""
        end = time.monotonic() + BROWSER_SECONDS
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < end, f"still false: {expression}"
            time.sleep(0.05)
        return value

    def told(self, *methods: str) -> list[dict]:
        return [event["params"] for event in self.events if event.get("method") in methods]

    def screenshot(self) -> bytes:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def _message(self) -> dict:
        end = time.monotonic() + BROWSER_SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self._read, 1 << 20) if ready else b""
            assert chunk, "the browser does not answer"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


def _high(descriptor: int) -> int:
    """Move a descriptor out of the way of 3 and 4."""
    import fcntl  # which Windows lacks

    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A real browser, where one is installed."""
    if BROWSER is None or shutil.which("bash") is None:
        pytest.skip(f"no browser to look with: none of {', '.join(BROWSER_NAMES)} is installed")
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
