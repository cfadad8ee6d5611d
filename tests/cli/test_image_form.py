"""Folders of images that are larger than FER2013's, and in colours, from command to command."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from fernet import load_model
from fernet.datasets import load_fer2013, load_image_folder
from fernet.emotions import EMOTIONS

OPTIONS = ["--image-size", "20", "--color"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, faces):
    """Emotions in splits, as pictures of 30x26 pixels in colours."""
    root = tmp_path_factory.mktemp("pictures")
    for number, (image, label) in enumerate(zip(faces.images, faces.target, strict=True)):
        place = root / ("train" if number < 100 else "test") / EMOTIONS[label]
        place.mkdir(parents=True, exist_ok=True)
        colors = np.stack([image, image // 2, 255 - image], axis=2)
        Image.fromarray(colors).resize((30, 26)).save(place / f"{number}.png")
    return root


def test_a_network_learns_and_is_judged_as_asked(run, folder, tiny):
    trained = run("train", "--data", folder, *OPTIONS, "--out", "own", *tiny, "--json")
    judged = run("evaluate", "own", "--data", folder, "--json")

    model = load_model("own")
    test = load_fer2013(folder, "PublicTest", image_size=20, color=True)
    assert model.image_shape_ == (20, 20, 3)
    assert json.loads(trained.stdout)["accuracy"] == model.score(test.images, test.target)
    assert json.loads(judged.stdout)["accuracy"] == model.score(test.images, test.target)


def test_folders_of_classes_and_sweeps_take_them_too(run, smile_folder, tiny):
    run("train", "--data", smile_folder, *OPTIONS, "--out", "own", *tiny)
    swept = run(
        "sweep", "--data", smile_folder, *OPTIONS, *tiny, "--grid", "dropout=0.1", "--out", "s"
    )

    assert load_model("own").image_shape_ == (20, 20, 3)
    assert swept.exit_code == 0
    everything = load_image_folder(smile_folder, image_size=20, color=True)
    judged = run("evaluate", "own", "--data", smile_folder, "--json")
    accuracy = load_model("own").score(
        everything.images, np.array(everything.target_names)[everything.target]
    )
    assert json.loads(judged.stdout)["accuracy"] == accuracy


def test_its_config_repeats_it(run, folder, tiny):
    run("train", "--data", folder, *OPTIONS, "--out", "first", *tiny)
    run("train", "--config", "first/config.toml", "--out", "again", "--quiet")

    first, again = (load_model(name).coefs_[0] for name in ("first", "again"))
    np.testing.assert_array_equal(first, again)


def test_what_goes_on_from_a_network_reads_images_as_that_takes_them(run, folder, tiny, fer_csv):
    run("train", "--data", folder, *OPTIONS, "--out", "first", *tiny)
    longer = ["train", "--from", "first", "--epochs", "1", "--quiet", "--out", "longer"]

    assert run(*longer, "--data", folder).exit_code == 0
    assert load_model("longer").image_shape_ == (20, 20, 3)
    refused = run(*longer, "--data", fer_csv, "--force")
    assert refused.exit_code == 2
    assert "takes faces of 20x20 pixels in colours; those of fer2013.csv are 48 x 48" in (
        refused.stderr
    )


def test_photos_are_asked_about_as_the_network_has_learnt(run, folder, tiny):
    run("train", "--data", folder, *OPTIONS, "--out", "own", *tiny)
    picture = next((folder / "test").rglob("*.png"))

    told = run("predict", picture, "--model", "own", "--no-detect", "--json")

    document = json.loads(told.stdout)
    square = Image.open(picture).resize((20, 20), Image.Resampling.BICUBIC, box=(2, 0, 28, 26))
    chances = load_model("own").predict_proba(np.asarray(square)[None])[0]
    assert document["emotion"] == EMOTIONS[chances.argmax()]


@pytest.mark.parametrize("options", [["--image-size", "64"], ["--color"], ["--grey"]])
def test_it_is_for_images_of_folders(run, fer_csv, tmp_path, options):
    drawn = run("train", *options)
    table = run("train", "--data", fer_csv, *options)
    (tmp_path / "votes.csv").touch()
    votes = run("train", "--data", tmp_path, "--labels", tmp_path / "votes.csv", *options)

    for result in (drawn, table, votes):
        assert result.exit_code == 2
        assert "--image-size and --color are" in result.stderr
    assert "which is not given" in drawn.stderr
    assert f"{fer_csv} has 48x48 grey pixels" in table.stderr
    assert "the votes of" in votes.stderr
