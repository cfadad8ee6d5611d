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


@pytest.mark.parametrize("width", [320, 360])
def test_on_a_phone_the_text_is_large_enough_and_the_tables_are_whole(browser, page, width):
    browser.open(page, width)

    texts = "[...document.querySelectorAll('td, th, p, dd, figcaption')]"
    smallest = f"Math.min(...{texts}.map(e => parseFloat(getComputedStyle(e).fontSize)))"
    assert browser.evaluate(smallest) >= 12
    cut = "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth)"
    assert browser.evaluate(f"{cut}.length") == 0


def test_printers_keep_the_shades_of_the_matrix(browser, page):
    browser.open(page, 1200)

    adjusting = "getComputedStyle(document.querySelector('#confusion tbody td')).printColorAdjust"
    assert browser.evaluate(adjusting) == "exact"


def test_on_a_desk_tables_and_pictures_leave_no_large_gap(browser, page):
    browser.open(page, 1200)

    # The page's width is used, the tables stand beside each other, and pictures fill two columns.
    boxes = "[...document.querySelectorAll('{}')].map(e => e.getBoundingClientRect())"
    tables = boxes.format("table")
    assert browser.evaluate(f"new Set({tables}.map(b => Math.round(b.left))).size") == 2
    assert browser.evaluate(f"Math.max(...{tables}.map(b => b.right))") > 1000
    figures = boxes.format("figure")
    lefts = f"[...new Set({figures}.map(b => Math.round(b.left)))]"
    assert browser.evaluate(f"{lefts}.length") == 2
    of_column = f"{figures}.filter(b => Math.round(b.left) == l)"
    ends = f"{lefts}.map(l => Math.max(...{of_column}.map(b => b.bottom)))"
    tallest = f"Math.max(...{figures}.map(b => b.height))"
    assert browser.evaluate(f"Math.max(...{ends}) - Math.min(...{ends}) < {tallest}")


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
