"""``fernet train``: what it learns from, what it leaves, what it refuses."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from fernet import EMOTIONS, FERMLPClassifier, load_model
from fernet.cli import data
from fernet.cli.errors import BAD_INPUT
from fernet.cli.train.recipes import settings
from fernet.datasets import load_fer2013


def test_without_data_it_trains_on_drawn_faces_into_the_first_free_folder(run, monkeypatch, tiny):
    monkeypatch.setattr(data, "_N_DRAWN_TRAINING", 70)
    monkeypatch.setattr(data, "_N_DRAWN_TEST", 50)

    first, second = run("train", *tiny), run("train", *tiny)

    assert first.exit_code == second.exit_code == 0
    assert "Test on drawn faces, test: 50 images" in first.stdout
    assert sorted(os.listdir("runs")) == ["mlp-1", "mlp-2"]
    assert sorted(os.listdir("runs/mlp-1")) == [
        "config.toml",
        "learning_curve.png",
        "model.safetensors",
        "report.json",
    ]


def test_the_same_seed_gives_the_same_model_and_another_gives_another(run, fer_csv, tiny):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        run("train", "--data", fer_csv, "--out", out, "--seed", seed, *tiny)

    a, b, c = (load_model(f"{out}/model.safetensors").coefs_[0] for out in "abc")
    np.testing.assert_array_equal(a, b)
    assert (a != c).any()


def test_its_figures_are_those_of_the_model_it_saved(run, fer_csv, tiny):
    result = run("train", "--data", fer_csv, "--json", *tiny)

    document = json.loads(result.stdout)
    model = load_model(document["files"]["model"])
    X, y = load_fer2013(fer_csv, "PublicTest", return_X_y=True)
    matrix = confusion_matrix(y, model.predict(X), labels=range(7))
    assert document["accuracy"] == model.score(X, y)
    assert document["confusion_matrix"] == matrix.tolist()
    assert model.model_info_["scores"]["PublicTest"]["confusion_matrix"] == matrix.tolist()
    assert model.model_info_["training_data"] == {
        "name": "fer2013.csv",
        "split": "Training",
        "n_samples": 100,
    }


def test_the_report_tells_data_settings_and_history(trained):
    report = json.loads((trained / "report.json").read_text())

    assert report["data"]["test"] == {
        "name": "fer2013.csv",
        "split": "PublicTest",
        "n_samples": 40,
    }
    assert report["settings"]["hidden_layer_sizes"] == [8]
    assert report["settings"]["random_state"] == 0
    assert len(report["history"]["epochs"]["validation_accuracy"]) == 2
    assert set(report["test"]["report"]) >= {"happy", "macro avg", "accuracy"}


def test_the_table_and_the_matrix_are_printed_as_plain_text_in_a_pipe(run, fer_csv, tiny):
    result = run("train", "--data", fer_csv, *tiny)

    lines = result.stdout.splitlines()
    assert "emotion        accuracy %  precision %  recall %   F1 %  faces" in lines
    assert any(line.startswith("A6 neutral") for line in lines)
    assert "\x1b" not in result.stdout
    assert result.stdout.isascii()


def test_a_folder_of_classes_is_split_and_its_names_are_learnt(run, smile_folder, tiny):
    result = run("train", "--data", smile_folder, "--out", "out", *tiny)

    assert result.exit_code == 0
    model = load_model("out/model.safetensors")
    assert model.classes_.tolist() == ["other", "smile"]
    assert "held out: 28 images" in result.stdout


def test_every_option_reaches_the_estimator(run, fer_csv):
    options = {
        "--hidden": "6,5",
        "--dropout": 0.25,
        "--weight-decay": 0.125,
        "--solver": "sgd",
        "--learning-rate": 0.002,
        "--learning-rate-decay": 0.5,
        "--schedule": "exponential",
        "--momentum": 0.5,
        "--batch-size": 30,
        "--epochs": 1,
        "--patience": 3,
        "--validation-fraction": 0.25,
        "--label-smoothing": 0.1,
        "--augment": "flip",
        "--class-weight": "balanced",
        "--seed": 5,
    }
    pairs = [text for pair in options.items() for text in pair]
    result = run("train", "--data", fer_csv, "--out", "out", "--quiet", *pairs)

    assert result.exit_code == 0, result.output
    expected = FERMLPClassifier(
        (6, 5),
        dropout=0.25,
        weight_decay=0.125,
        solver="sgd",
        learning_rate_init=0.002,
        learning_rate_decay=0.5,
        schedule="exponential",
        momentum=0.5,
        batch_size=30,
        max_iter=1,
        early_stopping=True,
        n_iter_no_change=3,
        validation_fraction=0.25,
        label_smoothing=0.1,
        augmentation="flip",
        scaling=settings("report", {})["scaling"],
        scaled_std=settings("report", {})["scaled_std"],
        class_weight="balanced",
        random_state=5,
    )
    assert load_model("out/model.safetensors").get_params() == expected.get_params()


def test_convolutional_networks_are_trained_by_name(run, fer_csv):
    options = ["--hidden", 8, "--epochs", 1, "--batch-size", 50, "--batch-norm", "--quiet"]
    result = run("train", "--data", fer_csv, "--model", "vgg", *options)

    assert result.exit_code == 0, result.output
    model = load_model("runs/vgg-1/model.safetensors")
    assert (model.architecture, model.batch_norm, model.hidden_layer_sizes) == ("vgg", True, (8,))
    assert model.network_.input_shape == (48, 48, 1)
    report = json.loads(Path("runs/vgg-1/report.json").read_text())
    assert report["model"] == "vgg"
    assert report["settings"]["solver"] == "adam"


def test_residual_networks_are_trained_by_name(run, fer_csv):
    options = ["--epochs", 1, "--batch-size", 50, "--patience", 0, "--validation-fraction", 0]
    result = run("train", "--data", fer_csv, "--model", "resnet18", *options, "--quiet")

    assert result.exit_code == 0, result.output
    assert load_model("runs/resnet18-1/model.safetensors").architecture == "resnet18"


def test_colour_images_reach_a_convolutional_network_as_such(monkeypatch, run, faces):
    colour = np.repeat(faces.images[:, :8, :12, None], 3, axis=3)
    drawn = data.Faces("colour", "all", colour.reshape(len(colour), -1), faces.target,
                       faces.target_names, colour.shape[1:])  # fmt: skip
    monkeypatch.setattr(data, "load_for_training", lambda *_: (drawn, drawn))
    result = run("train", "--model", "vgg", "--hidden", 4, "--epochs", 1, "--quiet")

    assert result.exit_code == 0, result.output
    assert load_model("runs/vgg-1/model.safetensors").network_.input_shape == (8, 12, 3)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("mlp", ["--batch-norm"]),
        ("resnet18", ["--no-batch-norm"]),
        ("preact_resnet50", ["--hidden", "8"]),
    ],
)
def test_options_that_would_do_nothing_are_refused(run, model, options):
    result = run("train", "--model", model, *options)

    assert result.exit_code == 2
    assert "does nothing to --model" in result.stderr
    assert not os.path.exists("runs")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--model", "fast", "--patience", 1], "--patience does nothing where validation-fraction"),
        (["--validation-fraction", 0, "--patience", 5], "--patience does nothing where validation"),
        (["--validation-fraction", 0, "--monitor", "loss"], "--monitor does nothing where valid"),
        (["--patience", 0, "--monitor", "loss"], "--monitor does nothing where patience is 0"),
    ],
)
def test_what_watches_for_the_best_epoch_needs_images_to_watch(run, fer_csv, options, says):
    result = run("train", "--data", fer_csv, *options, "--epochs", 1)
    assert result.exit_code == BAD_INPUT
    assert says in result.stderr
    calm = run(
        "train", "--data", fer_csv, "--hidden", 4, "--epochs", 1, "--validation-fraction", 0,
        "--patience", 0, "--out", "out",
    )  # fmt: skip
    assert calm.exit_code == 0, calm.output


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--solver", "adam", "--momentum", 0.5], "--momentum does nothing where solver is adam"),
        (
            ["--schedule", "cosine", "--learning-rate-decay", 0.9],
            "--learning-rate-decay does nothing where schedule is cosine",
        ),
        (["--scaling", "none", "--scaled-std", 2], "--scaled-std does nothing where scaling is"),
    ],
)
def test_settings_that_another_one_leaves_idle_are_refused(run, fer_csv, options, says):
    result = run("train", "--data", fer_csv, *options)
    assert result.exit_code == BAD_INPUT
    assert says in result.stderr
    assert not os.path.exists("runs")


def test_the_model_is_the_one_that_python_trains_with_these_settings(run, fer_csv, tiny):
    run("train", "--data", fer_csv, "--out", "out", *tiny)

    recipe = settings("report", {"hidden_layer_sizes": (8,), "max_iter": 2, "batch_size": 20})
    model = FERMLPClassifier(**recipe, early_stopping=True, random_state=0)
    model.fit(*load_fer2013(fer_csv, "Training", return_X_y=True))
    np.testing.assert_array_equal(model.coefs_[0], load_model("out/model.safetensors").coefs_[0])


@pytest.mark.parametrize(
    ("options", "n_epochs", "validated"),
    [(["--patience", 0], 2, True), (["--validation-fraction", 0], 2, False)],
)
def test_without_early_stopping_every_epoch_is_run(
    run, fer_csv, options, n_epochs, validated, tiny
):
    result = run("train", "--data", fer_csv, "--out", "out", *tiny, *options)

    assert result.exit_code == 0, result.output
    model = load_model("out/model.safetensors")
    assert model.early_stopping is False
    assert model.n_iter_ == n_epochs
    assert (model.validation_scores_ is not None) is validated


def test_no_hidden_layer_makes_softmax_regression(run, fer_csv, tiny):
    run("train", "--data", fer_csv, "--out", "out", *tiny, "--hidden", "none")

    assert len(load_model("out/model.safetensors").coefs_) == 1


def test_progress_goes_to_stderr_alone(run, fer_csv):
    result = run("train", "--data", fer_csv, "--hidden", 8, "--epochs", 2, "--json")

    assert "epoch 2/2" in result.stderr
    assert json.loads(result.stdout)


def test_a_model_is_not_overwritten_unless_asked_to(run, fer_csv, tiny):
    command = ["train", "--data", fer_csv, "--out", "out", *tiny]
    run(*command)
    before = Path("out/model.safetensors").read_bytes()

    refused = run(*command, "--seed", 1)
    assert refused.exit_code == 2
    assert "out/model.safetensors exists; choose another --out, or --force" in refused.stderr
    assert Path("out/model.safetensors").read_bytes() == before

    assert run(*command, "--seed", 1, "--force").exit_code == 0
    assert Path("out/model.safetensors").read_bytes() != before


@pytest.mark.parametrize("name", ["config.toml", "report.json", "learning_curve.png"])
def test_a_file_of_somebody_else_is_not_overwritten_unless_asked_to(run, fer_csv, tiny, name):
    Path("out").mkdir()
    Path("out", name).write_text("# by hand")
    command = ["train", "--data", fer_csv, "--out", "out", *tiny]

    refused = run(*command)
    assert refused.exit_code == 2
    assert f"{Path('out', name)} exists; choose another --out, or --force" in refused.stderr
    assert [path.name for path in Path("out").iterdir()] == [name]
    assert Path("out", name).read_text() == "# by hand"

    assert run(*command, "--force").exit_code == 0


def test_the_file_that_a_training_is_configured_by_is_not_overwritten(run, fer_csv):
    Path("out").mkdir()
    text = f"data = {json.dumps(str(fer_csv))}  # by hand\n[settings]\nepochs = 1\nhidden = [8]\n"
    Path("out/config.toml").write_text(text)
    assert run("train", "--config", "out/config.toml", "--out", "out").exit_code == 2
    assert Path("out/config.toml").read_text() == text


def test_without_matplotlib_the_model_is_saved_and_a_remark_made(run, fer_csv, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    result = run("train", "--data", fer_csv, "--out", "out", "--hidden", 8, "--epochs", 1, "--json")

    assert result.exit_code == 0
    assert 'pip install "fernet-emotion[plot]"' in result.stderr
    assert json.loads(result.stdout)["files"]["learning_curve"] is None
    assert sorted(os.listdir("out")) == ["config.toml", "model.safetensors", "report.json"]


def test_a_matplotlib_that_fails_costs_the_picture_and_no_result(run, fer_csv, monkeypatch):
    pytest.importorskip("matplotlib")
    from fernet.plotting import LearningCurveDisplay

    def save(*_):
        raise RuntimeError("Failed to process string with tex")

    monkeypatch.setattr(LearningCurveDisplay, "save", save)

    result = run("train", "--data", fer_csv, "--out", "out", "--hidden", 8, "--epochs", 1)

    assert result.exit_code == 0
    assert "accuracy over all emotions" in result.stdout
    assert "No learning curve: Failed to process string with tex." in result.stderr
    assert sorted(os.listdir("out")) == ["config.toml", "model.safetensors", "report.json"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "nowhere"], "nowhere: no such file or folder"),
        (["--hidden", "8,x"], "'8,x' is not a list of sizes"),
        (["--hidden", "0"], "'0' is not a list of sizes"),
        (["--dropout", 1], "--dropout"),
        (["--epochs", 0], "--epochs"),
        (["--model", "cnn"], "--model"),
    ],
)
def test_what_can_not_be_used_is_told_in_a_sentence_and_leaves_nothing(run, options, message):
    result = run("train", *options)

    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert not os.path.exists("runs") or os.listdir("runs") == []


def test_a_broken_csv_is_told_with_its_line(run, fer_csv, tmp_path, tiny):
    broken = tmp_path / "broken.csv"
    broken.write_text(fer_csv.read_text().replace(",Training", ",Elsewhere", 1))

    result = run("train", "--data", broken, *tiny)

    assert result.exit_code == 2
    assert "broken.csv" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_class_with_a_single_image_is_told(run, tmp_path, faces, tiny, write_images):
    folder = write_images(tmp_path / "few", faces.images[:3], ["a", "a", "b"])

    result = run("train", "--data", folder, *tiny)

    assert result.exit_code == 2
    assert "class 'b' has a single image" in result.stderr


def test_a_training_that_diverges_fails_in_a_sentence(run, fer_csv, tiny):
    result = run("train", "--data", fer_csv, "--out", "out", *tiny, "--learning-rate", 1e30)

    assert result.exit_code == 2
    assert "training diverged" in result.stderr
    assert not os.path.exists("out")


@pytest.mark.parametrize("command", [["train", "--data"], ["audit"]])
def test_a_path_too_high_is_refused_with_the_one_to_give(
    run, tmp_path, write_images, faces, command
):
    names = [f"{'train' if i < 100 else 'test'}/{EMOTIONS[t]}" for i, t in enumerate(faces.target)]
    write_images(tmp_path / "download" / "archive", faces.images, names)

    result = run(*command, "download")

    assert result.exit_code == BAD_INPUT
    assert "give download/archive" in result.stderr
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").iterdir())


def test_labels_and_files_left_out_on_the_command_line(run, tmp_path, write_images, faces):
    names = [f"{'train' if i < 100 else 'test'}/{t + 1}" for i, t in enumerate(faces.target)]
    folder = write_images(tmp_path / "faces", faces.images, names)
    (folder / "train" / "1" / "talk.mp4").write_bytes(b"no picture")
    labels = ",".join(f"{i + 1}={name}" for i, name in enumerate(EMOTIONS))
    small = ["--hidden", "8", "--epochs", "1", "--out", "run"]

    refused = run("train", "--data", folder, *small)
    assert refused.exit_code == BAD_INPUT
    assert '--labels "1=?,2=?,3=?,4=?,5=?,6=?,7=?"' in refused.stderr
    unfinished = run("train", "--data", folder, "--labels", "1=?,2=?", *small)
    assert "put an emotion in the place of each question mark" in unfinished.stderr

    result = run("train", "--data", folder, "--labels", labels, *small)
    assert result.exit_code == 0, result.output
    assert "1 file left out, which is no picture (1 .mp4" in result.stderr
    assert load_model(tmp_path / "run" / "model.safetensors").classes_.tolist() == list(range(7))


def test_classes_that_are_emotions_in_other_words_are_pointed_out(
    run, tmp_path, write_images, faces
):
    rows = [i for i, t in enumerate(faces.target) if t in (3, 4)]
    names = ["joy" if faces.target[i] == 3 else "sadness" for i in rows]
    folder = write_images(tmp_path / "faces", faces.images[rows], names)
    small = ["--hidden", "8", "--epochs", "1", "--json"]

    result = run("train", "--data", folder, *small)
    assert result.exit_code == 0, result.output
    assert '--labels "joy=happy,sadness=sad" makes them FER2013' in result.stderr
    meant = run("train", "--data", folder, "--labels", "joy=happy,sadness=sad", *small)
    assert "own names" not in meant.stderr


def test_trainings_share_a_log_and_are_told_apart_by_their_folders(run, fer_csv, tiny):
    for out in ("a", "b"):
        result = run("train", "--data", fer_csv, "--out", out, "--log", "runs.jsonl", *tiny)
        assert result.exit_code == 0
    rows = [json.loads(line) for line in Path("runs.jsonl").read_text().splitlines()]
    for out in ("a", "b"):
        history = load_model(f"{out}/model.safetensors").history_.epochs
        own = [row for row in rows if row["run"] == out]
        assert [row["loss"] for row in own] == history["loss"]
        assert {(row["model"], row["recipe"], row["seed"]) for row in own} == {("mlp", "report", 0)}


@pytest.mark.skipif(os.name != "posix", reason="links as POSIX has them")
def test_a_link_that_leads_nowhere_is_no_folder_for_results(run, fer_csv, tiny):
    os.symlink("gone", "out")
    result = run("train", "--data", fer_csv, "--out", "out", *tiny)
    assert result.exit_code == BAD_INPUT
    assert result.stderr == "Error: out: a link to gone, which is not there\n"
    assert os.path.islink("out")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_log_that_ends_is_told_with_quiet_too(run, fer_csv, tiny):
    result = run("train", "--data", fer_csv, "--log", "/dev/full", *tiny)
    assert "--quiet" in tiny
    assert result.exit_code == 0
    assert result.stderr.startswith("Note: the log '/dev/full' ends here")
    assert result.stderr.count("\n") == 1


def test_a_log_that_can_not_be_written_is_told_before_the_training(run, fer_csv, tiny):
    result = run("train", "--data", fer_csv, "--out", "a", "--log", "missing/runs.jsonl", *tiny)
    assert result.exit_code == BAD_INPUT
    assert "missing/runs.jsonl" in result.stderr
    assert not os.path.exists("a")
