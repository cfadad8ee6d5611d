"""The pool's size, kept in step with threadpoolctl and with joblib's workers."""

from __future__ import annotations

import multiprocessing
import multiprocessing.util

from threadpoolctl import LibController, register

from fernet._kernels.runtime import set_num_threads


class PoolController(LibController):
    """How threadpoolctl finds and limits the kernels' threads.

    The pool answers to ``threadpool_limits(n)`` and, as it stands where an OpenMP runtime
    would, to ``threadpool_limits(n, user_api="openmp")``.
    """

    user_api = "openmp"
    internal_api = "fernet"
    filename_prefixes = ("libfernet_kernels", "fernet_kernels")
    check_symbols = ("fernet_get_num_threads", "fernet_set_num_threads")

    def get_num_threads(self) -> int:
        """Threads that a kernel may use."""
        return int(self.dynlib.fernet_get_num_threads())

    def set_num_threads(self, num_threads: int) -> None:
        """Let kernels use `num_threads`."""
        self.dynlib.fernet_set_num_threads(num_threads)

    def get_version(self) -> None:
        """The pool has no version of its own."""

    def set_additional_attributes(self) -> None:
        """Nothing beyond the common attributes."""


def register_with_threadpoolctl() -> None:
    """Let ``threadpool_info`` show the pool and ``threadpool_limits`` size it."""
    register(PoolController)


def _single_if_daemon() -> None:
    process = multiprocessing.current_process()
    # a spawned worker that imports us with the main script has its name, but is no daemon yet
    if process.daemon or "PoolWorker" in process.name:
        set_num_threads(1)


def stay_single_in_daemons() -> None:
    """Keep to one thread in the workers of a multiprocessing pool.

    Loky's workers are told their share through ``OMP_NUM_THREADS``; those of multiprocessing are
    not, and would each take all cores. Like joblib, take a daemonic process for such a worker.
    """
    _single_if_daemon()
    # multiprocessing's own hook: at os.fork the child does not know yet that it is a daemon
    multiprocessing.util.register_after_fork(_single_if_daemon, lambda check: check())
