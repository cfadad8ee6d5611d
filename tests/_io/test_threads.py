"""Work shared among threads that are over when the work is."""

from __future__ import annotations

import itertools
import os
import threading
import time

import joblib
import pytest

from fernet._io.threads import count_processors, count_threads, in_threads


def test_results_come_in_order_from_several_threads():
    together = threading.Barrier(3, timeout=30)

    def work(item):
        together.wait()
        return item, threading.current_thread()

    done = list(in_threads(work, range(30), 3))

    assert [item for item, _ in done] == list(range(30))
    assert threading.current_thread() not in {thread for _, thread in done}


def test_processors_are_counted_where_the_system_tells_nobody_which_may_be_used(monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(joblib, "cpu_count", refused)

    assert count_processors() == os.cpu_count()
    assert count_threads(1) == 1


def test_jobs_are_counted_where_joblib_can_not_ask(monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(joblib, "cpu_count", refused)
    monkeypatch.setattr(joblib, "effective_n_jobs", refused)

    assert [count_threads(n_jobs) for n_jobs in (-1, -2, -9, None)] == [4, 3, 1, 4]


def test_one_thread_is_the_callers():
    assert (
        list(in_threads(lambda _: threading.current_thread(), "ab", 1))
        == [threading.current_thread()] * 2
    )


def test_items_are_taken_as_they_are_needed():
    taken = []
    work = in_threads(abs, (taken.append(n) or n for n in itertools.count()), 2)

    assert [next(work) for _ in range(10)] == list(range(10))
    work.close()
    assert len(taken) < 20


@pytest.mark.parametrize("ends", ["by an error", "closed"])
def test_no_thread_is_left_and_what_had_not_begun_never_does(ends):
    before, begun, failed = set(threading.enumerate()), [], threading.Event()

    def work(item):
        begun.append(item)
        if item == 1 and ends == "by an error":
            failed.set()
            raise ValueError("the second")
        if item > 1:
            failed.wait(0.2)
            time.sleep(0.2)
        return item

    running = in_threads(work, range(100), 2)
    assert next(running) == 0
    if ends == "closed":
        running.close()
    else:
        with pytest.raises(ValueError, match="the second"):
            list(running)

    assert set(threading.enumerate()) <= before
    n_begun = len(begun)
    time.sleep(0.3)
    assert len(begun) == n_begun < 10


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_jobs_are_counted_as_joblib_does(backend):
    with joblib.parallel_config(backend=backend, n_jobs=1):
        assert count_threads(None) == 1
    assert count_threads(5) == 5
    assert count_threads(-1) == joblib.cpu_count()


@pytest.mark.parametrize("n_jobs", [0, 1.5, "2"])
def test_what_is_no_number_of_jobs_is_refused(n_jobs):
    with pytest.raises(ValueError, match=rf"n_jobs is {n_jobs!r}; expected None or a whole number"):
        count_threads(n_jobs)


def test_jobs_of_a_cluster_are_no_threads_here():
    class Cluster(joblib._parallel_backends.ThreadingBackend):
        def effective_n_jobs(self, n_jobs):
            return 400

    joblib.register_parallel_backend("cluster", Cluster)
    with joblib.parallel_config(backend="cluster"):
        assert count_threads(-1) == joblib.cpu_count() <= (os.cpu_count() or 1)
