"""``fernet train``: a file that repeats a training, models to go on from, weights of images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fernet import FERMLPClassifier, load_model
from fernet.cli.errors import BAD_INPUT
from fernet.cli.train.fitting import OF_THE_NETWORK
from fernet.cli.train.recipes import settings
from fernet.datasets import load_fer2013

SMALL = {"hidden_layer_sizes": (8,), "max_iter": 2, "batch_size": 20}


def weights_of(folder):
    return load_model(f"{folder}/model.safetensors").network_.values


@pytest.mark.parametrize(
    "options",
    [
        ["--augment", "flip", "--average-flips", "--class-weight", "disgust=2,happy=0.5"],
        ["--patience", 0, "--scaling", "none"],
        ["--monitor", "loss"],
        ["--model", "compact", "--width", 2, "--hidden-is-not-for-it"],
    ],
)
def test_the_file_in_the_folder_repeats_the_training(run, fer_csv, options):
    common = ["--hidden", 8, "--epochs", 1, "--batch-size", 20, "--quiet", "--seed", 3]
    if "--hidden-is-not-for-it" in options:
        options, common = options[:-1], common[2:]
    first = run("train", "--data", fer_csv, "--out", "a", *common, *options)
    assert first.exit_code == 0, first.output

    again = run("train", "--config", "a/config.toml", "--out", "b", "--quiet")

    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(weights_of("a"), weights_of("b"))
    a, b = (load_model(f"{out}/model.safetensors").get_params() for out in "ab")
    assert a == b
    text = Path("a/config.toml").read_text()
    assert text == Path("b/config.toml").read_text()
    for name in set(a) - {"random_state", "verbose", "callbacks", "checkpoint", "strategy"}:
        idle = name in ("warm_start", "early_stopping", "architecture")
        idle |= name in ("hidden_layer_sizes", "filters", "batch_norm") and "compact" in text
        assert (f"\n{name} = " in text) is not idle, name


def test_any_parameter_of_the_estimator_may_stand_in_the_file(run, fer_csv):
    Path("run.toml").write_text(
        f"data = {json.dumps(str(fer_csv))}\n[settings]\nhidden = [8]\nepochs = 1\n"
        "ema_decay = 0.5\nclip_norm = 1\nshuffle = false\nbeta_1 = 0.5\nearly_stopping = false\n"
    )
    result = run("train", "--config", "run.toml", "--out", "a", "--quiet", "--epochs", 2)

    assert result.exit_code == 0, result.output
    model = load_model("a/model.safetensors")
    assert (model.ema_decay, model.clip_norm, model.shuffle, model.beta_1) == (0.5, 1, False, 0.5)
    assert (model.early_stopping, model.n_iter_) == (False, 2)


def test_a_value_that_the_estimator_refuses_is_told_before_the_data_are_read(run):
    Path("run.toml").write_text("data = 'nowhere'\n[settings]\nema_decay = 2\n")

    result = run("train", "--config", "run.toml")

    assert result.exit_code == BAD_INPUT
    assert "ema_decay" in result.stderr
    assert not Path("runs").exists()


def test_a_model_is_gone_on_from(run, fer_csv, tiny):
    run("train", "--data", fer_csv, "--out", "a", *tiny)
    more = ["--epochs", 1, "--batch-size", 20, "--quiet"]
    result = run("train", "--data", fer_csv, "--out", "b", "--from", "a", *more)

    assert result.exit_code == 0, result.output
    chosen = settings("finish", {"max_iter": 1, "batch_size": 20})
    model = load_model("a/model.safetensors").set_params(
        **{name: chosen[name] for name in chosen if name not in OF_THE_NETWORK}, warm_start=True
    )
    model.fit(*load_fer2013(fer_csv, "Training", return_X_y=True))
    went_on = load_model("b/model.safetensors")
    np.testing.assert_array_equal(went_on.network_.values, model.network_.values)
    assert went_on.n_iter_ == 3
    assert "  3, of several trainings\n" in run("info", "b").stdout
    again = run("train", "--config", "b/config.toml", "--out", "c", "--quiet")
    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(weights_of("b"), weights_of("c"))


def test_a_model_goes_on_with_more_filters(run, fer_csv):
    data = ["--data", fer_csv, "--quiet", "--batch-size", 20, "--epochs", 1]
    assert run("train", *data, "--model", "compact", "--width", 4, "--out", "a").exit_code == 0
    result = run("train", *data, "--from", "a", "--width", 6, "--out", "b")
    assert result.exit_code == 0, result.output
    model = load_model("b/model.safetensors")
    assert (model.width, model.n_iter_) == (6, 2)

    again = run("train", "--config", "b/config.toml", "--out", "c", "--quiet")
    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(weights_of("b"), weights_of("c"))

    narrower = run("train", *data, "--from", "b", "--width", 5, "--out", "d")
    assert narrower.exit_code == BAD_INPUT
    assert "--width with --from b: width is 5; expected at least the model's, 6" in narrower.stderr


def test_a_frozen_backbone_stays_bit_for_bit(run, fer_csv, tiny):
    run("train", "--data", fer_csv, "--out", "a", *tiny)
    more = ["--freeze", "backbone", "--epochs", 1, "--quiet"]
    result = run("train", "--data", fer_csv, "--out", "b", "--from", "a/model.safetensors", *more)

    assert result.exit_code == 0, result.output
    a, b = (load_model(f"{out}/model.safetensors").coefs_ for out in "ab")
    np.testing.assert_array_equal(a[0], b[0])
    assert (a[1] != b[1]).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--freeze", "backbone"], "--freeze keeps what a model has learnt: --from has to name"),
        (["--from", "MODEL", "--hidden", "8"], "--hidden can't be set with --from"),
        (["--from", "MODEL", "--scaled-std", "2"], "--scaled-std can't be set with --from"),
        (["--from", "MODEL", "--model", "vgg"], "is a mlp; leave --model out"),
        (["--from", "nowhere"], "nowhere"),
        (["--classes", "data"], "--classes data changes those of a model: --from has to name it"),
        (["--soft-labels"], "--soft-labels learns votes on images: --data has to name them"),
        (["--teacher", "nowhere"], "nowhere"),
        (["--labels", "a=happy"], "--labels is about the images of --data"),
        (["--monitor", "luck"], "monitor is 'luck'"),
    ],
)
def test_options_that_do_not_go_together_are_refused(run, model_file, options, message):
    options = [model_file if option == "MODEL" else option for option in options]

    result = run("train", *options)

    assert result.exit_code == BAD_INPUT
    assert message in result.stderr
    assert not Path("runs").exists() or not list(Path("runs").iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--validation-fraction", 0.1], "--validation-fraction 0.1 of 4 images is none"),
        (
            ["--validation-fraction", 0.1, "--patience", 0],
            "--validation-fraction 0.1 of 4 images leaves none to judge by",
        ),
    ],
)
def test_a_share_for_validation_that_is_none_is_told_by_its_option(
    run, tmp_path, write_images, faces, options, message
):
    write_images(tmp_path / "few", faces.images[:6], ["calm", "tense"] * 3)
    result = run("train", "--data", "few", "--epochs", 1, *options)
    assert result.exit_code == BAD_INPUT
    assert message in result.stderr


@pytest.mark.parametrize("patience", [2, 0])
def test_samples_of_no_weight_are_as_good_as_absent(run, fer_csv, tiny, patience):
    weights = np.ones(140)
    weights[:30] = 0
    Path("w.txt").write_text("\n".join(map(str, weights)))
    options = ["--data", fer_csv, *tiny, "--sample-weight", "w.txt", "--patience", patience]
    result = run("train", "--out", "a", *options)

    assert result.exit_code == 0, result.output
    if patience:
        X, y = load_fer2013(fer_csv, "Training", return_X_y=True)
        model = FERMLPClassifier(
            **settings("report", SMALL | {"n_iter_no_change": 2}),
            early_stopping=True,
            random_state=0,
        ).fit(X, y, sample_weight=weights[:100])
        np.testing.assert_array_equal(weights_of("a"), model.network_.values)


def test_images_are_validated_on_by_their_weights(run, fer_csv, tiny, monkeypatch):
    seen = {}
    fit = FERMLPClassifier.fit
    monkeypatch.setattr(
        FERMLPClassifier, "fit", lambda self, **given: seen.update(given) or fit(self, **given)
    )
    images = load_fer2013(fer_csv, "Training").images
    weights = np.arange(140) / 7
    Path("w.txt").write_text("\n".join(map(str, weights)))
    options = ["--sample-weight", "w.txt", "--patience", 0, "--validation-fraction", 0.4]
    result = run("train", "--data", fer_csv, *tiny, *options)

    assert result.exit_code == 0, result.output
    weight_of = {image.tobytes(): weight for image, weight in zip(images, weights, strict=False)}
    validated = np.asarray(seen["X_val"]).reshape(-1, 48, 48)
    assert len(validated) > 10
    assert [weight_of[image.tobytes()] for image in validated] == seen["sample_weight_val"].tolist()
