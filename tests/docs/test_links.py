"""The guide's links lead somewhere for readers of its sources; Sphinx checks those of the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
MADE = ("build", "reference", "report")
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.relative_to(DOCS).parts[0] not in MADE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_the_links_of_a_page_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:|#)([^)\s#]+)(?:#[^)]*)?\)", text)
    included = re.findall(r"^```\{include\} (\S+)", text, flags=re.MULTILINE)
    missing = [
        target
        for target in targets + included
        if not target.startswith("reference/") and not (page.parent / target).exists()
    ]
    assert not missing


def test_each_part_that_is_included_is_there_once():
    for page in PAGES:
        for path, mark in re.findall(
            r"```\{include\} (\S+)\n:start-after: (.+)", page.read_text(encoding="utf-8")
        ):
            assert (page.parent / path).read_text(encoding="utf-8").count(mark) == 1, mark
