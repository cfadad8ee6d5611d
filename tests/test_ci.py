"""The long checks in ``.ci/`` say what they want before they make anything."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

CI = Path(__file__).parents[1] / ".ci"
SCRIPTS = sorted(
    path.name for path in CI.iterdir() if path.read_bytes().startswith(b"#!/usr/bin/env bash")
)
bash = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")


def run(folder, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60)


@bash
@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_the_comment_at_a_scripts_head(tmp_path, name):
    done = run(tmp_path, "bash", str(CI / name), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    head = (CI / name).read_text(encoding="utf-8").splitlines()[1]
    assert done.stdout.splitlines()[0] == head.removeprefix("# ")
    assert f".ci/{name}" in done.stdout
    assert "set -e" not in done.stdout


@bash
@pytest.mark.parametrize("name", SCRIPTS)
def test_an_option_is_not_taken_for_a_folder_or_a_target(tmp_path, name):
    done = run(tmp_path, "bash", str(CI / name), "-m", "slow")
    assert done.returncode == 2
    assert "no option -m" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("check_archives.py", [], "arguments are required: folder"),
        ("check_archives.py", ["nowhere"], "nowhere is no folder"),
        ("probabilities.py", ["read", "answers.npz"], "invalid choice: 'read'"),
        ("soak.py", ["nan"], "minutes is nan, expected a number above 0"),
        ("soak.py", ["long"], "invalid float value: 'long'"),
    ],
)
def test_what_a_program_can_not_use_is_told(tmp_path, name, words, told):
    done = run(tmp_path, sys.executable, str(CI / name), *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("off_by", "code"), [(0.0, 0), (1e-6, 0), (1e-3, 1), (np.nan, 1)])
def test_answers_that_are_far_from_the_stored_ones_fail(tmp_path, monkeypatch, off_by, code):
    probabilities = runpy.run_path(str(CI / "probabilities.py"))
    model = SimpleNamespace(predict_proba=lambda X: np.full((len(X), 7), 1 / 7))
    for function in ("write", "compare"):
        names = probabilities[function].__globals__
        monkeypatch.setitem(names, "load_pretrained", lambda name: model)
    probabilities["write"](str(tmp_path / "answers.npz"))
    model.predict_proba = lambda X: np.full((len(X), 7), 1 / 7 + off_by)
    assert probabilities["compare"](str(tmp_path / "answers.npz")) == code


def named_tests() -> list[str]:
    words = (CI / "run").read_text(encoding="utf-8").split()
    return [word for word in words if word.startswith("tests/")]


def test_the_tests_that_the_gate_names_are_there():
    assert len(named_tests()) > 10
    assert [name for name in named_tests() if not (CI.parent / name).exists()] == []


# What the extra "test" brings, or Python; what checks the sources.
PLAIN = {"fontTools", "matplotlib", "pandas", "resource", "skimage", "sklearn", "skops"}
PLAIN |= {"tensorboardX"} | {"importlinter", "mesonpy", "mypy"}


def wants_more(path: Path) -> bool:
    wanted = re.findall(r'importorskip\(\s*"(\w+)', path.read_text(encoding="utf-8"))
    return not PLAIN.issuperset(wanted)


@pytest.mark.parametrize(
    "path",
    [path for path in (CI.parent / "tests").rglob("*.py") if wants_more(path)],
    ids=lambda path: path.relative_to(CI.parent).as_posix(),
)
def test_the_gate_runs_what_is_skipped_without_an_optional_package(path):
    name = path.relative_to(CI.parent).as_posix()
    place = name.removesuffix("conftest.py")
    assert any(name.startswith(named) or named.startswith(place) for named in named_tests())
