"""What the documents name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "life-of-a-step.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`([\w/]+(?:/|\.(?:py|pyx|c|h)))`", PAGE)) - {"fernet/"})


@pytest.mark.parametrize("path", PATHS)
def test_each_file_on_the_life_of_a_step_is_there(path):
    engine = ROOT / "fernet" / "_engine" / path
    assert (ROOT / "fernet" / path).exists() or ("/" not in path and engine.exists())
