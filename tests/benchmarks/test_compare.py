"""The comparison of libraries: what it takes, tells and leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.fixture
def compare(script):
    return script("compare.py")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--rounds", "0"], "'0' is no whole number"),
        (["--threads", "-2"], "'-2' is no whole number"),
        (["--task", "nothing"], "invalid choice: 'nothing'"),
        (["--python", "torch"], "'' is no program"),
        (["--python", "torch=/nowhere/python"], "'/nowhere/python' is no program"),
        (["--python", "pytorch=python3"], "'pytorch=python3' is not LIBRARY=PROGRAM"),
        (["--avx2", "--library", "pandas"], "--avx2 does not limit pandas"),
    ],
)
def test_options_that_can_not_be_taken_are_told(compare, monkeypatch, capsys, options, told):
    monkeypatch.setattr("sys.argv", ["compare.py", *options])
    with pytest.raises(SystemExit) as end:
        compare.parse_arguments()
    assert end.value.code == 2
    assert told in capsys.readouterr().err


@pytest.fixture
def answers(compare, monkeypatch):
    """Have the measurements give these answers, by library: exit code, stdout and stderr."""
    given = {}
    monkeypatch.setattr(compare, "finished", lambda command, environment: given[command[2]])
    return given


def measured(compare, tmp_path, libraries, rounds=2):
    comparison = compare.Comparison(1, {}, {}, tmp_path / "fer2013.csv")
    comparison.measure("import", libraries, rounds)
    comparison.measure("load-csv", libraries, rounds)
    return comparison


def test_what_is_left_out_is_told_with_the_reason(compare, answers, tmp_path, capsys):
    answers["torch"] = (compare.MISSING, "", "it is not installed\n")
    answers["pandas"] = (compare.SKIPPED, "", "it has no such task here\n")
    comparison = measured(compare, tmp_path, ["torch", "pandas"])
    assert comparison.ms == {"import": {}, "load-csv": {}}
    assert not comparison.failed
    # what is not installed will not be for the next task
    assert capsys.readouterr().err.splitlines() == [
        "import: torch is left out: it is not installed",
        "import: pandas is left out: it has no such task here",
        "load-csv: pandas is left out: it has no such task here",
    ]


def test_a_measurement_that_fails_is_told_and_counts_as_failure(compare, answers, tmp_path, capsys):
    answers["torch"] = (1, "", "ImportError: broken\n")
    assert measured(compare, tmp_path, ["torch"]).failed
    assert "import: torch failed with 1:\nImportError: broken" in capsys.readouterr().err


def test_figures_come_with_the_versions(compare, answers, tmp_path):
    answers["torch"] = (0, 'noise\n{"ms": 2.5, "version": "2.13"}\n', "")
    comparison = measured(compare, tmp_path, ["torch"])
    assert comparison.ms == {name: {"torch": [2.5, 2.5]} for name in ("import", "load-csv")}
    assert comparison.versions == {"torch": "2.13"}


def test_json_can_be_parsed_and_tells_the_machine(run_script):
    options = ["--task", "gemm-backward-params", "--library", "fernet", "--rounds", "1"]
    done = run_script("compare.py", *options, "--threads", "1", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document) == {"machine", "versions", "threads", "rounds", "load", "ms"}
    assert document["machine"]["processor"]
    assert list(document["versions"]) == ["fernet"]
    assert len(document["ms"]["gemm-backward-params"]["fernet"]) == 1


def test_where_nothing_is_measured_the_exit_code_says_so(run_script):
    done = run_script("compare.py", "--task", "import", "--library", "scipy", "--rounds", "1")
    assert done.returncode == 1
    assert "nothing was measured" in done.stdout
    assert "import: scipy is left out: it has no such task here" in done.stderr


def test_a_bad_variable_is_told_before_anything_is_measured(run_script):
    done = run_script("compare.py", "--task", "import", FERNET_ISA="avx9")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: environment variable FERNET_ISA")


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, file=open(sys.argv[1], "w"), flush=True)
child.wait()
"""


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no /proc")
def test_an_interruption_ends_a_measurement_and_its_own_workers(compare, tmp_path):
    told = tmp_path / "pid"

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    real = subprocess.Popen.communicate

    def communicate(self, *args, **kwargs):
        while not (told.exists() and told.read_text().strip()):
            time.sleep(0.01)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        return real(self, *args, **kwargs)

    try:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(subprocess.Popen, "communicate", communicate)
            compare.finished([sys.executable, "-c", PARENT, str(told)], dict(os.environ))
    finally:
        signal.signal(signal.SIGALRM, before)
    for _ in range(500):
        if not is_alive(int(told.read_text())):
            break
        time.sleep(0.01)
    assert not is_alive(int(told.read_text()))
