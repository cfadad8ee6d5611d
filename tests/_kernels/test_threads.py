"""The pool of threads: its limits, forks, interrupts, and several callers at once."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from fernet import _kernels

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")

# a script's first lines: three threads, and a product whose bits are known
SCRIPT = """
import os
import signal
import numpy as np
from fernet import _kernels

rng = np.random.default_rng(0)
x, weight = rng.random((200, 330), np.float32), rng.random((330, 150), np.float32)

def product(_=None):
    y = np.empty((200, 150), np.float32)
    _kernels.linear_forward(x, weight, None, y)
    return y.tobytes()

def threads_alive():
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 3

_kernels.set_num_threads(3)
expected = product()
"""


# -- threadpoolctl -------------------------------------------------------------------------


def test_threadpoolctl_finds_the_pool():
    (pool,) = [info for info in threadpool_info() if info["internal_api"] == "fernet"]
    assert pool["user_api"] == "openmp"
    assert pool["num_threads"] == _kernels.get_num_threads()


@pytest.mark.parametrize("user_api", [None, "openmp"])
def test_threadpool_limits_holds_the_pool_and_lets_it_go(threads, user_api):
    with threads(4):
        with threadpool_limits(1, user_api=user_api):
            assert _kernels.get_num_threads() == 1
            with threadpool_limits(2, user_api=user_api):
                assert _kernels.get_num_threads() == 2
            assert _kernels.get_num_threads() == 1
        assert _kernels.get_num_threads() == 4


def test_limits_on_blas_leave_the_pool_alone(threads):
    with threads(4), threadpool_limits(1, user_api="blas"):
        assert _kernels.get_num_threads() == 4


def test_the_pool_can_be_limited_by_its_own_name(threads):
    pool = ThreadpoolController().select(internal_api="fernet")
    with threads(4), pool.limit(limits=2):
        assert _kernels.get_num_threads() == 2


# -- fork ----------------------------------------------------------------------------------


@needs_fork
def test_a_child_of_fork_computes_the_same_bits_with_threads_of_its_own(run_python):
    script = (
        SCRIPT
        + """
def fork_and_check(generations):
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)  # a child that hangs ends itself
        right = all(product() == expected for _ in range(20)) and threads_alive() >= 3
        if right and generations > 1:
            right = fork_and_check(generations - 1)
        os._exit(0 if right else 1)
    right = product() == expected  # parent and child at once
    return os.waitpid(pid, 0)[1] == 0 and right

print(all(fork_and_check(2) for _ in range(10)))
"""
    )
    result = run_python(script)
    assert result.stdout.strip() == "True", result.stderr


@needs_fork
def test_a_fork_while_another_thread_computes_does_not_hang_the_child(run_python):
    script = (
        SCRIPT
        + """
import threading

long = rng.random((1000, 2000), np.float32)
y = np.empty((1000, 1000), np.float32)
stop = False

def compute():  # some 10 ms a call, so that most forks fall amid one
    while not stop:
        _kernels.linear_forward(long, long.reshape(2000, 1000), None, y)

busy = threading.Thread(target=compute)
busy.start()
statuses = []
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)  # a child that hangs ends itself
        os._exit(0 if product() == expected and threads_alive() >= 3 else 1)
    statuses.append(os.waitpid(pid, 0)[1])
stop = True
busy.join()
print(set(statuses))
"""
    )
    result = run_python(script)
    assert result.stdout.strip() == "{0}", result.stderr


@needs_fork
def test_workers_of_a_forked_pool_have_one_thread_and_the_same_bits(run_python):
    script = (
        SCRIPT
        + """
import multiprocessing

def work(_):
    return _kernels.get_num_threads(), product() == expected

with multiprocessing.get_context("fork").Pool(2) as pool:
    print(set(pool.map(work, range(8))))
print(_kernels.get_num_threads())
"""
    )
    result = run_python(script)
    assert result.stdout.split("\n")[:2] == ["{(1, True)}", "3"], result.stderr


def test_workers_of_a_spawned_pool_have_one_thread(run_python, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing\n"
        "from fernet import _kernels\n"
        "def work(_): return _kernels.get_num_threads()\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(work, [0]))\n"
    )
    result = run_python(f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    assert result.stdout.strip() == "[1]", result.stderr


# -- several callers -----------------------------------------------------------------------


def test_threads_that_compute_at_once_get_their_own_results(threads):
    """Two callers, while the number of threads changes under them."""
    failures = []
    deadline = time.monotonic() + 1

    def compute(seed):
        rng = np.random.default_rng(seed)
        x, weight = rng.random((210, 100), np.float32), rng.random((100, 90), np.float32)
        big = rng.random(50_000, np.float32)

        def results():
            y, dx = np.empty((210, 90), np.float32), np.empty((210, 100), np.float32)
            dweight = np.empty((100, 90), np.float32)
            dropped, mask = np.empty_like(big), np.empty(6250, np.uint8)
            _kernels.linear_forward(x, weight, None, y)
            _kernels.linear_backward_input(y, weight, dx)
            _kernels.linear_backward_params(x, y, dweight, None)
            _kernels.dropout_forward(big, dropped, mask, 0.3, seed, 0, 0)
            return [y, dx, dweight, dropped, mask, _kernels.sum_of_squares(big)]

        expected = results()
        while time.monotonic() < deadline and not failures:
            for actual, wanted in zip(results(), expected, strict=True):
                if not np.array_equal(actual, wanted):
                    failures.append(seed)

    with threads(3):
        callers = [threading.Thread(target=compute, args=(seed,)) for seed in (1, 2)]
        for caller in callers:
            caller.start()
        n = 1
        while any(caller.is_alive() for caller in callers):
            n = n % 5 + 1
            _kernels.set_num_threads(n)
            time.sleep(0.001)
    assert not failures


# what fegetround gives where numbers are rounded up
ROUND_UP = {"x86_64": 0x800, "aarch64": 0x400000}


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ROUND_UP, reason="wants fesetround"
)
def test_workers_round_as_their_caller_does(threads, same_bits):
    fesetround = ctypes.CDLL(None).fesetround
    x = np.random.default_rng(0).random(1 << 22, np.float32)

    def thirds():
        y = x.copy()
        _kernels.scale_inplace(y, 1 / 3)
        return y

    with threads(3):
        thirds()  # workers that start now round to nearest
        assert fesetround(ROUND_UP[platform.machine()]) == 0
        try:
            together = thirds()
            with threads(1):
                alone = thirds()
        finally:
            fesetround(0)
        assert (alone > thirds()).any()
    same_bits(together, alone)


# -- the end of a process ------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="a file in use keeps its length there")
def test_python_tells_where_it_was_when_a_worker_reads_what_is_gone(run_python, tmp_path):
    script = f"""
import faulthandler, os
import numpy as np
from fernet import _kernels

faulthandler.enable()
_kernels.set_num_threads(2)
x = np.memmap({str(tmp_path / "x")!r}, np.float32, "w+", shape=(1 << 20, 8))
y = np.empty(x.shape, np.float32)

def predict():
    _kernels.softmax_forward(x, y)

predict()
os.truncate(x.filename, x.nbytes // 2)  # what lies beyond is the worker's share
predict()
"""
    # a sanitizer that tests run under would take the fault for its own
    options = f"{os.environ.get('ASAN_OPTIONS', '')}:handle_sigbus=0"
    result = run_python(script, ASAN_OPTIONS=options)
    assert result.returncode == -signal.SIGBUS
    assert result.stderr.startswith("Fatal Python error: Bus error")
    assert "in predict" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no SIGINT to send")
def test_ctrl_c_stops_a_process_amid_kernels(tmp_path, environment):
    script = SCRIPT + "print('ready', flush=True)\nwhile True:\n    product()\n"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline().strip() == "ready"
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert errors.strip().splitlines()[-1] == "KeyboardInterrupt"
    assert process.returncode == -signal.SIGINT


def test_the_interpreter_ends_while_workers_are_alive(run_python):
    result = run_python(SCRIPT + "_kernels.set_num_threads(8)\nassert product() == expected\n")
    assert (result.returncode, result.stderr) == (0, "")


def test_the_interpreter_ends_while_a_daemon_thread_computes(run_python):
    script = (
        SCRIPT
        + """
import threading, time

def compute():
    while True:
        product()

threading.Thread(target=compute, daemon=True).start()
time.sleep(0.05)
"""
    )
    result = run_python(script)
    assert (result.returncode, result.stderr) == (0, "")
