"""Figures of each epoch in files."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from joblib import Parallel, delayed

from fernet import FERMLPClassifier
from fernet.callbacks import Callback, CSVLogger, JSONLinesLogger, loggers
from fernet.checkpoint import Checkpoint


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def read_jsonl(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def as_text(history):
    """What a history's rows are in a CSV."""
    rows = zip(*history.epochs.values(), strict=True)
    names = list(history.epochs)
    return [
        dict(zip(names, ["" if v is None else str(v) for v in row], strict=True)) for row in rows
    ]


@pytest.mark.parametrize("validation", [True, False])
def test_a_csv_has_the_history(fit, tmp_path, validation):
    path = tmp_path / "run.csv"
    model = fit(CSVLogger(path), validation=validation)
    assert read_csv(path) == as_text(model.history_)
    fit(CSVLogger(path), max_iter=1)
    assert len(read_csv(path)) == 1


def test_a_csv_misses_and_repeats_no_epoch_of_a_training_that_goes_on(fit, tmp_path):
    path = tmp_path / "run.csv"
    model = FERMLPClassifier((4,), max_iter=2, warm_start=True, random_state=0)
    for _ in range(2):
        fit(CSVLogger(path), estimator=model)
    assert [row["epoch"] for row in read_csv(path)] == ["1", "2", "3", "4"]

    class Killed(Callback):
        def on_epoch_begin(self, trainer):
            if trainer.epoch == 2:
                raise RuntimeError("killed")

    checkpoint = Checkpoint(tmp_path / "run.checkpoint")
    with pytest.raises(RuntimeError, match="killed"):
        fit([CSVLogger(path), Killed()], checkpoint=checkpoint)
    again = fit(CSVLogger(path), checkpoint=checkpoint)
    assert read_csv(path) == as_text(again.history_)


def test_lines_are_there_while_the_training_goes_on(fit, tmp_path):
    seen = []

    class Look(Callback):
        def on_epoch_end(self, trainer):
            seen.append((len(read_csv(tmp_path / "a")), len(read_jsonl(tmp_path / "b"))))

    fit([CSVLogger(tmp_path / "a"), JSONLinesLogger(tmp_path / "b"), Look()], max_iter=3)
    assert seen == [(1, 1), (2, 2), (3, 3)]


def test_json_lines_have_run_time_figures_and_fields(fit, tmp_path):
    path = tmp_path / "runs.jsonl"
    model = fit(JSONLinesLogger(path, "first", {"note": "\u00e9", "sizes": [4]}))
    rows = read_jsonl(path)
    for row in rows:
        assert datetime.fromisoformat(row.pop("time")).utcoffset().total_seconds() == 0
        assert (row.pop("run"), row.pop("note"), row.pop("sizes")) == ("first", "\u00e9", [4])
    columns = model.history_.epochs
    assert rows == [{name: columns[name][i] for name in columns} for i in range(4)]


def test_trainings_share_a_file_and_are_told_apart(fit, tmp_path):
    path = tmp_path / "runs.jsonl"
    logger = JSONLinesLogger(path)
    for _ in range(2):
        fit(logger, max_iter=2, validation=False)
    rows = read_jsonl(path)
    assert [row["epoch"] for row in rows] == [1, 2, 1, 2]
    assert rows[0]["run"] == rows[1]["run"] != rows[2]["run"] == rows[3]["run"]
    assert rows[0]["validation_loss"] is None


def test_trainings_at_the_same_time_write_whole_lines(features, tmp_path):
    path = tmp_path / "runs.jsonl"
    X, y = features
    model = FERMLPClassifier((2,), max_iter=20, callbacks=JSONLinesLogger(path))
    Parallel(n_jobs=2, backend="threading")(
        delayed(model.__sklearn_clone__().fit)(X, y) for _ in "12"
    )
    runs = [row["run"] for row in read_jsonl(path)]
    assert sorted(map(runs.count, set(runs))) == [20, 20]


@pytest.mark.parametrize("logger", [CSVLogger, JSONLinesLogger])
def test_a_place_that_can_not_be_written_to_is_refused_before_anything_is_learnt(
    fit, tmp_path, logger
):
    with pytest.raises(OSError, match="missing"):
        fit(logger(tmp_path / "missing" / "log"))


@pytest.mark.parametrize("logger", [CSVLogger, JSONLinesLogger])
def test_a_training_outlives_its_log(fit, tmp_path, monkeypatch, logger):
    path, opened = tmp_path / "log", []
    real = Path.open

    def fails(self, mode="r", *args, **kwargs):
        if self == path and mode == "ab":
            opened.append(mode)
            if len(opened) == 2:
                raise OSError(28, "No space left on device")
        return real(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", fails)
    with pytest.warns(UserWarning, match="log' ends here, .*No space left on device"):
        model = fit(logger(path))
    assert model.n_iter_ == 4
    assert len(opened) == 2


class AlmostFull(io.FileIO):
    """Takes a part of a line, and nothing more."""

    def write(self, data):
        if len(data) < 20:
            raise OSError(28, "No space left on device")
        return super().write(data[:-10])


@pytest.mark.parametrize("logger", [CSVLogger, JSONLinesLogger])
def test_a_line_that_has_room_in_part_ends_the_log(fit, tmp_path, monkeypatch, logger):
    real = Path.open

    def opened(self, mode="r", buffering=-1, *args, **kwargs):
        if buffering == 0:
            return AlmostFull(self, mode)
        return real(self, mode, buffering, *args, **kwargs)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.warns(UserWarning, match="log' ends here, .*No space left on device"):
        fit(logger(tmp_path / "log"))


def test_numpys_scalars_are_fields(fit, tmp_path):
    fields = {"n": np.int64(3), "share": np.float32(0.5), "on": np.True_, "sizes": [np.int8(4)]}
    fit(JSONLinesLogger(tmp_path / "log", fields=fields), max_iter=1)
    (row,) = read_jsonl(tmp_path / "log")
    assert {name: row[name] for name in fields} == {"n": 3, "share": 0.5, "on": True, "sizes": [4]}


@pytest.mark.parametrize(
    "fields", [{"f": print}, {"f": float("nan")}, {"f": np.float32("nan")}, {np.int64(1): 1}, 3]
)
def test_fields_must_be_fit_for_json(fields):
    with pytest.raises((TypeError, ValueError), match=r"^fields can't be written as JSON: ."):
        JSONLinesLogger("log", fields=fields)


def test_fields_do_not_take_the_place_of_figures(fit, tmp_path):
    with pytest.raises(ValueError, match=r"fields has \['loss', 'run'\]"):
        fit(JSONLinesLogger(tmp_path / "log", fields={"loss": 1, "run": 2}))


@pytest.mark.parametrize("logger", [CSVLogger, JSONLinesLogger])
def test_a_folder_that_is_not_there_is_said(logger, tmp_path, fit):
    path = tmp_path / "gone" / "log"
    with pytest.raises(FileNotFoundError, match=r"The folder of this file is not there: '.*log'"):
        fit(logger(path))


@pytest.mark.parametrize("logger", [CSVLogger, JSONLinesLogger])
def test_a_file_of_something_else_is_neither_written_over_nor_added_to(logger, tmp_path, fit):
    data = tmp_path / "fer2013.csv"
    data.write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
    before = data.read_text()
    with pytest.raises(ValueError, match=r"fer2013.csv' is no log: .*; expected another file"):
        fit(logger(data))
    assert data.read_text() == before


@pytest.mark.parametrize(
    "text",
    [
        '{"file_name": "a.png", "label": "happy"}\n',
        '{"images": [], "annotations": []}',
        '{\n"epoch": 1\n}\n',
        '{"run": "x", "epoch": 1}\n',
        "[1]\n",
        "{" * 50_000,
        "\n",
    ],
)
def test_json_of_others_is_not_added_to(fit, tmp_path, text):
    path = tmp_path / "data.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"data.jsonl' is no log: .*; expected another file"):
        fit(JSONLinesLogger(path))
    assert path.read_text() == text


@pytest.mark.parametrize(
    "heading",
    ["epoch,accuracy,loss,val_accuracy,val_loss", "epoch,remark", "epoch", "epoch,loss,accuracy"],
)
def test_logs_of_others_are_not_written_over(fit, tmp_path, heading):
    path = tmp_path / "log.csv"
    path.write_text(f"{heading}\n1,2\n")
    with pytest.raises(ValueError, match=r"log.csv' is no log: it begins with other columns"):
        fit(CSVLogger(path))
    assert path.read_text() == f"{heading}\n1,2\n"


@pytest.mark.parametrize("newer", [",validation_score", ",last_iteration"])
def test_a_log_of_an_earlier_version_is_one(fit, tmp_path, newer):
    path = tmp_path / "log.csv"
    fit(CSVLogger(path))
    heading, rest = path.read_text().split("\n", 1)
    path.write_text(heading.replace(newer, "") + "\r\n" + rest)
    fit(CSVLogger(path), max_iter=1)
    assert len(read_csv(path)) == 1


def test_a_log_without_a_last_line_end_gets_it_first(fit, tmp_path):
    path = tmp_path / "runs.jsonl"
    fit(JSONLinesLogger(path), max_iter=1)
    path.write_text(path.read_text().rstrip())
    fit(JSONLinesLogger(path), max_iter=2)
    assert [row["epoch"] for row in read_jsonl(path)] == [1, 1, 2]


@pytest.mark.parametrize("logger", [CSVLogger, JSONLinesLogger])
def test_no_other_callback_writes_the_file(logger, tmp_path, fit):
    path = tmp_path / "run"
    says = f"{logger.__name__} is to write '.*run', which Checkpoint writes; expected a file of"
    with pytest.raises(ValueError, match=says):
        fit(logger(path), checkpoint=path)
    with pytest.raises(ValueError, match="writes; expected a file of its own"):
        fit([CSVLogger(path), logger(path)], checkpoint=None)


def test_two_loggers_of_lines_may_share_a_file(fit, tmp_path):
    path = tmp_path / "runs.jsonl"
    fit([JSONLinesLogger(path, "a"), JSONLinesLogger(path, "b")], max_iter=1)
    assert [row["run"] for row in read_jsonl(path)] == ["a", "b"]


@pytest.mark.parametrize("logger", [CSVLogger, JSONLinesLogger])
def test_an_empty_file_becomes_a_log(logger, tmp_path, fit):
    (tmp_path / "log").touch()
    fit(logger(tmp_path / "log"))
    assert (tmp_path / "log").read_text()


@pytest.mark.parametrize("logger", [CSVLogger, JSONLinesLogger])
@pytest.mark.parametrize("is_written", [False, True])
def test_an_epoch_whose_line_was_interrupted_is_in_the_log(
    fit, tmp_path, monkeypatch, logger, is_written
):
    path, checkpoint = tmp_path / "log", tmp_path / "run.checkpoint"
    real, lines = loggers._append, []

    def interrupted(path, line):
        lines.append(line)
        done = real(path, line) if is_written or len(lines) != 2 else False
        if len(lines) == 2:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(loggers, "_append", interrupted)
    with pytest.warns(UserWarning, match="interrupted after epoch 2"):
        fit(logger(path), checkpoint=checkpoint)
    fit(logger(path), checkpoint=checkpoint)
    text = path.read_text()
    if logger is CSVLogger:
        assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["1", "2", "3", "4"]
    else:
        epochs = [json.loads(line)["epoch"] for line in text.splitlines()]
        assert sorted(set(epochs)) == [1, 2, 3, 4]
