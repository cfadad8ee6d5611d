"""The page of ``fernet evaluate --report`` in a real browser, on a phone and on a desk."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("matplotlib")


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
