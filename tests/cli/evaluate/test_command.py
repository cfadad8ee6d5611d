"""``fernet evaluate``: a saved model against labelled images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import classification_report

from fernet import EMOTIONS, FERMLPClassifier, load_model, save_model
from fernet.datasets import load_fer2013
from fernet.metrics import expected_calibration_error, robustness_report


def test_the_figures_are_scikit_learns(run, any_model_file, fer_csv):
    document = json.loads(run("evaluate", any_model_file, "--data", fer_csv, "--json").stdout)

    X, y = load_fer2013(fer_csv, "PublicTest", return_X_y=True)
    expected = classification_report(
        y,
        load_model(any_model_file).predict(X),
        labels=range(7),
        target_names=EMOTIONS,
        output_dict=True,
        zero_division=0,
    )
    assert document["split"] == "PublicTest"
    for name in EMOTIONS:
        shared = {key: document["report"][name][key] for key in expected[name]}
        assert shared == pytest.approx(expected[name])
    assert document["target_names"] == list(EMOTIONS)


def test_training_printed_the_same(run, trained, fer_csv):
    told = json.loads((trained / "report.json").read_text())["test"]

    document = json.loads(run("evaluate", trained, "--data", fer_csv, "--json").stdout)

    assert {key: document[key] for key in told} == told


@pytest.mark.parametrize(("subset", "n_faces"), [("Training", 100), ("all", 140)])
def test_another_split_can_be_asked_for(run, model_file, fer_csv, subset, n_faces):
    result = run("evaluate", model_file, "--data", fer_csv, "--subset", subset, "--json")

    assert json.loads(result.stdout)["report"]["macro avg"]["support"] == n_faces


def test_the_tables_are_plain_text_in_a_pipe(run, model_file, fer_csv):
    result = run("evaluate", model_file, "--data", fer_csv)

    assert result.exit_code == 0
    assert "emotion        accuracy %  precision %  recall %   F1 %  faces" in result.stdout
    assert "A0 angry" in result.stdout
    assert "accuracy over all emotions:" in result.stdout
    assert "\nas far as 40 faces tell: " in result.stdout
    assert result.stdout.isascii()


@pytest.mark.parametrize("spelling", [str, lambda name: EMOTIONS.index(name)])
def test_classes_are_matched_by_name(run, tmp_path, write_images, faces, spelling):
    names = [EMOTIONS[label] for label in faces.target]
    folder = write_images(tmp_path / "some", faces.images[:30], names[:30])
    labels = np.array([spelling(name) for name in names])
    model = FERMLPClassifier((8,), max_iter=2, random_state=0).fit(faces.data, labels)
    save_model(model, tmp_path / "m")

    document = json.loads(run("evaluate", "m", "--data", folder, "--json").stdout)

    assert document["accuracy"] == pytest.approx(model.score(faces.data[:30], labels[:30]))


def test_a_class_that_the_model_does_not_know_is_told(run, model_file, smile_folder):
    result = run("evaluate", model_file, "--data", smile_folder)

    assert result.exit_code == 2
    assert "has the class 'other', which the model does not know" in result.stderr
    told = '; --labels "other=?,smile=?" says which of them each is, and "other=" leaves one out'
    assert told in result.stderr


def test_emotions_in_other_words_are_offered_for_those_of_the_model(
    run, model_file, tmp_path, write_images, faces
):
    words = ("anger", "contempt", "Happy")
    labels = [words[number % 3] for number in range(12)]
    data = write_images(tmp_path / "ck", faces.images[:12], labels)

    result = run("evaluate", model_file, "--data", data)

    assert result.exit_code == 2
    assert '; --labels "Happy=happy,anger=angry,contempt=?" says' in result.stderr
    assert '"contempt=" leaves one out' in result.stderr
    named = run("evaluate", model_file, "--data", data, "--labels", "anger=angry,contempt=")
    assert named.exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "nowhere"], "nowhere: no such file or folder"),
        ([], "Missing option '--data'"),
        (["--data", "{csv}", "--subset", "PrivateTest"], "no PrivateTest images; it has"),
    ],
)
def test_what_can_not_be_used_is_told_in_a_sentence(run, model_file, fer_csv, options, message):
    result = run("evaluate", model_file, *(str(o).format(csv=fer_csv) for o in options))

    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_model_of_other_images_is_refused(run, tmp_path, fer_csv):
    X = np.random.default_rng(0).integers(0, 256, (20, 9), dtype=np.uint8)
    save_model(FERMLPClassifier((), max_iter=1).fit(X, np.arange(20) % 2), tmp_path / "m")

    result = run("evaluate", "m", "--data", fer_csv)

    assert result.exit_code == 2
    assert "takes 9 values an image, but the images of fer2013.csv have 2304" in result.stderr


def test_robustness_is_the_reports_on_the_same_faces(run, model_file, fer_csv):
    result = run("evaluate", model_file, "--data", fer_csv, "--robustness", "--json")

    X, y = load_fer2013(fer_csv, "PublicTest", return_X_y=True)
    expected = robustness_report(load_model(model_file), X, y)
    document = json.loads(result.stdout)
    assert document["robustness"] == expected.to_dict()
    assert document["robustness"]["clean"] == document["accuracy"]


def test_robustness_is_a_table_and_a_picture(run, model_file, fer_csv):
    options = ["--robustness", "--report", "page.html"]
    result = run("evaluate", model_file, "--data", fer_csv, *options)

    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("gaussian blur ")]
    assert line.endswith("0.5, 1, 1.5, 2, 3 (sigma, pixels)")
    assert len(line.split("(")[0].split()) == 2 + 5 + 1 + 5
    assert "mean corruption accuracy" in result.stdout
    assert "mean of the 22 starred" in result.stdout
    assert result.stdout.isascii()
    assert "Table of accuracies on spoilt faces" in Path("page.html").read_text()


def test_without_the_option_there_is_no_robustness(run, model_file, fer_csv):
    result = run("evaluate", model_file, "--data", fer_csv, "--json")
    assert "robustness" not in json.loads(result.stdout)


def test_the_calibration_error_is_that_of_the_metric(run, model_file, fer_csv):
    result = run("evaluate", model_file, "--data", fer_csv, "--json")

    X, y = load_fer2013(fer_csv, "PublicTest", return_X_y=True)
    expected = expected_calibration_error(y, load_model(model_file).predict_proba(X))
    assert json.loads(result.stdout)["expected_calibration_error"] == pytest.approx(expected)
    told = run("evaluate", model_file, "--data", fer_csv).stdout
    assert f"expected calibration error: {100 * expected:.2f} %" in told


@pytest.mark.parametrize("views", ["none", "zooms"])
def test_views_can_be_asked_for(run, cnn_file, fer_csv, views):
    options = ["--views", views, "--json"]
    document = json.loads(run("evaluate", cnn_file, "--data", fer_csv, *options).stdout)

    X, y = load_fer2013(fer_csv, "PublicTest", return_X_y=True)
    model = load_model(cnn_file).set_params(average_views=None if views == "none" else views)
    error = expected_calibration_error(y, model.predict_proba(X))
    assert document["expected_calibration_error"] == pytest.approx(error)
    assert document["accuracy"] == model.score(X, y)


def test_emotions_without_faces_are_not_in_the_macro_mean(
    run, tmp_path, write_images, faces, model_file
):
    names = [EMOTIONS[label] for label in faces.target]
    some = [row for row, name in enumerate(names) if name in ("happy", "sad")]
    folder = write_images(tmp_path / "some", faces.images[some], [names[row] for row in some])

    told = run("evaluate", model_file, "--data", folder).stdout
    document = json.loads(run("evaluate", model_file, "--data", folder, "--json").stdout)

    assert "\nmacro mean of 2 " in told
    assert "as no face shows them: angry, disgust, fear, surprise, neutral" in told
    recalls = [document["report"][name]["recall"] for name in ("happy", "sad")]
    assert document["macro_avg_of_present"]["recall"] == pytest.approx(np.mean(recalls))


@pytest.mark.parametrize(
    ("subset", "knows"), [("Training", True), ("all", True), ("PublicTest", False)]
)
def test_a_model_that_is_judged_by_what_it_has_learnt_is_told(
    run, model_file, fer_csv, subset, knows
):
    result = run("evaluate", model_file, "--data", fer_csv, "--subset", subset)

    told = "has learnt from images of fer2013.csv (Training), and may know them by heart"
    assert (told in " ".join(result.stderr.split())) == knows


def test_so_is_one_whose_test_was_held_out_by_chance(run, tmp_path, write_images, faces, tiny):
    names = [EMOTIONS[label] for label in faces.target]
    folder = write_images(tmp_path / "own", faces.images, names)
    assert run("train", "--data", folder, "--out", "a", *tiny).exit_code == 0

    again = run("evaluate", "a", "--data", folder)
    assert "has learnt from images of own (training)" in " ".join(again.stderr.split())
    folder.rename(tmp_path / "others")
    assert "has learnt from" not in run("evaluate", "a", "--data", "others").stderr


@pytest.mark.parametrize("order", [EMOTIONS, ("neutral", *EMOTIONS[:6])])
def test_numbers_in_another_order_than_fer2013s_are_told_by_the_answers(
    run, tmp_path, write_images, faces, order
):
    model = FERMLPClassifier((64,), max_iter=30, random_state=0).fit(faces.data, faces.target)
    save_model(model, tmp_path / "model.safetensors")
    labels = [str(order.index(EMOTIONS[label])) for label in faces.target]
    data = write_images(tmp_path / "numbered", faces.images, labels)

    result = run("evaluate", tmp_path / "model.safetensors", "--data", data)

    pairs = ",".join(f"{number}={emotion}" for number, emotion in enumerate(order))
    assert "Note: the classes 0, 1, 2, 3, 4, 5, 6 are taken for FER2013's angry" in result.stderr
    assert (f'--labels "{pairs}" says it' in result.stderr) == (order is not EMOTIONS)

    explained = run("evaluate", tmp_path / "model.safetensors", "--data", data, "--labels", pairs)
    assert "Note" not in explained.stderr


def test_contempt_in_a_csv_of_pixels_is_left_out_where_the_model_does_not_know_it(
    run, model_file, tmp_path, faces
):
    rows = [
        f"{number % 8},{' '.join(map(str, row))},Training"
        for number, row in enumerate(faces.data[:24])
    ]
    csv = tmp_path / "ckextended.csv"
    csv.write_text("\n".join(["emotion,pixels,Usage", *rows]))

    result = run("evaluate", model_file, "--data", csv, "--json")

    assert json.loads(result.stdout)["report"]["macro avg"]["support"] == 21
    assert "3 faces of contempt left out, which the model does not know" in result.stderr
