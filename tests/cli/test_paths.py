"""Paths that can't be meant are refused before any work, by every command alike."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PIL import Image

from fernet.cli.errors import BAD_INPUT, SOME_UNREADABLE


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "PATH"],
        ["predict", "a.png", "--model", "PATH"],
        ["predict", "a.png", "--annotate", "PATH"],
        ["predict", "a.png", "--out", "PATH"],
        ["train", "--data", "PATH"],
        ["train", "--from", "PATH"],
        ["train", "--config", "PATH"],
        ["train", "--out", "PATH"],
        ["sweep", "--data", "PATH"],
        ["evaluate", "PATH", "--data", "x.csv"],
        ["evaluate", "mlp", "--data", "PATH"],
        ["export", "PATH", "--to", "onnx", "--out", "a.onnx"],
        ["info", "PATH"],
        ["audit", "PATH"],
        ["demo", "--model", "PATH"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("path", "words"), [("", "it is empty"), ("https://example.com/x", "nothing is downloaded")]
)
def test_no_command_takes_an_empty_path_or_an_address(run, tmp_path, command, path, words):
    result = run(*[path if word == "PATH" else word for word in command])

    assert result.exit_code == BAD_INPUT
    assert words in " ".join(result.stderr.split())
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "-"],
        ["predict", "a.png", "--out", "-"],
        ["train", "--data", "-"],
        ["audit", "-"],
    ],
    ids=" ".join,
)
def test_a_dash_is_no_stream_and_no_file(run, tmp_path, command):
    result = run(*command)

    assert result.exit_code == BAD_INPUT
    assert "'-' stands for no stream: /dev/stdin is one" in " ".join(result.stderr.split())
    assert not [*tmp_path.iterdir()]


def test_the_home_folder_is_found_where_a_shell_leaves_its_sign(
    run, fer_csv, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(fer_csv.parent))
    monkeypatch.setenv("USERPROFILE", str(fer_csv.parent))

    result = run("audit", f"~/{fer_csv.name}")

    assert result.exit_code == 0, result.output
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize(
    "command",
    [
        ["predict", "PICTURES", "--model", "MODEL", "--out", "none/rows.csv"],
        ["predict", "PICTURES", "--model", "MODEL", "--out", "none/rows.txt"],
        ["export", "MODEL", "--to", "pretrained", "--out", "none/a.safetensors"],
    ],
    ids=" ".join,
)
def test_a_folder_to_write_to_that_is_not_there_is_named(run, command, model_file, image_files):
    given = {"PICTURES": image_files, "MODEL": model_file}

    result = run(*[given.get(word, word) for word in command])

    assert result.exit_code == BAD_INPUT
    assert result.stderr.startswith("Error: none: no such folder to write ")


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (["predict", "PICTURES", "--model", "MODEL", "--out", "rows.csv"], "the rows"),
        (["predict", "PICTURES", "--model", "MODEL", "--annotate", "a/boxes"], "the pictures"),
        (["predict", "a.mp4", "--model", "MODEL", "--plot", "a.png"], "the picture"),
        (["export", "MODEL", "--to", "pretrained", "--out", "a.safetensors"], "the model"),
    ],
    ids=" ".join,
)
def test_a_folder_that_can_not_be_written_to_is_named(
    run, monkeypatch, model_file, image_files, command, what
):
    if "--plot" in command:
        pytest.importorskip("matplotlib")
    monkeypatch.setattr(os, "access", lambda path, mode, **how: mode != os.W_OK)
    given = {"PICTURES": image_files, "MODEL": model_file}

    result = run(*[given.get(word, word) for word in command])

    assert result.exit_code == BAD_INPUT
    assert result.stderr == f"Error: .: no permission to write {what} into this folder\n"


def test_pictures_want_a_folder_that_can_be_made(run, tmp_path, model_file, image_files):
    (tmp_path / "boxes").touch()

    result = run("predict", image_files, "--model", model_file, "--annotate", "boxes/today")

    assert result.exit_code == BAD_INPUT
    assert result.stdout == ""
    assert result.stderr.startswith("Error: boxes: no folder, but a file; expected a folder for ")


def test_devices_are_written_to_in_folders_that_are_not(run, monkeypatch, model_file, image_files):
    monkeypatch.setattr(os, "access", lambda path, mode, **how: mode != os.W_OK)

    devices = run("predict", image_files, "--model", model_file, "--out", os.devnull)

    assert devices.exit_code == 0, devices.output


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one encoding of names")
@pytest.mark.parametrize(
    ("command", "names", "said"),
    [
        (["train", "--data", "."], ["glücklich", "wütend"], ["Error: the folders have names"]),
        (["predict", ".", "--no-detect"], ["glücklich", "wütend"], ["Note: names of files are"]),
        (["predict", ".", "--no-detect"], ["happy", "angry"], []),
    ],
)
def test_a_locale_that_misreads_names_is_told_once_with_the_cure(tmp_path, command, names, said):
    for name in names:
        folder = os.fsencode(tmp_path / name)
        os.mkdir(folder)
        Image.new("L", (48, 48)).save(folder + b"/a.png")
    locale = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    run = subprocess.run(
        [sys.executable, "-m", "fernet", *command],
        cwd=tmp_path,
        env=os.environ | locale,
        capture_output=True,
        text=True,
    )

    told = [line for line in run.stderr.splitlines() if "PYTHONUTF8=1" in line]
    assert len(told) == len(said), run.stderr
    assert all(map(str.startswith, told, said)), run.stderr


def test_a_file_whose_name_reads_as_an_option_gets_a_hint(run, tmp_path):
    (tmp_path / "-me.png").touch()

    result = run("predict", "-me.png")

    assert result.exit_code == BAD_INPUT
    assert "For the file of that name write ./-me.png" in result.stderr
    assert "./" not in run("predict", "-other.png").stderr


@pytest.mark.skipif(os.name != "posix", reason="links as POSIX has them")
@pytest.mark.parametrize(
    "command",
    [
        ["train", "--data", "circle"],
        ["predict", "circle", "--out", "rows.csv", "--annotate", "boxes"],
        ["predict", "PICTURES", "--annotate", "circle"],
        ["predict", "PICTURES", "--out", "circle", "--format", "csv"],
        ["info", "circle"],
        ["audit", "circle"],
    ],
    ids=" ".join,
)
def test_links_in_a_circle_are_a_path_that_leads_nowhere(run, tmp_path, image_files, command):
    (tmp_path / "circle").symlink_to("circle")

    result = run(*[image_files if word == "PICTURES" else word for word in command])

    assert result.exit_code in (BAD_INPUT, SOME_UNREADABLE)
    assert "unexpected" not in result.stderr
    assert (tmp_path / "circle").is_symlink()
