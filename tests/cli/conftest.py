"""A way to run the command, and small data for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from fernet import FERCNNClassifier, save_model
from fernet.cli import main
from fernet.datasets import make_faces
from fernet.layers import BatchNorm, Conv2D, Flatten, Linear, MaxPool2D, ReLU, Residual

TINY = ["--hidden", "8", "--epochs", "2", "--batch-size", "20", "--quiet"]

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path, monkeypatch) -> Run:
    """Run ``fernet`` with some arguments, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run_command


@pytest.fixture(scope="session")
def tiny() -> list[str]:
    """Options that make a training last no time."""
    return TINY


@pytest.fixture(scope="session")
def faces():
    return make_faces(140, random_state=0)


@pytest.fixture(scope="session")
def fer_csv(faces, tmp_path_factory) -> Path:
    """FER2013's CSV, with 100 faces to train on and 40 to test on."""
    path = tmp_path_factory.mktemp("csv") / "fer2013.csv"
    lines = ["emotion,pixels,Usage"]
    for number, (pixels, label) in enumerate(zip(faces.data, faces.target, strict=True)):
        usage = "Training" if number < 100 else "PublicTest"
        lines.append(f"{label},{' '.join(map(str, pixels))},{usage}")
    path.write_text("\n".join(lines) + "\n")
    return path


def write(folder: Path, images: np.ndarray, labels: list[str]) -> Path:
    """Write images into folders named after their labels."""
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = folder / label
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number:03}.png")
    return folder


@pytest.fixture(scope="session")
def write_images() -> Callable[[Path, np.ndarray, list[str]], Path]:
    """Write images into folders named after their labels, and return the folder of these."""
    return write


@pytest.fixture(scope="session")
def smile_folder(faces, tmp_path_factory) -> Path:
    """A folder of two class folders whose names are no emotions of FER2013."""
    labels = ["smile" if label == 3 else "other" for label in faces.target]
    return write(tmp_path_factory.mktemp("smiles"), faces.images, labels)


@pytest.fixture(scope="session")
def image_files(faces, tmp_path_factory) -> Path:
    """A folder of five images, flat."""
    return write(tmp_path_factory.mktemp("images"), faces.images[:5], ["flat"] * 5) / "flat"


@pytest.fixture(scope="session")
def trained(fer_csv, tmp_path_factory) -> Path:
    """What a tiny training on the CSV left."""
    folder = tmp_path_factory.mktemp("trained")
    arguments = ["train", "--data", str(fer_csv), "--out", str(folder), *TINY]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session")
def model_file(trained) -> Path:
    return trained / "model.safetensors"


@pytest.fixture(scope="session")
def cnn_file(faces, tmp_path_factory) -> Path:
    """A tiny convolutional network, with a batch normalisation and a residual."""
    layers = [
        Conv2D(2, 3, stride=2),
        *[Residual([Conv2D(2, 1), BatchNorm()]), ReLU()] * 2,
        MaxPool2D(3),
        Flatten(),
        Linear(7),
    ]
    model = FERCNNClassifier(layers, max_iter=1, random_state=0).fit(faces.images, faces.target)
    path = tmp_path_factory.mktemp("cnn") / "model.safetensors"
    save_model(model, path)
    return path


@pytest.fixture(params=["model_file", "cnn_file"])
def any_model_file(request) -> Path:
    """A perceptron, and a convolutional network."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def report_files(model_file, fer_csv, tmp_path_factory) -> tuple[Path, str]:
    """The page of ``fernet evaluate --report``, and what ``--json`` said of the same faces."""
    page = tmp_path_factory.mktemp("page") / "report.html"
    arguments = ["evaluate", str(model_file), "--data", str(fer_csv), "--json"]
    result = CliRunner().invoke(main, [*arguments, "--report", str(page)])
    assert result.exit_code == 0, result.output
    return page, result.stdout
