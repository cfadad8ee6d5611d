"""Each command that stands beside a figure, and each that a program names, is one that it takes."""

from __future__ import annotations

import argparse
import re
import runpy
import shlex
import sys
from pathlib import Path

import click
import pytest

from fernet.cli import main as fernet

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("benchmarks", "benchmarks/accuracy", "examples")
    for path in (ROOT / folder).glob("*.py")
    if "__main__" in path.read_text(encoding="utf-8")
)
TEXTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks" / "RESULTS.md",
    ROOT / "benchmarks" / "accuracy" / "README.md",
    ROOT / "examples" / "README.md",
    ROOT / "docs" / "comparison.md",
    ROOT / "docs" / "guide" / "threads.md",
    *(ROOT / program for program in PROGRAMS),
]
# What texts write for a value of the reader's.
PLACES = {
    "NAME": "fer-report",
    "SEED": "0",
    "N": "10",
    "torch=/path/to/python": f"torch={sys.executable}",
}


def words(line: str) -> list[str]:
    line = re.sub(r"\[--(\w+) \w+\]", "", line)  # as usage has what may be left out
    return [PLACES.get(word, word) for word in shlex.split(line, comments=True) if word != "..."]


def commands(pattern: str) -> list[tuple[str, list[str]]]:
    """Find the commands in all texts: where they stand, and their words."""
    found = []
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        rows = re.findall(
            rf"^(?:    |\$ |(?=python))(?:[A-Z_]+=\w+ )?({pattern}.*)$", text, re.MULTILINE
        )
        spans = re.findall(rf"`({pattern}[^`]*)`", text.replace("\n", " "))
        # `fernet train --model` in a sentence names an option
        whole = [span for span in spans if span.startswith("python") or "--data" in span]
        found += [(path.name, words(line)) for line in (*rows, *whole)]
    return found


class Taken(Exception):  # noqa: N818
    """The options were understood."""


@pytest.fixture
def take(monkeypatch):
    """Have a program read its command line, and do no more."""
    path, modules = list(sys.path), set(sys.modules)
    parse = argparse.ArgumentParser.parse_args

    def parse_only(self, *args, **kwargs):
        parse(self, *args, **kwargs)
        raise Taken

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_only)

    def take(program, options):
        monkeypatch.setattr(sys, "path", [str((ROOT / program).parent), *path])
        monkeypatch.setattr(sys, "argv", [program, *options])
        runpy.run_path(str(ROOT / program), run_name="__main__")

    yield take
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if Path(file).is_relative_to(ROOT / "benchmarks") or Path(file).parent.name == "examples":
            del sys.modules[name]


def found_by_program() -> dict[str, list[tuple[str, list[str]]]]:
    found: dict[str, list[tuple[str, list[str]]]] = {program: [] for program in PROGRAMS}
    for text, (_, program, *options) in commands(r"python (?:benchmarks/|examples/)?\w[\w/]*\.py"):
        path = program if "/" in program else f"benchmarks/{program}"
        if path in found:
            found[path].append((text, options))
    return found


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_commands_of_the_texts_are_taken(take, program):
    given = found_by_program()[program]
    assert given, "no text has a command of it"
    for text, options in given:
        try:
            take(program, options)
        except Taken:
            continue
        except SystemExit as end:
            pytest.fail(f"{text}: {program} {shlex.join(options)} ends with {end.code}")


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_is_given_without_what_is_optional(take, capsys, program):
    with pytest.raises(SystemExit) as end:
        take(program, ["--help"])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert "usage:" in printed


def test_each_fernet_command_of_the_texts_is_one_that_fernet_takes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = commands("fernet [a-z]")
    assert len(given) > 20
    for _, line in given:
        for word in line:
            if re.fullmatch(r"[\w./]+\.(csv|safetensors|mp4|jpg)", word):
                (tmp_path / word).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / word).touch()
        (tmp_path / "holiday").mkdir(exist_ok=True)
    with click.Context(fernet) as group:
        for text, (_, name, *arguments) in given:
            command = fernet.get_command(group, name)
            assert command is not None, f"{text}: fernet {name}"
            command.make_context(name, arguments, parent=group)
