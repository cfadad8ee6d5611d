"""The README's code runs as it stands."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import matplotlib
import pytest
from click.testing import CliRunner

from fernet.cli import main

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Code of a language, without what is marked to need a package that is not installed."""
    found = re.findall(
        rf"(?:^<!-- needs (\w+) -->\n)?^```{language}\n(.*?)^```$",
        TEXT,
        flags=re.DOTALL | re.MULTILINE,
    )
    return [code for package, code in found if not package or importlib.util.find_spec(package)]


@pytest.fixture(autouse=True)
def in_place(documents_place, monkeypatch):
    matplotlib.use("agg")
    monkeypatch.chdir(documents_place)


def test_the_python_examples_run_from_top_to_bottom():
    names: dict[str, object] = {}
    for code in blocks("python"):
        exec(compile(code, str(README), "exec"), names)
    assert 0 <= names["accuracy"] <= 1
    assert 0 <= names["happy"] <= 1
    assert (names["same"].coefs_[0] == names["model"].coefs_[0]).all()


def test_the_console_examples_succeed():
    commands = [line.removeprefix("$ ") for text in blocks("console") for line in text.splitlines()]
    assert commands
    for command in commands:
        program, *arguments = shlex.split(command)
        assert program == "fernet"
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == 0, f"{command}\n{result.output}"


def test_it_can_be_read_in_one_go():
    assert len(TEXT.splitlines()) < 150


def test_the_links_lead_somewhere():
    targets = re.findall(r"\]\((?!https?:|#)([^)]+)\)", TEXT)
    assert targets
    missing = [target for target in targets if not (README.parent / target).exists()]
    assert not missing


def test_each_set_up_command_is_marked_for_the_automatic_run():
    marked = re.findall(r"^<!-- run: (\w+) -->\n```sh\n(.+)\n```$", TEXT, flags=re.MULTILINE)
    assert [name for name, _ in marked] == ["main", "tests"]
    assert all(command.startswith("python3 -m venv ") for _, command in marked)
