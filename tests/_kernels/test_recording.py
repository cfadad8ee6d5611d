"""Records of the pool's jobs, from which benchmarks/scaling.py makes its model."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from fernet import _kernels
from fernet._kernels import runtime

SCALING = Path(__file__).parents[2] / "benchmarks" / "scaling.py"


def product():
    x, weight = np.ones((200, 330), np.float32), np.ones((330, 150), np.float32)
    y = np.empty((200, 150), np.float32)
    _kernels.linear_forward(x, weight, None, y)
    return y


def recorded(work):
    runtime.start_recording()
    work()
    return runtime.end_recording()


def test_each_job_is_recorded_with_the_time_of_each_task():
    *jobs, end = recorded(product)
    assert [name for name, *_ in jobs] == ["pack_b_task", "multiply_block"]
    assert jobs[0][1] < jobs[1][1]
    assert all(gap >= 0 and tasks and min(tasks) > 0 for _, _, gap, tasks in jobs)
    assert end[0] == ""
    assert end[2] >= 0
    assert end[3] == []


def test_work_is_cut_for_the_number_of_threads_that_is_set(threads):
    def n_tasks(n):
        with threads(n):
            return len(recorded(product)[1][3])

    assert n_tasks(1) < n_tasks(16)


def test_recording_changes_no_result():
    results = []
    recorded(lambda: results.append(product()))
    assert np.array_equal(results[0], product())


def test_other_threads_are_not_recorded_and_nothing_is_after_the_end():
    def in_another_thread():
        other = threading.Thread(target=product)
        other.start()
        other.join()

    assert len(recorded(in_another_thread)) == 1
    product()
    assert len(recorded(lambda: None)) == 1


def test_a_record_that_nobody_began_cannot_be_ended():
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        runtime.end_recording()


@pytest.mark.skipif(not SCALING.exists(), reason="the benchmarks lie in the sources alone")
@pytest.mark.slow
def test_the_model_gives_a_speed_up_for_each_work_and_number_of_threads(run_python, tmp_path):
    arguments = ["--works", "mlp-step", "--threads", "2", "8", "--repeat", "1", "--worst", "8"]
    script = (
        f"import runpy, sys; sys.argv = ['scaling.py', *{arguments}, '--json', 'out.json']; "
        f"runpy.run_path({str(SCALING)!r}, run_name='__main__')"
    )
    result = run_python(script)
    assert result.returncode == 0, result.stderr
    speed_ups = json.loads((tmp_path / "out.json").read_text())
    assert list(speed_ups) == ["mlp-step"]
    assert list(speed_ups["mlp-step"]) == ["1", "2", "8"]
    assert "between the jobs" in result.stdout
