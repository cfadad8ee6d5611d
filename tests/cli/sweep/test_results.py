"""The file that a sweep goes on from."""

from __future__ import annotations

import json

import pytest

from fernet.cli.errors import InputError
from fernet.cli.sweep.results import Results

SUBJECT = {"model": "mlp", "seed": 0}


def test_results_are_found_again_by_their_settings(tmp_path):
    path = tmp_path / "sweep.jsonl"
    results = Results(path, SUBJECT)
    results.add({"dropout": 0.1, "hidden": (8, 4)}, {"error": None})
    results.add({"dropout": 0.2, "hidden": (8, 4)}, {"error": "diverged"})

    again = Results(path, SUBJECT)
    assert len(again) == 2
    assert again.get({"hidden": [8, 4], "dropout": 0.2})["error"] == "diverged"
    assert again.get({"dropout": 0.1}) is None


def test_each_line_is_json(tmp_path):
    results = Results(tmp_path / "sweep.jsonl", SUBJECT)
    results.add({"dropout": 0.1}, {"error": None})
    lines = [json.loads(line) for line in results.path.read_text().splitlines()]
    assert lines == [{"sweep": SUBJECT}, {"settings": {"dropout": 0.1}, "error": None}]


def test_results_of_something_else_are_refused(tmp_path):
    path = tmp_path / "sweep.jsonl"
    Results(path, SUBJECT).add({}, {})
    with pytest.raises(InputError, match="with seed 0, this one has 1; choose another --out"):
        Results(path, SUBJECT | {"seed": 1})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"sweep": []}',
        '{"sweep": {}}\n{}',
        '{"sweep": {"model": "mlp"',
    ],
    ids=lambda text: text[:20],
)
def test_another_file_is_refused(tmp_path, text):
    path = tmp_path / "sweep.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match="not the results of a sweep"):
        Results(path, SUBJECT)
    assert path.read_text() == text


WHOLE = {"validation_accuracy": 0.5, "training_accuracy": 1, "minimum_loss": 0.1, "epochs": 3}


@pytest.mark.parametrize(
    ("outcome", "is_whole"),
    [
        (WHOLE | {"error": None}, True),
        ({"error": "diverged"}, True),
        (WHOLE, False),
        (WHOLE | {"error": None, "epochs": "3"}, False),
        (WHOLE | {"error": None, "minimum_loss": None}, False),
        ({"error": None}, False),
    ],
)
def test_a_result_that_lacks_something_counts_as_none(tmp_path, outcome, is_whole):
    Results(tmp_path / "sweep.jsonl", SUBJECT).add({"dropout": 0.1}, outcome)

    again = Results(tmp_path / "sweep.jsonl", SUBJECT)

    assert (again.get({"dropout": 0.1}) is not None) is is_whole


def test_what_an_earlier_version_did_not_write_is_no_difference(tmp_path):
    path = tmp_path / "sweep.jsonl"
    Results(path, SUBJECT).add({"dropout": 0.1}, WHOLE | {"error": None})

    assert len(Results(path, SUBJECT | {"labels": 5})) == 1

    Results(path, SUBJECT | {"labels": 5}).add({"dropout": 0.2}, WHOLE | {"error": None})
    with pytest.raises(InputError, match="with labels 5, this one has 6; choose another --out"):
        Results(path, SUBJECT | {"labels": 6})
