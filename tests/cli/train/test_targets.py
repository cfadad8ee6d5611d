"""``fernet train``: classes, what each counts, votes and teachers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fernet import FERMLPClassifier, load_model
from fernet.cli.data import load_for_training
from fernet.cli.errors import BAD_INPUT
from fernet.cli.output import Screen
from fernet.cli.train.fitting import make_successor
from fernet.cli.train.recipes import settings
from fernet.cli.train.targets import learning_targets
from fernet.datasets import load_fer2013
from fernet.emotions import EMOTIONS


def weights_of(folder):
    return load_model(f"{folder}/model.safetensors").network_.values


@pytest.fixture
def votes_csv(fer_csv, faces, tmp_path):
    """FER+'s votes: nine for the label and one for fear; of ten faces for contempt."""
    columns = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,nf"
    order = [4, 5, 6, 1, 3, 2, 0]  # the column of each label
    lines = [f"Usage,Image name,{columns}"]
    for number, label in enumerate(faces.target):
        votes = [0] * 10
        votes[7 if number % 14 == 0 else order[label]] += 7
        votes[6] += 3
        usage = "Training" if number < 100 else "PublicTest"
        lines.append(f"{usage},fer.png,{','.join(map(str, votes))}")
    path = tmp_path / "fer2013new.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_classes_that_the_model_does_not_know_are_refused(run, smile_folder, model_file):
    result = run("train", "--data", smile_folder, "--from", model_file, "--epochs", 1)

    assert result.exit_code == BAD_INPUT
    assert "has the class 'other', which the model to go on from does not know" in result.stderr
    assert "its classes are angry, disgust, " in result.stderr
    assert f"With --classes data its outputs become those of {smile_folder.name}" in result.stderr


def test_a_model_takes_the_classes_of_the_data_in_place_of_its_own(run, smile_folder, model_file):
    options = ["--from", model_file, "--classes", "data", "--epochs", 1]
    result = run("train", "--data", smile_folder, "--out", "a", "--quiet", *options)

    assert result.exit_code == 0, result.output
    model = load_model("a/model.safetensors")
    assert model.classes_.tolist() == ["other", "smile"]
    assert model.n_iter_ == load_model(model_file).n_iter_ + 1
    again = run("train", "--config", "a/config.toml", "--out", "b", "--quiet")
    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(weights_of("a"), weights_of("b"))


def test_classes_that_the_data_lack_are_forgotten_with_classes_data_alone(
    run, tmp_path, write_images, faces, model_file
):
    write_images(tmp_path / "data" / "train", faces.images[:8], ["happy", "sad"] * 4)
    write_images(tmp_path / "data" / "test", faces.images[:2], ["happy", "sad"])
    options = ["--data", "data", "--from", model_file, "--epochs", 1, "--validation-fraction", 0.2]

    kept = run("train", *options, "--out", "a")
    assert kept.exit_code == 0, kept.output
    assert len(load_model("a/model.safetensors").classes_) == 7
    assert "has no images of angry, disgust, fear, surprise, neutral, which" in kept.stderr

    taken = run("train", *options, "--out", "b", "--classes", "data")
    assert taken.exit_code == 0, taken.output
    assert load_model("b/model.safetensors").classes_.tolist() == ["happy", "sad"]
    assert "has no images of" not in taken.stderr

    write_images(tmp_path / "data" / "test", faces.images[:1], ["fear"])
    refused = run("train", *options, "--out", "c", "--classes", "data")
    assert refused.exit_code == BAD_INPUT
    assert "class 'fear' has images to test on" in refused.stderr


@pytest.mark.parametrize("extra", [[], ["--class-weight", "happy=2"]])
def test_a_model_of_words_goes_on_with_fer2013_s_numbers(
    run, fer_csv, votes_csv, tiny, model_file, extra
):
    voted = run("train", "--data", fer_csv, "--labels", votes_csv, "--out", "words", *tiny)
    assert voted.exit_code == 0, voted.output
    words = load_model("words/model.safetensors")
    assert words.classes_.dtype.kind == "U"

    options = ["--from", "words", "--epochs", 1, "--quiet"]
    result = run("train", "--data", fer_csv, "--out", "a", *options, *extra)
    assert result.exit_code == 0, result.output
    model = load_model("a/model.safetensors")
    assert model.classes_.tolist() == words.classes_.tolist()
    assert model.class_weight in (None, {"happy": 2.0})
    by_hand = make_successor(
        words, settings("finish", {"max_iter": 1}), seed=0, verbose=0
    ).set_params(class_weight=model.class_weight)
    X, y = load_fer2013(fer_csv, "Training", return_X_y=True)
    by_hand.fit(X, np.array(EMOTIONS)[y])
    np.testing.assert_array_equal(model.network_.values, by_hand.network_.values)


def test_what_is_tested_on_has_to_be_learnt_before_any_training(run, tmp_path, write_images, faces):
    write_images(tmp_path / "data" / "train", faces.images[:8], ["happy", "sad"] * 4)
    write_images(tmp_path / "data" / "test", faces.images[:3], ["happy", "sad", "fear"])
    result = run("train", "--data", "data", "--epochs", 1, "--hidden", 8)
    assert result.exit_code == BAD_INPUT
    assert "class 'fear' has images to test on (PublicTest) but none to learn from" in result.stderr
    assert "epoch" not in result.stderr
    options = ["--labels", "fear=", "--epochs", 1, "--hidden", 8, "--validation-fraction", 0.2]
    assert run("train", "--data", "data", *options).exit_code == 0


def test_a_model_to_go_on_from_may_know_more_than_is_learnt(
    run, tmp_path, write_images, faces, model_file
):
    write_images(tmp_path / "data" / "train", faces.images[:8], ["happy", "sad"] * 4)
    write_images(tmp_path / "data" / "test", faces.images[:3], ["happy", "sad", "fear"])
    options = ["--epochs", 1, "--validation-fraction", 0.2, "--quiet"]
    assert run("train", "--data", "data", "--from", model_file, *options).exit_code == 0


def test_weights_of_classes_go_by_their_names(run, fer_csv, tiny):
    options = ["--data", fer_csv, *tiny, "--class-weight", "happy=2"]
    assert run("train", "--out", "a", *options).exit_code == 0
    assert load_model("a/model.safetensors").class_weight == {3: 2.0}
    report = json.loads(Path("a/report.json").read_text())
    assert report["settings"]["class_weight"] == {"happy": 2.0}

    refused = run("train", "--data", fer_csv, *tiny, "--class-weight", "hapy=2")
    assert refused.exit_code == BAD_INPUT
    assert "--class-weight names 'hapy', which fer2013.csv has not; did you mean happy?" in (
        refused.stderr
    )


def test_votes_are_learnt_and_judged_by(run, fer_csv, votes_csv, tiny):
    data = ["--data", fer_csv, "--labels", votes_csv]
    result = run("train", *data, "--out", "a", *tiny)
    assert result.exit_code == 0, result.output
    model = load_model("a/model.safetensors")
    assert "contempt" in model.classes_.tolist()

    soft = run("train", *data, "--out", "b", *tiny, "--soft-labels")
    assert soft.exit_code == 0, soft.output
    assert (weights_of("a") != weights_of("b")).any()
    again = run("train", "--config", "b/config.toml", "--out", "c", "--quiet")
    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(weights_of("b"), weights_of("c"))

    judged = run("evaluate", "a", *data, "--json")
    assert json.loads(judged.stdout)["report"]["contempt"]["support"] > 0


def test_images_are_validated_on_by_their_votes(run, fer_csv, votes_csv, tiny, monkeypatch):
    seen = {}
    fit = FERMLPClassifier.fit
    monkeypatch.setattr(
        FERMLPClassifier, "fit", lambda self, **given: seen.update(given) or fit(self, **given)
    )
    data = ["--data", fer_csv, "--labels", votes_csv, "--soft-labels"]
    options = ["--patience", 0, "--validation-fraction", 0.4]
    result = run("train", *data, *tiny, *options)

    assert result.exit_code == 0, result.output
    training, _ = load_for_training(fer_csv, 0, votes_csv)
    shares = learning_targets(FERMLPClassifier(), training, True, (), Screen())
    share_of = dict(zip([image.tobytes() for image in training.images], shares, strict=True))
    validated = np.asarray(seen["X_val"]).reshape(-1, 48, 48)
    assert len(validated) > 10
    expected = [share_of[image.tobytes()] for image in validated]
    np.testing.assert_array_equal(seen["label_distribution_val"], expected)


def test_votes_in_a_table_of_ones_own_are_learnt(run, tmp_path, write_images, faces, tiny):
    write_images(tmp_path, faces.images[:20], ["all"] * 20)
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    # No face is fearful above all: fear is no class, its votes do not count, and a note says so.
    votes = ["3,1,0", "1,4,1", "0,1,1", "9,0,3"] * 5
    rows = [f"{name},{counts}" for name, counts in zip(names, votes, strict=True)]
    table = tmp_path / "votes.csv"
    table.write_text("\n".join(["image,happy,sad,fear", *rows]) + "\n")

    hard = run("train", "--data", table, "--out", "a", *tiny)
    assert hard.exit_code == 0, hard.output
    assert load_model("a/model.safetensors").classes_.tolist() == ["happy", "sad"]

    soft = run("train", "--data", table, "--out", "b", *tiny, "--soft-labels")
    assert soft.exit_code == 0, soft.output
    assert (weights_of("a") != weights_of("b")).any()
    training, _ = load_for_training(table, 0)
    assert training.notes[0] == (
        "5 images left out for their votes: 5 with a tie; "
        "votes for fear, 18.2 % of all, left out of the shares: no image has such a label"
    )
    targets = learning_targets(FERMLPClassifier(), training, True, (), Screen())
    assert {tuple(np.round(row, 6)) for row in targets.tolist()} == {
        (0.75, 0.25),
        (0.2, 0.8),
        (1, 0),
    }


def test_votes_for_a_class_without_images_to_train_on_are_left_out_with_a_note(
    fer_csv, votes_csv, capsys
):
    training, _ = load_for_training(fer_csv, 0, votes_csv)
    assert training.target_names[0] == "angry"
    learning_targets(FERMLPClassifier(), training, True, (), Screen())
    assert capsys.readouterr().err == ""

    training.target = np.maximum(training.target, 1)
    lost = 100 * training.distribution[:, 0].mean()
    shares = learning_targets(FERMLPClassifier(), training, True, (), Screen())
    assert shares.shape[1] == len(training.target_names) - 1
    assert (
        f"Note: votes for angry, {lost:.1f} % of all, are left out of the shares: no image to "
        "train on has such a label."
    ) in capsys.readouterr().err


def test_labels_without_votes_are_no_soft_labels(run, fer_csv, tiny):
    result = run("train", "--data", fer_csv, *tiny, "--soft-labels")
    assert result.exit_code == BAD_INPUT
    assert "--soft-labels learns votes, and fer2013.csv has none: --labels has to" in result.stderr


def test_a_teacher_s_answers_are_learnt_beside_the_labels(run, fer_csv, tiny, model_file):
    data = ["--data", fer_csv, *tiny]
    assert run("train", *data, "--out", "a").exit_code == 0
    taught = run("train", *data, "--out", "b", "--teacher", model_file, "--teacher", "cnn")
    assert taught.exit_code == 0, taught.output
    assert (weights_of("a") != weights_of("b")).any()
    again = run("train", "--config", "b/config.toml", "--out", "c", "--quiet")
    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(weights_of("b"), weights_of("c"))


def test_a_teacher_s_answers_are_learnt_beside_the_votes(run, fer_csv, votes_csv, tiny):
    voted = ["--data", fer_csv, "--labels", votes_csv, "--soft-labels", *tiny]
    assert run("train", *voted, "--out", "a").exit_code == 0
    taught = run("train", *voted, "--out", "b", "--teacher", "a")

    assert taught.exit_code == 0, taught.output
    assert (weights_of("a") != weights_of("b")).any()
    teacher = load_model("a/model.safetensors")
    training, _ = load_for_training(fer_csv, 0, votes_csv)
    votes, answers, both = (
        learning_targets(FERMLPClassifier(), training, soft, teachers, Screen())
        for soft, teachers in ((True, ()), (False, ("a",)), (True, ("a",)))
    )
    proba = teacher.predict_proba(training.images)
    np.testing.assert_allclose(both, 0.7 * proba + 0.3 * votes, atol=1e-6)
    assert not np.allclose(both, answers)


def test_a_teacher_that_knows_none_of_the_classes_is_refused(run, smile_folder, model_file):
    result = run("train", "--data", smile_folder, "--teacher", model_file, "--epochs", 1)
    assert result.exit_code == BAD_INPUT
    assert "knows none of the classes ['other', 'smile']; its own are angry" in result.stderr


@pytest.mark.parametrize(
    "start", [[], ["--from", "MODEL", "--classes", "data"], ["--from", "MODEL"]]
)
def test_a_teacher_may_know_more_classes_and_call_them_otherwise(
    run, tmp_path, write_images, faces, model_file, start
):
    table = tmp_path / "data.csv"
    folder = write_images(tmp_path / "data", faces.images[:12], ["happy", "sad", "fear"] * 4)
    names = [path.relative_to(tmp_path) for path in sorted(folder.rglob("*.png"))]
    table.write_text("image,label\n" + "\n".join(f"{n},{n.parent.name}" for n in names))
    start = [model_file if option == "MODEL" else option for option in start]

    options = ["--teacher", model_file, *start, "--epochs", 1, "--validation-fraction", 0]
    result = run("train", "--data", table, *options, "--out", "a")

    assert result.exit_code == 0, result.output
    assert "does not know" not in result.stderr
    assert len(load_model("a/model.safetensors").classes_) == (7 if len(start) == 2 else 3)


def test_classes_that_a_teacher_does_not_know_are_told(
    run, tmp_path, write_images, faces, model_file
):
    folder = write_images(tmp_path / "data", faces.images[:12], ["happy", "sad", "calm"] * 4)
    options = ["--teacher", model_file, "--epochs", 1, "--hidden", 8]
    result = run("train", "--data", folder, *options, "--validation-fraction", 0)

    assert result.exit_code == 0, result.output
    told = f"{model_file} does not know calm; it teaches nothing on their images"
    assert told in " ".join(result.stderr.split())


def test_a_model_that_knows_no_contempt_is_judged_by_the_other_faces(
    run, fer_csv, votes_csv, model_file
):
    result = run("evaluate", model_file, "--data", fer_csv, "--labels", votes_csv, "--json")

    assert result.exit_code == 0, result.output
    assert "2 faces of contempt left out, which the model does not know" in result.stderr


def test_votes_on_other_images_are_refused(run, smile_folder, votes_csv, tiny):
    result = run("train", "--data", smile_folder, "--labels", votes_csv, *tiny)

    assert result.exit_code == BAD_INPUT
    assert "votes are on FER2013's faces" in result.stderr
