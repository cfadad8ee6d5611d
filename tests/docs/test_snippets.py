"""The guide's code runs as it stands: each page's from top to bottom, and all commands parse."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import click
import matplotlib
import pytest
from click.testing import CliRunner
from matplotlib import pyplot

from fernet.cli import main

DOCS = Path(__file__).parents[2] / "docs"
MADE = {"build", "reference", "report"}
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.relative_to(DOCS).parts[0] not in MADE)
# The page on faces has one picture and one block that draws it; tests/test_docs.py compares them.
OF_ITS_OWN = {DOCS / "faces.md"}


def blocks(page: Path, language: str) -> list[str]:
    """Code of a language, without what is marked to need a package that is not installed."""
    found = re.findall(
        rf"(?:^<!-- needs (\w+) -->\n)?^```{language}\n(.*?)^```$",
        page.read_text(encoding="utf-8"),
        flags=re.DOTALL | re.MULTILINE,
    )
    return [code for package, code in found if not package or importlib.util.find_spec(package)]


def pages_with(*languages: str) -> list[Path]:
    return [page for page in PAGES if any(blocks(page, language) for language in languages)]


def name_of(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


def commands(page: Path) -> list[list[str]]:
    """Each line that calls fernet, as words."""
    text = "".join(blocks(page, "sh") + blocks(page, "console"))
    lines = (line.removeprefix("$ ") for line in text.replace("\\\n", " ").splitlines())
    words = (shlex.split(line, comments=True) for line in lines)
    return [line[1:] for line in words if line and line[0] == "fernet"]


@pytest.fixture(autouse=True)
def place(documents_place, tmp_path, monkeypatch):
    """A folder of the page's own, with the files that pages name."""
    matplotlib.use("agg")
    folder = tmp_path / "place"
    shutil.copytree(documents_place, folder)
    monkeypatch.chdir(folder)
    yield folder
    pyplot.close("all")


@pytest.mark.parametrize("page", pages_with("python"), ids=name_of)
def test_the_python_of_a_page_runs_from_top_to_bottom(page):
    if page in OF_ITS_OWN:
        pytest.skip("tests/test_docs.py runs it")
    names: dict[str, object] = {"__name__": "__main__"}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec"), names)


@pytest.mark.parametrize("page", pages_with("console"), ids=name_of)
def test_the_console_commands_of_a_page_succeed(page):
    for code in blocks(page, "console"):
        for line in code.splitlines():
            program, *arguments = shlex.split(line.removeprefix("$ "))
            assert program == "fernet"
            result = CliRunner().invoke(main, arguments, catch_exceptions=False)
            assert result.exit_code == 0, f"{line}\n{result.output}"


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name_of)
def test_each_command_of_a_page_is_one_that_fernet_takes(page, place):
    (place / "talk.mp4").touch()
    with click.Context(main) as group:
        for name, *arguments in commands(page):
            command = main.get_command(group, name)
            assert command is not None, f"fernet {name}"
            command.make_context(name, arguments, parent=group)


@pytest.mark.parametrize("page", pages_with("py"), ids=name_of)
def test_code_that_wants_other_machines_is_python_at_least(page):
    for code in blocks(page, "py"):
        compile(code, str(page), "exec")


@pytest.mark.parametrize("page", pages_with("toml", "json"), ids=name_of)
def test_settings_of_a_page_are_well_formed(page):
    for code in blocks(page, "toml"):
        tomllib.loads(code)
    for code in blocks(page, "json"):
        json.loads(code)


def test_each_block_says_its_language():
    known = {"python", "py", "console", "sh", "toml", "json", "text"}
    for page in PAGES:
        languages = re.findall(r"^```(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert {word for word in languages if not word.startswith("{")} <= known, page
