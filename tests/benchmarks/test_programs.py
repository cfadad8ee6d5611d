"""How the benchmarks' programs end: in a sentence, in order, and without a void figure."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def programs(script):
    return script("programs.py")


def ending(programs, main) -> int:
    with pytest.raises(SystemExit) as end:
        programs.run(main)
    return end.value.code


def test_what_main_returns_is_the_exit_code(programs):
    assert ending(programs, lambda: None) == 0
    assert ending(programs, lambda: 3) == 3


@pytest.mark.parametrize("error", [FileNotFoundError(2, "No such file", "fer2013.csv"),
                                   ValueError("fer2013.csv: no faces")])  # fmt: skip
def test_input_at_fault_is_told_in_a_sentence(programs, capsys, error):
    def main():
        raise error

    assert ending(programs, main) == 2
    told = capsys.readouterr().err
    assert told.startswith("Error: fer2013.csv: no ")
    assert len(told.splitlines()) == 1


def test_a_package_that_is_missing_has_a_hint(programs, capsys):
    def main():
        raise ModuleNotFoundError("No module named 'fer'")

    assert ending(programs, main) == 1
    assert capsys.readouterr().err == (
        "Error: No module named 'fer'; --help says what to install\n"
    )


def test_a_fault_of_the_program_keeps_its_traceback(programs):
    with pytest.raises(KeyError):
        programs.run(lambda: {}["absent"])


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_it_by_its_own_exit_code(programs, capsys, name):
    number = getattr(signal, name, signal.SIGINT)  # Windows has no SIGHUP
    before = signal.getsignal(number)
    assert ending(programs, lambda: signal.raise_signal(number)) == 128 + number
    assert capsys.readouterr().err == "Interrupted.\n"
    assert signal.getsignal(number) is before


def test_what_an_interruption_makes_of_other_code_is_an_interruption(programs, capsys):
    def main():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ValueError("there is no result") from None

    assert ending(programs, main) == 143
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_training_that_is_interrupted_has_no_figures(programs, capsys):
    from fernet import FERMLPClassifier
    from fernet.callbacks import Callback
    from fernet.datasets import make_faces

    class Interrupting(Callback):
        def on_epoch_end(self, *args, **kwargs):
            signal.raise_signal(signal.SIGINT)

    def main():
        X, y = make_faces(70, random_state=0, return_X_y=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as users see it: a warning ends nothing
            FERMLPClassifier((8,), max_iter=3, callbacks=[Interrupting()]).fit(X, y)
        figures.append(True)

    figures = []
    assert ending(programs, main) == 130
    assert not figures
    assert capsys.readouterr().err == "Interrupted.\n"


def test_output_that_is_not_taken_is_told_at_the_end(programs, monkeypatch, capsys):
    done = []

    def main():
        sys.stdout.write("a figure\n")
        done.append(True)

    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert ending(programs, main) == 1
    assert done
    assert "Error: stdout: no space left on device" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "", "1.0", "1e3", "\u0661", "many"])
def test_a_count_is_a_whole_number_of_1_or_more(programs, text):
    assert programs.count("12") == 12
    with pytest.raises(argparse.ArgumentTypeError, match="is no whole number of 1 or more"):
        programs.count(text)


@pytest.mark.parametrize("text", ["-1", "", "0.0", str(1 << 32)])
def test_a_seed_is_what_scikit_learn_takes(programs, text):
    assert programs.seed("0") == 0
    with pytest.raises(argparse.ArgumentTypeError, match="from 0 to 4294967295"):
        programs.seed(text)


def test_a_python_without_fernet_is_told_so():
    # -S: without the packages that are installed
    program = [sys.executable, "-I", "-S", str(BENCHMARKS / "compare.py"), "--help"]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 1
    assert "has no fernet" in done.stderr
    assert "pip install ." in done.stderr
    assert "Traceback" not in done.stderr
