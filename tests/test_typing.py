"""What a type checker tells of a user's script: nothing if it is right, the line if it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fernet

pytestmark = pytest.mark.slow

SCRIPT = """\
from fernet import FERMLPClassifier, load_model, save_model
from fernet.datasets import load_fer2013
from fernet.metrics import per_emotion_report

X, y = load_fer2013("fer2013.csv", return_X_y=True)
faces = load_fer2013("fer2013.csv", "PublicTest")
model = FERMLPClassifier((512, 256), solver="sgd", scaling="per_pixel").fit(X, y)
save_model(model, "model.safetensors")
twin = load_model("model.safetensors")
accuracy = twin.score(faces.data, faces.target)
print(accuracy, per_emotion_report(faces.target, twin.predict(faces.data)).to_text())
"""


@pytest.fixture(scope="module")
def type_check(tmp_path_factory):
    """A function that returns what mypy says of a script, line by line."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    folder = tmp_path_factory.mktemp("scripts")
    home = Path(fernet.__file__).parents[1]
    # mypy finds what is installed by itself, but does not see into an editable install.
    place = {} if home.name.endswith("-packages") else {"MYPYPATH": str(home)}

    def check(script):
        (folder / "script.py").write_text(script)
        run = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "script.py"],
            cwd=folder, env=os.environ | place, capture_output=True, text=True,
        )  # fmt: skip
        assert run.returncode in (0, 1), run.stdout + run.stderr
        # Of an editable install's stubs it would tell as well, as of a user's own.
        return [line for line in run.stdout.splitlines() if line.startswith("script.py:")]

    return check


def test_a_sound_script_passes(type_check):
    assert type_check(SCRIPT) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('solver="sgd"', 'solver="sdg"'),
        ('scaling="per_pixel"', 'scaling="each"'),
        ('"PublicTest"', '"Public"'),
        ("return_X_y=True", "return_X_y=3"),
        ("(512, 256)", '("512",)'),
        (".to_text()", ".to_txt()"),
        ("fit(X, y)", "fit(X, labels=y)"),
        ("save_model(model,", "save_model(faces, X,"),
    ],
    ids=lambda text: text,
)
def test_a_slip_is_found_in_its_line(type_check, right, wrong):
    number = SCRIPT[: SCRIPT.index(right)].count("\n") + 1
    told = type_check(SCRIPT.replace(right, wrong))
    assert told
    assert all(line.startswith(f"script.py:{number}: ") for line in told)


def test_results_have_types(type_check):
    told = type_check(SCRIPT + "reveal_type(model)\nreveal_type(twin)\nreveal_type((X, y))\n")
    assert len(told) == 3
    assert "FERMLPClassifier" in told[0]
    assert "FERMLPClassifier | " in told[1]
    assert told[2].count("numpy.ndarray") == 2
