"""A course: trainings by one name, each from the one before, to the model of these one by one."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fernet import load_model
from fernet.cli.errors import BAD_INPUT
from fernet.cli.train import single
from fernet.cli.train.config import make_config
from fernet.cli.train.courses import steps_of
from fernet.cli.train.parts import COURSES
from fernet.cli.train.recipes import settings
from fernet.plotting import LearningCurveDisplay

OPTIONS = ["data", "labels", "sample_weight", "soft_labels", "teachers", "start", "model", "recipe"]
TINY = ["--width", 4, "--epochs", 1]


def weights_of(folder):
    return load_model(f"{folder}/model.safetensors").network_.values


def plan_of(model, **given):
    options = dict.fromkeys([*OPTIONS, "seed"]) | {"model": model}
    return make_config(None, options, given)


@pytest.fixture(scope="module", autouse=True)
def one_picture():
    """All trainings leave the same picture: drawing one takes longer than a tiny training."""
    picture = io.BytesIO()
    Image.new("L", (1, 1)).save(picture, "png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LearningCurveDisplay, "to_bytes", lambda *_, **__: picture.getvalue())
        yield


@pytest.fixture(scope="module")
def fer_csv(faces, tmp_path_factory):
    """FER2013's CSV, with 30 faces to train on and 10 to test on: a course is many trainings."""
    path = tmp_path_factory.mktemp("csv") / "fer2013.csv"
    lines = ["emotion,pixels,Usage"]
    for number, (pixels, label) in enumerate(zip(faces.data[:40], faces.target, strict=False)):
        usage = "Training" if number < 30 else "PublicTest"
        lines.append(f"{label},{' '.join(map(str, pixels))},{usage}")
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def course(fer_csv, tmp_path_factory):
    """What a tiny course left."""
    from click.testing import CliRunner

    from fernet.cli import main

    folder = tmp_path_factory.mktemp("course") / "light"
    command = ["train", "--model", "light", "--data", fer_csv, "--out", folder, *TINY]
    result = CliRunner().invoke(main, [str(word) for word in command])
    assert result.exit_code == 0, result.output
    return folder, result


@pytest.mark.parametrize("name", COURSES)
def test_every_step_of_a_course_has_settings_that_its_recipe_takes(name):
    plan = plan_of(name, max_iter=3, width=8)
    for step in steps_of(plan, Path("out")):
        begins_anew = step.part.folder.endswith("varied")
        chosen = settings(step.plan.recipe, step.plan.settings, "compact")
        assert chosen["max_iter"] == 3
        assert chosen["validation_fraction"] == 0
        assert step.plan.settings.get("width") == (8 if begins_anew else None)
        assert bool(step.plan.start) == (not begins_anew)
        assert bool(step.plan.model) == begins_anew


def test_a_course_comes_to_the_model_of_its_trainings_one_by_one(run, fer_csv, course):
    data = ["--data", fer_csv, "--quiet", "--epochs", 1]
    later = ["--validation-fraction", 0]
    assert run("train", *data, "--model", "varied", "--width", 4, "--out", "a").exit_code == 0
    assert (
        run("train", *data, *later, "--from", "a", "--recipe", "finish", "--out", "b").exit_code
        == 0
    )
    assert run("export", "b", "--to", "pretrained", "--out", "t.safetensors").exit_code == 0
    taught = [*data, *later, "--teacher", "t.safetensors", "--seed", 1]
    again = run("train", *taught, "--from", "t.safetensors", "--recipe", "again", "--out", "c")
    assert again.exit_code == 0, again.output
    finish = [*later, "--recipe", "finish", "--label-smoothing", 0]
    assert run("train", *taught, *finish, "--from", "c", "--out", "d").exit_code == 0
    assert run("export", "d", "--to", "pretrained", "--out", "u.safetensors").exit_code == 0
    taught = [*data, *later, "--teacher", "u.safetensors", "--seed", 2]
    again = run("train", *taught, "--from", "u.safetensors", "--recipe", "again", "--out", "e")
    assert again.exit_code == 0, again.output
    assert run("train", *taught, *finish, "--from", "e", "--out", "f").exit_code == 0
    assert run("export", "f", "--to", "pretrained", "--out", "v.safetensors").exit_code == 0
    both = [word for name in "uv" for option in ("--from", "--teacher")
            for word in (option, f"{name}.safetensors")]  # fmt: skip
    mean = run("train", *data, *finish, *both, "--seed", 3, "--out", "g")
    assert mean.exit_code == 0, mean.output

    folder, _ = course
    np.testing.assert_array_equal(weights_of(folder / "3-again"), weights_of("c"))
    np.testing.assert_array_equal(weights_of(folder), weights_of("g"))


def test_the_best_goes_on_from_the_small_one_taught_by_two_of_them(run, fer_csv):
    tiny = ["--data", fer_csv, "--quiet", *TINY]
    for name in ("detailed-varied", "small", "best"):
        trained = run("train", "--model", name, *tiny, "--out", name)
        assert trained.exit_code == 0, trained.output
    assert run("train", "--model", "small", *tiny, "--seed", 1, "--out", "other").exit_code == 0
    taught = ["--data", fer_csv, "--quiet", "--epochs", 1, "--validation-fraction", 0, "--seed", 1]
    taught += ["--teacher", "small", "--teacher", "other"]
    finish = ["--recipe", "finish", "--label-smoothing", 0]
    again = run("train", *taught, "--from", "small", "--recipe", "again", "--out", "a")
    assert again.exit_code == 0, again.output
    assert run("train", *taught, *finish, "--from", "a", "--out", "b").exit_code == 0

    np.testing.assert_array_equal(weights_of("best/1-varied"), weights_of("detailed-varied"))
    np.testing.assert_array_equal(weights_of("best/2-finish"), weights_of("small"))
    np.testing.assert_array_equal(weights_of("best/4-finish"), weights_of("other"))
    np.testing.assert_array_equal(weights_of("best"), weights_of("b"))
    assert load_model("best").architecture == "detailed"


def test_its_file_repeats_the_whole_course(run, course):
    folder, _ = course
    again = run("train", "--config", folder / "config.toml", "--out", "again", "--quiet")

    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(weights_of(folder), weights_of("again"))
    assert (Path("again") / "1-varied" / "model.safetensors").exists()


def test_a_course_that_was_interrupted_goes_on_where_it_was(run, fer_csv, course, monkeypatch):
    fit, begun = single.fit, []

    def fit_and_interrupt_the_third(*arguments):
        begun.append(arguments)
        model, interrupted = fit(*arguments)
        return model, interrupted or len(begun) == 3

    monkeypatch.setattr(single, "fit", fit_and_interrupt_the_third)
    command = ["train", "--model", "light", "--data", fer_csv, *TINY]
    stopped = run(*command, "--out", "a")
    assert stopped.exit_code == 130, stopped.output
    assert "To go on from a/3-again/training.checkpoint: the same command." in stopped.stderr
    assert not Path("a/model.safetensors").exists()

    on = run(*command, "--out", "a")
    assert on.exit_code == 0, on.output
    assert len(begun) == 3 + 5
    np.testing.assert_array_equal(weights_of("a"), weights_of(course[0]))


def test_a_step_that_another_training_left_is_refused(run, fer_csv, course):
    command = ["train", "--model", "light", "--data", fer_csv, "--out", "a", *TINY]
    assert run(*command).exit_code == 0
    Path("a/model.safetensors").unlink()

    other = run(*command, "--seed", 7)

    assert other.exit_code == BAD_INPUT
    assert "a/1-varied has a model of another training; choose another --out" in other.stderr
    forced = run(*command, "--seed", 7, "--force")
    assert forced.exit_code == 0, forced.output
    assert (weights_of("a") != weights_of(course[0])).any()


def test_steps_that_went_on_from_another_network_are_trained_again(run, fer_csv):
    command = ["train", "--model", "light", "--data", fer_csv, "--out", "a", *TINY]
    assert run(*command).exit_code == 0

    wider = run(*command, "--width", 5, "--force")

    assert wider.exit_code == 0, wider.output
    places = ("a/1-varied", "a/2-finish", "a/2-finish/teacher.safetensors", "a/6-finish", "a")
    assert [load_model(place).width for place in places] == [5, 5, 5, 5, 5]


def test_what_was_taught_by_a_network_that_is_trained_again_is_trained_again(run, fer_csv):
    command = ["train", "--model", "light", "--data", fer_csv, "--out", "a", *TINY]
    assert run(*command).exit_code == 0
    files = [Path("a", step, "model.safetensors") for step in ("4-finish", "5-again", ".")]
    before = files[1].stat().st_mtime_ns
    files[0].unlink()
    files[2].unlink()

    newer = run(*command)
    assert newer.exit_code == BAD_INPUT
    assert "a/5-again has a model whose file is older than that of a/4-finish" in newer.stderr
    again = run(*command, "--force")
    assert again.exit_code == 0, again.output

    mean, taught, last = (file.stat().st_mtime_ns for file in files)
    assert before < mean < taught < last


def test_steps_that_learnt_other_labels_are_refused_or_trained_again(
    run, faces, write_images, tmp_path
):
    names = ["happy" if label == 3 else "sad" for label in faces.target[:40]]
    write_images(tmp_path / "data", faces.images[:40], names)
    command = ["train", "--model", "best", "--data", "data", "--quiet", *TINY]
    assert run(*command, "--out", "a").exit_code == 0
    before = weights_of("a/1-varied")
    Path("data/sad").rename("data/kept")
    Path("data/happy").rename("data/sad")
    Path("data/kept").rename("data/happy")
    assert run(*command, "--out", "b").exit_code == 0

    Path("a/model.safetensors").unlink()
    refused = run(*command, "--out", "a")
    assert refused.exit_code == BAD_INPUT
    assert "a/1-varied has a model that learnt when data had other images, lab" in refused.stderr
    assert run(*command, "--out", "a", "--force").exit_code == 0

    assert (weights_of("a/1-varied") != before).any()
    for step in ("1-varied", "5-again", "."):
        np.testing.assert_array_equal(weights_of(f"a/{step}"), weights_of(f"b/{step}"))


def test_its_report_is_that_of_the_last_training(course):
    folder, result = course
    report = json.loads((folder / "report.json").read_text())
    assert report["recipe"] == "finish"
    assert report["interrupted"] is False
    assert "Training 7 of 7" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "cnn"], "--from does nothing to --model best"),
        (["--teacher", "cnn"], "--teacher does nothing to --model best"),
        (["--recipe", "again"], "--recipe does nothing to --model best"),
        (["--hidden", 8], "--hidden does nothing to --model"),
    ],
)
def test_what_a_course_says_itself_can_not_be_set(run, options, message):
    refused = run("train", "--model", "best", *options)
    assert refused.exit_code == BAD_INPUT
    assert message in refused.stderr
