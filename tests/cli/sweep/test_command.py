"""``fernet sweep``."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys

import pytest
from PIL import Image

from fernet._io.locks import locked
from fernet.cli.errors import BAD_INPUT
from fernet.cli.sweep import candidates

GRID = ["--grid", "learning-rate=0.0001,0.01", "--grid", "dropout=0.1,0.2"]
QUICK = ["--hidden", "8", "--epochs", "1"]


@pytest.fixture
def sweep(run, fer_csv, tiny):
    """Run a tiny sweep on the CSV."""
    return lambda *arguments: run("sweep", "--data", fer_csv, "--out", "out", *tiny, *arguments)


@pytest.fixture
def few_faces(faces, tmp_path):
    """Four faces each of three classes."""
    for name in ("bored", "calm", "tense"):
        (tmp_path / "few" / name).mkdir(parents=True)
        for number in range(4):
            Image.fromarray(faces.images[number]).save(tmp_path / "few" / name / f"{number}.png")
    return tmp_path / "few"


def document(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def without_seconds(found):
    return [{k: v for k, v in c.items() if k != "seconds"} for c in found["candidates"]]


def test_the_report_s_table_is_printed(sweep):
    result = sweep(*GRID)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    headings = ["learning rate init", "dropout", "validation %", "training %", "min loss", "epochs"]
    assert all(heading in lines[0] for heading in headings)
    assert len({len(line) for line in lines[:5]}) == 1
    assert [line.split()[0] for line in lines[1:3]] == ["0.0001", "0.01"]
    assert lines[6] == "Best"
    assert "out/sweep.jsonl" in lines[-1]


def test_json_tells_the_same(sweep):
    found = document(sweep(*GRID, "--json"))
    assert len(found["candidates"]) == 4
    assert [step["parameters"] for step in found["path"]] == [["learning_rate_init"], ["dropout"]]
    accuracies = [candidate["validation_accuracy"] for candidate in found["candidates"]]
    assert found["best"]["validation_accuracy"] == max(accuracies)
    assert found["best"] == found["candidates"][found["path"][-1]["best_index"]]


def test_a_few_images_are_judged_by_as_many_as_there_are(run, few_faces):
    result = run("sweep", "--data", few_faces, "--out", "out", "--grid", "dropout=0.1", *QUICK)
    assert result.exit_code == 0, result.output
    result = run("sweep", "--data", few_faces, "--validation-fraction", 0.01, *QUICK, *GRID)
    assert result.exit_code == BAD_INPUT
    assert "--validation-fraction 0.01 of 9 images leaves none to judge by" in result.stderr


def test_all_combinations_on_request(sweep):
    found = document(sweep(*GRID, "--method", "grid", "--json"))
    assert [candidate["settings"] for candidate in found["candidates"]] == [
        {"learning_rate_init": rate, "dropout": dropout}
        for dropout in (0.1, 0.2)
        for rate in (0.0001, 0.01)
    ]


def test_it_goes_on_where_it_stopped(sweep, monkeypatch, tmp_path):
    whole = document(sweep(*GRID, "--json"))
    results = tmp_path / "out" / "sweep.jsonl"
    results.write_text("".join(results.read_text().splitlines(keepends=True)[:3]))
    trained = []
    evaluate = candidates.evaluate

    def note(number, kind, settings, *rest):
        trained.append(settings)
        return evaluate(number, kind, settings, *rest)

    monkeypatch.setattr(candidates, "evaluate", note)
    again = document(sweep(*GRID, "--json"))
    assert len(trained) == 2
    assert without_seconds(again) == without_seconds(whole)
    assert document(sweep(*GRID, "--json")) == again
    assert len(trained) == 2


def test_what_was_done_before_an_interruption_is_kept(sweep, monkeypatch, tmp_path):
    evaluate = candidates.evaluate

    def interrupted(number, *rest):
        if number == 1:
            raise KeyboardInterrupt
        return evaluate(number, *rest)

    monkeypatch.setattr(candidates, "evaluate", interrupted)
    assert sweep(*GRID).exit_code == 130
    assert len((tmp_path / "out" / "sweep.jsonl").read_text().splitlines()) == 2


def test_a_larger_grid_takes_what_is_there(sweep):
    document(sweep("--grid", "dropout=0.1", "--json"))
    found = document(sweep("--grid", "dropout=0.1,0.2", "--grid", "momentum=0.9,0.5", "--json"))
    seconds = [candidate["seconds"] for candidate in found["candidates"]]
    assert document(sweep("--grid", "dropout=0.1", "--json"))["best"]["seconds"] == seconds[0]


@pytest.mark.slow
def test_the_results_are_the_same_for_any_number_of_jobs(sweep):
    alone = document(sweep(*GRID, "--json"))
    together = document(sweep(*GRID, "--json", "--out", "other", "--n-jobs", "2"))
    assert without_seconds(together) == without_seconds(alone)


def test_settings_that_diverge_are_recorded_and_lose(sweep):
    found = document(sweep("--grid", "learning-rate=1e30,0.01", "--json"))
    assert "diverged" in found["candidates"][0]["error"]
    assert found["best"]["settings"] == {"learning_rate_init": 0.01}


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_what_trainings_warn_of_is_said_once_with_the_first_settings(run, few_faces, n_jobs):
    model = ["--model", "vgg", "--filters", "2x1", "--batch-norm", "--batch-size", "1", *QUICK]
    command = ["sweep", "--data", few_faces, "--n-jobs", n_jobs, *model]
    grid = ["--grid", "weight-decay=0,0.1"]
    result = run(*command, *grid)

    assert result.exit_code == 0, result.output
    notes = [line for line in result.stderr.splitlines() if line.startswith("Note: ")]
    (note,) = [note for note in notes if "batches are of one image" in note]
    settings, _, rest = note.partition(": batches are of one image, ")
    assert settings in {"Note: with weight decay 0.0", "Note: with weight decay 0.1"}
    assert rest.endswith("of planes of one pixel.")
    assert "batches are of" not in run(*command, *grid, "--quiet").stderr


def test_settings_of_which_the_last_step_diverges_do_not_end_the_sweep(sweep):
    grid = "learning-rate=1e30,0.01"
    found = document(sweep("--grid", grid, "--epochs", "1", "--batch-size", "1000", "--json"))
    assert "training diverged in its last steps" in found["candidates"][0]["error"]
    assert found["best"]["settings"] == {"learning_rate_init": 0.01}


def test_a_sweep_of_nothing_but_failures_fails(sweep):
    result = sweep("--grid", "learning-rate=1e30")
    assert result.exit_code == 2
    assert "no training succeeded" in result.stderr
    assert "failed: " in result.stdout


def test_a_convolutional_network_can_be_swept(run, fer_csv):
    result = run(
        "sweep", "--data", fer_csv, "--model", "vgg", "--hidden", "4", "--epochs", "1",
        "--grid", "batch-norm=no", "--json", "--quiet",
    )  # fmt: skip
    found = document(result)
    assert found["files"]["results"] == "runs/sweep-1/sweep.jsonl"
    assert found["candidates"][0]["epochs"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grid", "dropout=2"], "dropout: 2"),
        ([*GRID, "--validation-fraction", "0"], "--validation-fraction is 0"),
        (["--config", "absent.toml"], "absent.toml"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(sweep, arguments, message):
    result = sweep(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("given", ["fixed", "varied"])
def test_classes_are_weighed_by_their_names(run, fer_csv, write_config, given):
    weights = "class-weight = {disgust = 3.0}"
    if given == "varied":
        weights = "[grid]\nclass-weight = ['none', {disgust = 3.0}]"
    grid = [] if given == "varied" else ["--grid", "dropout=0,0.1"]
    config = write_config(f"[settings]\nhidden = [8]\nepochs = 1\n{weights}\n")
    found = document(
        run("sweep", "--data", fer_csv, "--config", config, "--out", "out", *grid, "--json")
    )
    assert [c["error"] for c in found["candidates"]] == [None, None]
    if given == "varied":
        assert len({c["minimum_loss"] for c in found["candidates"]}) == 2


def test_a_weight_of_a_class_that_there_is_not_is_refused_before_any_training(sweep):
    result = sweep("--grid", "class-weight=none,contempt=3")
    assert result.exit_code == BAD_INPUT
    assert "--class-weight names 'contempt', which" in result.stderr
    assert not os.path.exists("out")


@pytest.fixture
def write_config(tmp_path):
    def write(text):
        (tmp_path / "sweep.toml").write_text(text)
        return tmp_path / "sweep.toml"

    return write


def test_other_faces_need_another_folder(sweep):
    document(sweep("--grid", "dropout=0.1", "--json"))
    result = sweep("--grid", "dropout=0.1", "--seed", "1")
    assert result.exit_code == 2
    assert "seed 0, this one has 1; choose another --out" in result.stderr


def test_the_same_faces_under_other_labels_need_another_folder(
    run, tmp_path, faces, write_images, tiny
):
    for name, words in (("a", ("joy", "other")), ("b", ("other", "joy"))):
        labels = [words[number % 2] for number in range(len(faces.images))]
        write_images(tmp_path / name / "faces", faces.images, labels)
    grid = ["--grid", "dropout=0.1", "--out", "out", *tiny]
    assert run("sweep", "--data", tmp_path / "a" / "faces", *grid).exit_code == 0
    result = run("sweep", "--data", tmp_path / "b" / "faces", *grid)
    assert result.exit_code == 2
    assert "choose another --out" in result.stderr


def test_without_dask_the_error_names_the_extra(sweep, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    result = sweep(*GRID, "--dask-scheduler", "tcp://127.0.0.1:1")
    assert result.exit_code == 1
    assert 'pip install "fernet-emotion[dask]"' in result.stderr
    assert "Reading" not in result.stderr


def test_no_training_at_a_time_is_refused_before_anything_is_read(sweep):
    result = sweep(*GRID, "--n-jobs", 0)
    assert result.exit_code == 2
    assert "--n-jobs': 0 trainings at a time; expected 1 or more" in result.stderr
    assert "Reading" not in result.stderr


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_finds_the_same(sweep):
    distributed = pytest.importorskip(
        "distributed", reason='dask is not installed: pip install "fernet-emotion[dask]"'
    )
    alone = document(sweep(*GRID, "--json"))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        result = sweep(*GRID, "--json", "--out", "other", "--dask-scheduler", address)
    assert without_seconds(document(result)) == without_seconds(alone)


def test_a_second_sweep_in_the_same_folder_is_refused_with_a_sentence(sweep, tmp_path):
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out" / "sweep.jsonl"):
        result = sweep(*GRID)
    assert result.exit_code == 2
    assert "out/sweep.jsonl: another process is writing it" in result.stderr
    document(sweep(*GRID, "--json"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["sweep.jsonl"]


def test_a_full_disk_is_told_before_the_first_training(sweep, monkeypatch):
    def full(path, n_bytes):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))

    monkeypatch.setattr("fernet._io.files.check_room", full)
    monkeypatch.setattr(candidates, "evaluate", None)
    result = sweep(*GRID)
    assert result.exit_code == 1
    assert "out/sweep.jsonl: no space left on device" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_end_it_as_ctrl_c_does(sweep, monkeypatch, tmp_path, name, code):
    evaluate = candidates.evaluate

    def signalled(number, *rest):
        if number == 1:
            signal.raise_signal(getattr(signal, name))
        return evaluate(number, *rest)

    monkeypatch.setattr(candidates, "evaluate", signalled)
    result = sweep(*GRID)
    assert result.exit_code == code
    assert "Interrupted." in result.stderr
    assert len((tmp_path / "out" / "sweep.jsonl").read_text().splitlines()) == 2
