"""Signals that ask for the end interrupt in order, once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from fernet.cli.commands import FernetGroup
from fernet.cli.signals import SignalledError, ending_in_order, interrupted_once

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals as POSIX has them")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_is_an_interruption_with_its_exit_code(number):
    with pytest.raises(SignalledError) as caught, ending_in_order() as ending:
        signal.raise_signal(number)
    assert caught.value.exit_code == ending.exit_code == 128 + number


def test_only_ctrl_c_interrupts_again():
    with ending_in_order() as ending:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert ending.number == signal.SIGTERM


def test_an_interruption_of_another_class_keeps_the_exit_code():
    with pytest.raises(SignalledError) as caught, ending_in_order():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise KeyboardInterrupt from None
    assert caught.value.exit_code == 143


def test_handlers_come_back_and_what_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ending_in_order() as ending:
            signal.raise_signal(signal.SIGHUP)
        assert ending.exit_code == 0
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_set_no_handlers():
    codes = []

    def work():
        with ending_in_order() as ending:
            codes.append(ending.exit_code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert codes == [0]


def test_an_interrupted_command_ends_behind_its_threads():
    begun, done = threading.Event(), []

    def work():
        begun.set()
        threading.Event().wait(0.3)
        done.append(signal.getsignal(signal.SIGINT))

    class Interrupted(FernetGroup):
        def get_command(self, ctx, name):
            threading.Thread(target=work, daemon=True).start()
            begun.wait()
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    result = CliRunner().invoke(Interrupted("fernet"), ["x"])

    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")
    assert done == [signal.SIG_IGN]
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_any_command_in_order_and_its_end_is_not_interrupted_again(number):
    ended = []

    class Interrupted(FernetGroup):
        def get_command(self, ctx, name):
            try:
                signal.raise_signal(number)
            finally:
                signal.raise_signal(number)
                ended.append(name)

    before = signal.getsignal(number)
    for _ in range(2):
        result = CliRunner().invoke(Interrupted("fernet"), ["x"])
        assert (result.exit_code, result.stderr) == (128 + number, "Interrupted.\n")
    assert ended == ["x", "x"]
    assert signal.getsignal(number) is before


def test_behind_a_command_that_a_signal_has_ended_others_than_ctrl_c_end_the_process():
    met = []

    class Interrupted(FernetGroup):
        def get_command(self, ctx, name):
            threading.Thread(target=work).start()
            with ending_in_order():
                signal.raise_signal(signal.SIGTERM)

    def work():
        while signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            threading.Event().wait(0.01)
        threading.Event().wait(0.1)
        met.append(signal.getsignal(signal.SIGTERM))

    assert CliRunner().invoke(Interrupted("fernet"), ["x"]).exit_code == 143
    assert met == [signal.SIG_DFL]


def test_a_command_leaves_signals_that_the_caller_ignores_or_handles():
    handled = []
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda number, frame: handled.append(number))
    try:
        with interrupted_once():
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGTERM, before[1])
    assert handled == [signal.SIGTERM]


def test_a_thread_that_does_not_end_is_not_waited_for_without_end():
    code = """if True:
        import threading
        from fernet.cli.signals import end_threads
        others = threading.enumerate()
        threading.Thread(target=threading.Event().wait).start()
        print("so far", end="")
        end_threads(others, 7, seconds=0.01)
    """

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stdout, ended.stderr) == (7, "so far", "")
