"""What the kernels run on: the instruction set and the number of threads."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc

cimport fernet._kernels.c_api as c_api


def available_isas() -> list[str]:
    """Names of the instruction sets usable on this machine, best first."""
    names = []
    cdef const char *name = c_api.fernet_available_isa(0)
    while name != NULL:
        names.append(name.decode())
        name = c_api.fernet_available_isa(<int>len(names))
    return names


def selected_isa() -> str:
    """Name of the instruction set that serves the kernels."""
    return c_api.fernet_selected_isa().decode()


def select_isa(str name):
    """Serve the kernels with the named instruction set from now on."""
    if c_api.fernet_select_isa(name.encode()) != 0:
        usable = ", ".join(available_isas())
        raise ValueError(
            f"instruction set {name!r} is not available on this machine, expected one of: {usable}"
        )


def get_num_threads() -> int:
    """Threads that a kernel may use, the caller's included."""
    return c_api.fernet_get_num_threads()


def set_num_threads(int n):
    """Let kernels use `n` threads, at least 1."""
    if n < 1:
        raise ValueError(f"n is {n}, expected a number of threads of 1 or more")
    c_api.fernet_set_num_threads(n)


def l2_bytes() -> int:
    """Size of a core's second-level cache, which blocks follow."""
    return c_api.fernet_l2_bytes()


def cpuid_l2_bytes() -> int:
    """What an x86 processor itself says of it, or 0: where the system is silent, this counts."""
    return c_api.fernet_cpuid_l2_bytes()


def set_l2_bytes(str digits):
    """Take a core's second-level cache for so large from now on, whatever the system says."""
    cdef int64_t size = 0
    if digits.isascii() and digits.isdigit() and len(digits) < 19:  # what int64 holds
        size = int(digits)
    if c_api.fernet_set_l2_bytes(size) != 0:
        raise ValueError(
            f"size {digits!r} is not a whole number of bytes from {c_api.FERNET_LEAST_L2} to "
            f"{c_api.FERNET_LARGEST_L2}, such as 1048576"
        )


def count_cpus(str root, tuple cpus) -> int:
    """Threads worth having on these processors, by what Linux' files below `root` say of them."""
    cdef int n = <int>len(cpus)
    cdef int *numbers = <int *>malloc((n + 1) * sizeof(int))
    if numbers == NULL:
        raise MemoryError
    try:
        for index in range(n):
            numbers[index] = cpus[index]
        return c_api.fernet_count_cpus(root.encode(), numbers, n)
    finally:
        free(numbers)


def start_recording():
    """Record the calling thread's jobs from now on; it runs their tasks itself, in order."""
    if c_api.fernet_start_recording() != 0:
        raise MemoryError("no memory for a record of jobs")


def end_recording() -> list[tuple]:
    """End the record, and return its jobs: name, start, nanoseconds since the job before it, and
    those of each task. The last is nameless and has no tasks: so long ago was the last real one.
    """
    cdef c_api.fernet_job job
    cdef int64_t end_gap = c_api.fernet_end_recording(), index = 0
    jobs = []
    while c_api.fernet_recorded_job(index, &job):
        tasks = [job.tasks[i] for i in range(job.n_tasks)]
        jobs.append((job.name.decode(), job.start, job.gap, tasks))
        index += 1
    c_api.fernet_free_recording()
    if end_gap < 0:
        raise RuntimeError("nothing was recorded, or there was no memory for all of it")
    return [*jobs, ("", 0, end_gap, [])]
