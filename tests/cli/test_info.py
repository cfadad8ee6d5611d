"""``fernet info`` and ``fernet show-config``."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, save_model
from fernet.layers import Conv2D, Flatten, Linear, Residual


def test_a_model_is_described(run, model_file):
    result = run("info", model_file)

    facts = dict(line.split("  ", 1) for line in result.stdout.splitlines()[:8])
    facts = {name: value.strip() for name, value in facts.items()}
    assert facts["classes"] == "angry, disgust, fear, happy, sad, surprise, neutral"
    assert facts["layers"] == "linear(8) relu dropout(0.01) linear(7)"
    assert facts["parameters"] == "18,503"
    assert facts["trained on"] == "fer2013.csv, Training, 100 images"
    assert "Test on PublicTest: accuracy" in result.stdout
    assert "A6 neutral" in result.stdout


def test_a_convolutional_network_is_described(run, cnn_file):
    facts = dict(line.split("  ", 1) for line in run("info", cnn_file).stdout.splitlines()[:8])

    assert facts["estimator"].strip() == "FERCNNClassifier"
    assert facts["input"].strip() == (
        "48x48x1 values, centred pixel by pixel, divided by one standard deviation"
    )
    assert facts["layers"].strip() == (
        "conv2d(2, 3x3, stride 2x2) residual(conv2d(2, 1x1) batch_norm) relu "
        "residual(conv2d(2, 1x1) batch_norm) relu max_pool2d(3x3) flatten linear(7)"
    )


@pytest.mark.parametrize(
    ("scaling", "says"),
    [
        ("pixels", "centred pixel by pixel, divided by one standard deviation"),
        (
            "per_pixel",
            (
                "centred pixel by pixel, each divided by its own standard deviation, "
                "at least half of all's"
            ),
        ),
        ("standard", "centred pixel by pixel, each divided by its own standard deviation"),
        (None, "taken as given"),
    ],
)
def test_each_scaling_is_called_what_it_is(run, tmp_path, scaling, says):
    X = [[0.0, 1.0], [1.0, 5.0]]
    model = FERMLPClassifier((), max_iter=1, scaling=scaling).fit(X, [0, 1])
    save_model(model, tmp_path / "m")
    facts = dict(line.split("  ", 1) for line in run("info", "m").stdout.splitlines())
    assert facts["input"].strip() == f"2 values, {says}"


def test_alike_layers_in_a_row_are_counted(run, tmp_path):
    block = Residual([Conv2D(1, 1)], [Conv2D(1, 1, use_bias=False)])
    model = FERCNNClassifier([*[block] * 3, Flatten(), Linear(2)], max_iter=1)
    save_model(model.fit(np.zeros((2, 2, 2), np.uint8), [0, 1]), tmp_path / "m")

    facts = dict(line.split("  ", 1) for line in run("info", "m").stdout.splitlines())
    assert facts["layers"].strip().startswith("3x residual(conv2d(1, 1x1) | conv2d(1, 1x1)) ")


def test_numbers_that_need_not_be_fer2013s_are_shown(run, tmp_path):
    model = FERMLPClassifier((), max_iter=1).fit([[0.0], [1.0]], [0, 5])
    save_model(model, tmp_path / "m")
    facts = dict(line.split("  ", 1) for line in run("info", "m").stdout.splitlines())
    assert facts["classes"].strip() == "0 angry, 5 surprise"


def test_json_is_the_files_own_document(run, model_file):
    document = json.loads(run("info", model_file, "--json").stdout)

    assert document["path"] == str(model_file)
    info = load_model(model_file).model_info_
    assert {key: document[key] for key in info} == info


def test_a_model_of_which_nothing_is_told_is_described_too(run, tmp_path):
    model = FERMLPClassifier((), max_iter=1).fit([[0.0], [1.0]], ["no", "yes"])
    save_model(model, tmp_path / "m")

    result = run("info", "m")

    assert result.exit_code == 0
    assert "trained on  not told" in result.stdout
    assert "1 values, taken as given" in result.stdout


def test_what_is_no_model_is_told_in_a_sentence(run, tmp_path):
    (tmp_path / "m").write_bytes(b"nothing of the sort")

    result = run("info", "m")

    assert result.exit_code == 2
    assert result.stderr.startswith("Error: m: not a model file")
    assert len(result.stderr.splitlines()) == 1


def test_show_config_tells_the_instruction_set(run):
    result = run("show-config")

    assert result.exit_code == 0
    assert "instruction_set" in result.stdout


def test_nothing_is_said_of_a_validation_that_there_was_not(run, model_file):
    assert "\nbest validation  " in run("info", model_file).stdout
    packaged = run("info", "cnn")
    assert packaged.exit_code == 0
    assert "best validation  none" not in packaged.stdout


def test_a_model_without_validation_has_no_line_of_it(run, tmp_path):
    model = FERMLPClassifier((), max_iter=1).fit([[0.0], [1.0]], ["no", "yes"])
    save_model(model, tmp_path / "m")

    assert "best validation" not in run("info", "m").stdout
