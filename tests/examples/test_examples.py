"""The examples run on drawn data, print the report's tables and leave their pictures."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if path.name != "common.py")

# Rows of each table, in the order in which they are printed, and the pictures.
EXPECTED: dict[str, tuple[list[int], set[str]]] = {
    "architectures": ([5, 1], {"architectures"}),
    "cnn_per_emotion": ([7], {"cnn_learning_curve", "cnn_per_emotion", "cnn_confusion"}),
    "dropout": ([7], {"dropout", "dropout_0.01"}),
    "face_features": ([2], {"face_features"}),
    "l2": ([5, 1], {"l2", "l2_0.001"}),
    "learning_rate": ([5], {"learning_rates", "learning_rate_best"}),
    "mlp_per_emotion": ([7], {"mlp_per_emotion", "mlp_confusion"}),
    "overfit": ([3], {"overfit"}),
    "past_50": ([5], {"past_50"}),
    "residual_networks": ([2], {"residual_networks"}),
    "seventh_emotion": ([3], {"seventh_mlp"}),
    "trees_and_svm": ([8], {"trees_and_svm"}),
}
NEEDS = {"trees_and_svm": "skimage"}


def run(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run an example as users do, in a process where a warning is an error."""
    # An example imports what lies beside it; no fernet does.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return subprocess.run(
        [sys.executable, "-W", "error", str(FOLDER / f"{name}.py"), *options],
        capture_output=True,
        text=True,
        env=environment | {"OMP_NUM_THREADS": "1"},
    )


def tables(text: str) -> list[int]:
    """Count the rows of each table."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE)
    return [block.count("\n") - 2 for block in blocks]


def test_each_example_is_tested():
    assert {path.stem for path in SCRIPTS} == set(EXPECTED)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_is_short_and_each_is_in_the_gallery(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 80
    assert f"{path.name}" in (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_quick_run_prints_its_tables_and_leaves_its_pictures(name, tmp_path):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    done = run(name, "--quick", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    rows, pictures = EXPECTED[name]
    assert tables(done.stdout) == rows
    # So little training agrees or differs with nothing.
    assert done.stdout.splitlines()[-1].startswith("quick run:")
    assert not re.search("^(agrees|differs):", done.stdout, flags=re.MULTILINE)
    assert {path.stem for path in tmp_path.iterdir()} == pictures
    for path in tmp_path.iterdir():
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert image.mode == "P"
            assert min(image.size) > 300


def test_all_curves_are_drawn_and_each_in_its_own_way(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    common = importlib.import_module("common")
    figure = common.curves({f"network {n}": ([1, 2], [n, n]) for n in range(7)}, "epoch", "%")
    lines = figure.axes[0].lines
    ways = [(line.get_color(), line.get_linestyle(), line.get_markerfacecolor()) for line in lines]
    assert [line.get_label() for line in lines] == [f"network {n}" for n in range(7)]
    assert len(set(ways)) == 7


@pytest.mark.parametrize("quick", [False, True])
def test_a_full_run_ends_with_what_agrees_and_what_differs(monkeypatch, capsys, quick):
    monkeypatch.syspath_prepend(FOLDER)
    common = importlib.import_module("common")
    claims = [common.Claim("a is best", True, "here 3"), common.Claim("b helps", False, "here 2")]
    common.verdict(argparse.Namespace(quick=quick), *claims)

    lines = capsys.readouterr().out.splitlines()
    if quick:
        assert len(lines) == 1
        assert "--data" in lines[0]
    else:
        assert lines == ["agrees: a is best (here 3)", "differs: b helps (here 2)"]


def test_without_data_the_options_are_told():
    done = run("overfit")
    assert done.returncode == 2
    assert "--data" in done.stderr
    assert "--quick" in done.stderr


def test_the_gallerys_pictures_are_small_and_all_are_shown():
    pictures = list((FOLDER / "pictures").glob("*"))
    assert sum(path.stat().st_size for path in pictures) < 1_000_000
    shown = re.findall(r"\]\(pictures/([^)]+)\)", (FOLDER / "README.md").read_text("utf-8"))
    assert sorted(shown) == sorted(path.name for path in pictures)


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("overfit", ["--data", "nowhere"], "Error: nowhere: no such file or folder"),
        ("overfit", ["--quick", "--seeds", "0"], "'0' is no whole number of 1 or more"),
        ("overfit", ["--quick", "--out", __file__], "is no folder that can be written to"),
        ("residual_networks", ["--quick", "--networks", "foo:3"], "'foo' is none of vgg, compact"),
        ("residual_networks", ["--quick", "--networks", "vgg:x"], "'x' is no whole number"),
    ],
)
def test_what_can_not_be_used_is_told_before_anything_is_trained(
    monkeypatch, capsys, name, options, told
):
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setattr(sys, "argv", [name, *options])
    common, example = (importlib.import_module(module) for module in ("common", name))
    with pytest.raises(SystemExit) as end:
        common.run(example.main)
    assert end.value.code == 2
    output, errors = capsys.readouterr()
    assert told in errors
    assert "Traceback" not in errors
    assert not output


INTERRUPTED = """
import os, signal, sys
sys.path.insert(0, sys.argv.pop(1))
import common
from fernet._training.trainer import Trainer
run_epoch = Trainer.run_epoch
def interrupted(self):
    run_epoch(self)
    os.kill(os.getpid(), signal.SIGTERM)
Trainer.run_epoch = interrupted
import l2
common.run(l2.main)
"""


def test_an_interruption_ends_an_example_without_a_figure(tmp_path):
    options = ["--quick", "--out", str(tmp_path / "pictures")]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(FOLDER), *options], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "Interrupted.\n")
    assert not (tmp_path / "pictures").exists()
