"""Every command takes a model by its name, its folder or its file."""

from __future__ import annotations

import os
from inspect import signature

import pytest

from fernet import EmotionRecognizer, pretrained
from fernet.cli.models import FOR_PHOTOS


@pytest.fixture
def given(run, trained, model_file, monkeypatch, tmp_path_factory):
    """The same model as a packaged network, as a folder and as a file."""
    package = tmp_path_factory.mktemp("package")
    (package / "tiny.safetensors").write_bytes(model_file.read_bytes())
    digest = pretrained.hashlib.sha256(model_file.read_bytes()).hexdigest()
    (package / "sha256.json").write_text(f'{{"tiny": "{digest}"}}')
    monkeypatch.setattr(pretrained, "MODELS", package)
    return {"name": "tiny", "folder": trained, "file": model_file}


@pytest.mark.parametrize("form", ["name", "folder", "file"])
@pytest.mark.parametrize("command", ["info", "evaluate", "export", "predict"])
def test_a_model_by_name_folder_and_file(run, given, fer_csv, image_files, command, form):
    model = given[form]
    arguments = {
        "info": ["info", model, "--json"],
        "evaluate": ["evaluate", model, "--data", fer_csv, "--json"],
        "export": ["export", model, "--to", "pretrained", "--out", "out"],
        "predict": ["predict", "--model", model, image_files, "--json", "--out", "out"],
    }[command]

    result = run(*arguments)

    assert result.exit_code == 0, result.output
    assert result.stdout or os.path.getsize("out")


@pytest.mark.parametrize(
    "arguments",
    [
        ["info", "{}"],
        ["evaluate", "{}", "--data", "x.csv"],
        ["export", "{}", "--to", "pretrained", "--out", "out"],
        ["predict", "--model", "{}", "a.png"],
        ["demo", "--model", "{}"],
    ],
)
@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("large", "name is 'large'; expected one of: cnn, cnn-detailed, cnn-ferplus, mlp, or a fi"),
        ("runs/large", "no such file or directory"),
        (".", ".: a folder, expected a model file or a folder with model.safetensors in it"),
    ],
)
def test_what_is_none_is_told_in_the_same_sentence(run, arguments, model, message):
    pytest.importorskip("starlette")
    result = run(*[argument.format(model) for argument in arguments])

    assert result.exit_code == 2
    assert message in result.stderr
    assert os.listdir() == []


def test_commands_and_the_recognizer_ask_the_same_network_unless_told():
    assert signature(EmotionRecognizer).parameters["model"].default == FOR_PHOTOS
    assert FOR_PHOTOS in pretrained.pretrained_names()
