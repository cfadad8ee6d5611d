"""The page of ``fernet evaluate --report`` in a real browser, on a phone and on a desk."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PROGRAM = next((path for name in NAMES if (path := shutil.which(name))), None)
SECONDS = 120

pytestmark = pytest.mark.skipif(
    PROGRAM is None or shutil.which("bash") is None,
    reason=f"no browser to look with: none of {', '.join(NAMES)} is installed",
)


class Browser:
    """A headless Chromium, spoken to in its DevTools protocol through two pipes."""

    def __init__(self, profile: Path) -> None:
        commands, self._write = (_high(fd) for fd in os.pipe())
        self._read, answers = (_high(fd) for fd in os.pipe())
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        options += ["--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        # Chromium reads commands from descriptor 3 and answers on 4.
        script = f'exec "$@" 3<&{commands} 4>&{answers}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", PROGRAM, *options],
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

    def open(self, path: Path, width: int) -> None:
        """Load a page as on a screen of that many CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=740,
            deviceScaleFactor=2,
            mobile=width < 600,
        )
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not self.told("Page.loadEventFired"):
            self.events.append(self._message())

    def evaluate(self, expression: str) -> object:
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

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
        end = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self._read, 1 << 20) if ready else b""
            assert chunk, "the browser does not answer"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


def _high(descriptor: int) -> int:
    """Move a descriptor out of the way of 3 and 4."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def page(report_files) -> Path:
    return report_files[0]


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_scrolls_sideways(browser, page, width):
    browser.open(page, width)

    assert browser.evaluate("window.innerWidth") == width
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_text_is_large_enough_and_the_tables_are_whole(browser, page):
    browser.open(page, 360)

    texts = "[...document.querySelectorAll('td, th, p, dd, figcaption')]"
    smallest = f"Math.min(...{texts}.map(e => parseFloat(getComputedStyle(e).fontSize)))"
    assert browser.evaluate(smallest) >= 12
    cut = "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth)"
    assert browser.evaluate(f"{cut}.length") == 0


def test_all_pictures_are_drawn(browser, page):
    browser.open(page, 360)

    assert browser.evaluate("document.images.length") >= 7
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth || !i.alt).length"
    assert browser.evaluate(broken) == 0


def test_the_console_is_silent_and_nothing_is_fetched(browser, page):
    browser.open(page, 360)
    browser.evaluate("0")

    assert browser.told("Runtime.consoleAPICalled", "Runtime.exceptionThrown") == []
    assert browser.told("Log.entryAdded") == []
    asked = [event["request"]["url"] for event in browser.told("Network.requestWillBeSent")]
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]


def test_the_browser_would_tell_of_an_error(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text("<div style='width: 900px'>wide</div><script>nowhere()</script>")
    browser.open(bad, 360)
    browser.evaluate("0")

    assert browser.told("Runtime.exceptionThrown")
    assert browser.evaluate("document.documentElement.scrollWidth") > 360
