"""``fernet evaluate --by``: whom a model is right about."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fernet import EMOTIONS, load_model
from fernet.cli.errors import BAD_INPUT
from fernet.metrics import per_group_report

AGES = ["4-19", "20-39", "", "70+"]


@pytest.fixture
def table(tmp_path, write_images, faces):
    """A table of thirty numbered faces with the ages of the people."""
    names = [EMOTIONS[label] for label in faces.target[:30]]
    folder = write_images(tmp_path / "faces", faces.images[:30], names)
    paths = sorted(folder.rglob("*.png"))
    lines = [
        f"{path.relative_to(folder)},{path.parent.name},{AGES[n % 4]}"
        for n, path in enumerate(paths)
    ]
    table = folder / "labels.csv"
    table.write_text("\n".join(["image,label,age", *lines]))
    return table


def test_the_figures_are_the_metrics(run, model_file, table):
    document = json.loads(
        run("evaluate", model_file, "--data", table, "--by", "age", "--json").stdout
    )

    from fernet.datasets import load_image_list

    faces = load_image_list(table, group_column="age")
    names = np.array(faces.target_names)[faces.target]
    predicted = np.array(EMOTIONS)[load_model(model_file).predict(faces.data)]
    expected = per_group_report(names, predicted, faces.groups)
    assert document["by"] == {"by": "age", **expected.to_dict()}
    assert [row["group"] for row in document["by"]["groups"]] == ["4-19", "20-39", "70+", ""]
    assert document["by"]["accuracy"] == document["accuracy"]


def test_it_is_a_table_on_the_terminal_and_on_the_page(run, model_file, table):
    options = ["--by", "age", "--report", "page.html"]
    result = run("evaluate", model_file, "--data", table, *options)

    assert result.exit_code == 0, result.output
    assert "Accuracy by age\ngroup   faces  accuracy %" in result.stdout
    assert "\n20-39 " in result.stdout
    assert "(none)" in result.stdout
    assert "below what is expected" in result.stdout
    page = Path("page.html").read_text()
    assert "<h2>Accuracy by age</h2>" in page
    assert '<th scope="row">20-39</th>' in page


def test_a_pattern_in_paths_tells_groups_too(run, model_file, table):
    pattern = "[0-9](?=[.]png)"
    result = run("evaluate", model_file, "--data", table.parent, "--by", pattern, "--json")

    groups = json.loads(result.stdout)["by"]["groups"]
    last_digits = {path.stem[-1] for path in table.parent.rglob("*.png")}
    assert {row["group"] for row in groups} == last_digits


def test_without_it_there_are_no_groups(run, model_file, table):
    result = run("evaluate", model_file, "--data", table, "--json")
    assert "by" not in json.loads(result.stdout)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("sex", "--by: pattern 'sex' finds nothing in"),
        ("sex", "labels.csv has no column 'sex' either"),
        ("[", "--by: pattern '[' is no regular expression"),
        (" ", "expected a regular expression or the name of a column"),
    ],
)
def test_what_tells_no_groups_is_refused(run, model_file, table, by, message):
    result = run("evaluate", model_file, "--data", table, "--by", by)

    assert result.exit_code == BAD_INPUT
    assert message in " ".join(result.stderr.split())


def test_a_file_of_pixels_has_no_paths(run, model_file, fer_csv):
    result = run("evaluate", model_file, "--data", fer_csv, "--by", "age")

    assert result.exit_code == BAD_INPUT
    assert "--by goes by the files of images" in result.stderr


def test_the_interval_counts_people_where_a_table_tells_whose_faces_they_are(
    run, model_file, table
):
    lines = table.read_text().splitlines()
    people = ["subject", *(f"P{number // 5}" for number in range(30))]
    table.write_text("\n".join(f"{line},{who}" for line, who in zip(lines, people, strict=True)))
    command = ["evaluate", model_file, "--data", table]

    document = json.loads(run(*command, "--json").stdout)
    by_people = json.loads(run(*command, "--by", "subject", "--json").stdout)
    assert document["accuracy_interval"] == by_people["by"]["interval"]
    assert "by" not in document
    assert "\nas far as 30 faces of 6 groups tell: " in run(*command).stdout
    by_age = json.loads(run(*command, "--by", "age", "--json").stdout)
    assert by_age["accuracy_interval"] == document["accuracy_interval"]
    assert by_people["accuracy_interval"] == document["accuracy_interval"]
    assert len(by_age["by"]["groups"]) != len(by_people["by"]["groups"])
