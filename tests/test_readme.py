"""The README's code runs as it stands."""

from __future__ import annotations

import csv
import importlib.util
import re
import shlex
from pathlib import Path

import matplotlib
import pytest
from click.testing import CliRunner
from PIL import Image

from fernet.cli import main
from fernet.datasets import make_faces

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


def write_votes(path, labels):
    """Write FER+'s file: eight votes for each label, now and then for contempt instead."""
    columns = [
        "anger",
        "disgust",
        "fear",
        "happiness",
        "sadness",
        "surprise",
        "neutral",
        "contempt",
        "unknown",
        "NF",
    ]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Usage", "Image name", *columns])
        for row, label in enumerate(labels):
            votes = [0] * len(columns)
            votes[7 if row % 30 == 0 else label] = 8
            votes[6 if label != 6 else 0] += 2
            writer.writerow(["Training" if row < 210 else "PublicTest", "", *votes])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Folder with the files that the README's examples name, made from drawn faces."""
    folder = tmp_path_factory.mktemp("readme")
    faces = make_faces(280, random_state=0)
    with (folder / "fer2013.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        for row, (pixels, label) in enumerate(zip(faces.data, faces.target, strict=True)):
            usage = "Training" if row < 210 else "PublicTest"
            writer.writerow([label, " ".join(map(str, pixels)), usage])
    write_votes(folder / "fer2013new.csv", faces.target)
    (folder / "holiday").mkdir()
    Image.fromarray(faces.images[0]).save(folder / "photo.jpg")
    Image.fromarray(faces.images[1]).save(folder / "holiday" / "beach.png")
    return folder


@pytest.fixture(autouse=True)
def in_place(place, monkeypatch):
    matplotlib.use("agg")
    monkeypatch.chdir(place)


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


def test_the_links_lead_somewhere():
    targets = re.findall(r"\]\((?!https?:|#)([^)]+)\)", TEXT)
    assert targets
    missing = [target for target in targets if not (README.parent / target).exists()]
    assert not missing


def test_each_set_up_command_is_marked_for_the_automatic_run():
    marked = re.findall(r"^<!-- run: (\w+) -->\n```sh\n(.+)\n```$", TEXT, flags=re.MULTILINE)
    assert [name for name, _ in marked] == ["main", "tests"]
    assert all(command.startswith("python3 -m venv ") for _, command in marked)
