"""What the kernels run on: the instruction set, the number of threads, and their work space."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fernet import _kernels
from fernet._kernels import runtime

CPU_INFO = Path("/proc/cpuinfo")

# -- instruction sets ----------------------------------------------------------------------


def test_every_machine_has_a_set_of_its_own_at_the_end():
    isas = _kernels.available_isas()
    assert [isa for isa in isas if not isa.startswith("shape")][-1] in ("portable", "neon")
    assert len(set(isas)) == len(isas)
    assert _kernels.selected_isa() in isas


@pytest.mark.skipif(
    platform.machine() != "x86_64" or not CPU_INFO.exists(), reason="nobody to compare"
)
def test_the_sets_are_those_that_linux_says_the_processor_has():
    (flags, *_) = [
        set(line.split()) for line in CPU_INFO.read_text().splitlines() if line.startswith("flags")
    ]
    needed = {
        "avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx2", "fma"},
        "avx2": {"avx2", "fma"},
        "portable": set(),
    }
    isas = [isa for isa in _kernels.available_isas() if not isa.startswith("shape")]
    assert isas == [isa for isa, wanted in needed.items() if wanted <= flags]


@pytest.mark.parametrize("name", _kernels.available_isas())
def test_a_set_serves_once_it_is_selected(name):
    before = _kernels.selected_isa()
    try:
        _kernels.select_isa(name)
        assert _kernels.selected_isa() == name
    finally:
        _kernels.select_isa(before)


@pytest.mark.parametrize("name", ["sse9", "", "AVX2"])
def test_a_set_that_is_not_there_is_refused(name):
    before = _kernels.selected_isa()
    usable = _kernels.available_isas()[-1]
    with pytest.raises(ValueError, match=f"instruction set '{name}' is not available .*{usable}"):
        _kernels.select_isa(name)
    assert _kernels.selected_isa() == before


SHOW_ISA = "from fernet import _kernels; print(_kernels.selected_isa())"


def test_the_best_set_serves_unless_one_is_named(run_python):
    best = _kernels.available_isas()[0]
    assert run_python(SHOW_ISA, FERNET_ISA="").stdout.strip() == best


@pytest.mark.parametrize("name", _kernels.available_isas())
def test_the_environment_chooses_the_set(run_python, name):
    assert run_python(SHOW_ISA, FERNET_ISA=name).stdout.strip() == name


def test_a_bad_choice_in_the_environment_is_an_import_error(run_python):
    result = run_python(SHOW_ISA, FERNET_ISA="sse9")
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: environment variable FERNET_ISA: instruction set 'sse9'")
    assert all(name in last for name in _kernels.available_isas())


# -- threads -------------------------------------------------------------------------------

SHOW_THREADS = "from fernet import _kernels; print(_kernels.get_num_threads())"


def usable_cpus():
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count()
    return runtime.count_cpus("", tuple(sorted(os.sched_getaffinity(0))))


@pytest.mark.parametrize(("value", "n"), [("1", 1), ("4,2", 4), ("100000", 256)])
def test_omp_num_threads_is_honoured(run_python, value, n):
    assert int(run_python(SHOW_THREADS, OMP_NUM_THREADS=value).stdout) == n


@pytest.mark.parametrize("value", ["", "-2", "many"])
def test_without_a_usable_number_all_cpus_are_used(run_python, value):
    assert int(run_python(SHOW_THREADS, OMP_NUM_THREADS=value).stdout) == usable_cpus()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system pins no threads")
def test_only_the_cpus_that_the_process_may_use_count(run_python):
    script = f"import os; os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}}); {SHOW_THREADS}"
    assert int(run_python(script).stdout) == 1


# of 4096 processors, three of which the process may run on
LARGE_MACHINE = """
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>

int sched_getaffinity(pid_t process, size_t bytes, cpu_set_t *set) {
    (void)process;
    if (bytes < 4096 / 8) {
        errno = EINVAL;
        return -1;
    }
    memset(set, 0, bytes);
    for (int cpu = 3000; cpu < 3003; cpu++) CPU_SET_S(cpu, bytes, set);
    return 0;
}
"""


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="wants Linux and a C compiler"
)
def test_so_do_they_on_a_machine_of_more_than_a_usual_mask_holds(run_python, tmp_path):
    source, library = tmp_path / "large_machine.c", tmp_path / "large_machine.so"
    source.write_text(LARGE_MACHINE)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    sanitizers = os.environ.get("LD_PRELOAD", "")  # which want to be first
    preloaded = f"{sanitizers} {library}".strip()
    n = int(run_python(SHOW_THREADS, LD_PRELOAD=preloaded).stdout)
    assert n == runtime.count_cpus("", (0, 1, 2))


def write(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n")


def write_siblings(root, siblings):
    for cpu, text in enumerate(siblings):
        write(root, f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", text)


def test_processors_count_one_by_one_where_nothing_is_known(tmp_path):
    assert runtime.count_cpus(str(tmp_path), tuple(range(16))) == 16


@pytest.mark.parametrize("form", ["{first},{second}", "{second},{first}"])
def test_where_processors_are_many_a_core_counts_once(tmp_path, form):
    write_siblings(tmp_path, [form.format(first=k % 8, second=k % 8 + 8) for k in range(16)])
    assert runtime.count_cpus(str(tmp_path), tuple(range(16))) == 8
    assert runtime.count_cpus(str(tmp_path), tuple(range(4, 16))) == 8
    assert runtime.count_cpus(str(tmp_path), (0, 1, 8, 9)) == 4


def test_neighbouring_threads_of_a_core_are_known_by_their_range(tmp_path):
    write_siblings(tmp_path, [f"{k // 2 * 2}-{k // 2 * 2 + 1}" for k in range(12)])
    assert runtime.count_cpus(str(tmp_path), tuple(range(12))) == 6


@pytest.mark.parametrize(
    ("limit", "n"),
    [
        ("max 100000", 8),
        ("250000 100000", 3),
        ("100000 100000", 1),
        ("5000 100000", 1),
        ("1600000 100000", 8),
        ("", 8),
    ],
)
def test_a_containers_quota_is_honoured(tmp_path, limit, n):
    write(tmp_path, "sys/fs/cgroup/cpu.max", limit)
    assert runtime.count_cpus(str(tmp_path), tuple(range(8))) == n


@pytest.mark.parametrize(
    ("own", "around", "n"),
    [("250000 100000", "max 100000", 3), ("max 100000", "50000 100000", 1), ("", "", 8)],
)
def test_a_services_quota_and_those_around_it_are_honoured(tmp_path, own, around, n):
    write(tmp_path, "proc/self/cgroup", "0::/system.slice/faces.service")
    write(tmp_path, "sys/fs/cgroup/system.slice/faces.service/cpu.max", own)
    write(tmp_path, "sys/fs/cgroup/system.slice/cpu.max", around)
    assert runtime.count_cpus(str(tmp_path), tuple(range(8))) == n


@pytest.mark.parametrize(
    ("groups", "n"),
    [
        ("5:memory:/other\n4:cpu,cpuacct:/jobs/7\n0::/", 2),
        ("4:cpuacct,cpu:/jobs/7", 2),
        ("4:cpuset:/jobs/7\n3:cpuacct:/jobs/7", 8),
        ("4:cpu:/elsewhere", 8),
        ("no such line", 8),
    ],
)
def test_so_are_a_jobs_of_the_older_kind(tmp_path, groups, n):
    write(tmp_path, "proc/self/cgroup", groups)
    write(tmp_path, "sys/fs/cgroup/cpu/jobs/7/cpu.cfs_quota_us", "150000")
    write(tmp_path, "sys/fs/cgroup/cpu/jobs/7/cpu.cfs_period_us", "100000")
    assert runtime.count_cpus(str(tmp_path), tuple(range(8))) == n


@pytest.mark.parametrize(("allowed", "n"), [("-1", 8), ("150000", 2)])
def test_so_is_one_of_the_older_kind(tmp_path, allowed, n):
    write(tmp_path, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", allowed)
    write(tmp_path, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000")
    assert runtime.count_cpus(str(tmp_path), tuple(range(8))) == n


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_number_of_threads_is_what_was_set(threads, n):
    with threads(n):
        assert _kernels.get_num_threads() == n


@pytest.mark.parametrize("n", [0, -1])
def test_less_than_one_thread_is_refused(n):
    before = _kernels.get_num_threads()
    with pytest.raises(ValueError, match=f"n is {n}, expected a number of threads of 1 or more"):
        _kernels.set_num_threads(n)
    assert _kernels.get_num_threads() == before


# -- work space ----------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_repeated_calls_do_not_grow_memory(threads):
    def resident_bytes():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    rng = np.random.default_rng(0)
    x, weight = rng.random((200, 300), np.float32), rng.random((300, 40), np.float32)
    y, dweight = np.empty((200, 40), np.float32), np.empty((300, 40), np.float32)

    def step():  # about 400 kB of packed matrices and of sums
        _kernels.linear_forward(x, weight, None, y)
        _kernels.linear_backward_params(x, y, dweight, None)
        _kernels.sum_of_squares(x)

    with threads(3):
        for _ in range(20):
            step()
        before = resident_bytes()
        for _ in range(300):
            step()
        assert resident_bytes() - before < 2e6


def test_kernels_make_no_python_objects_that_stay():
    x, y = np.ones((2, 100), np.float32)
    _kernels.relu_forward(x, y)
    counts = sys.getrefcount(x), sys.getrefcount(y)
    for _ in range(100):
        _kernels.relu_forward(x, y)
    assert (sys.getrefcount(x), sys.getrefcount(y)) == counts


# -- the second-level cache ------------------------------------------------------------------

SHOW_L2 = "from fernet._kernels.runtime import l2_bytes; print(l2_bytes())"
CONVOLVE = """
import hashlib
import numpy as np
from fernet import _kernels

rng = np.random.default_rng(0)
digest = hashlib.sha256()
shapes = [(20, 24, 32, 32), (12, 12, 64, 96), (30, 6, 128, 64), (30, 5, 64, 160)]
for n, side, c, oc in shapes:
    x, dy = (rng.standard_normal((n, side, side, k), np.float32) for k in (c, oc))
    weight = rng.standard_normal((3, 3, c, oc), np.float32)
    y, dx, dweight, dbias = np.empty_like(dy), np.empty_like(x), np.empty_like(weight), dy[0, 0, 0]
    _kernels.conv2d_forward(x, weight, None, y, padding=(1, 1), algorithm="winograd", training=True)
    digest.update(y.tobytes())
    for relu_x in (None, x):
        _kernels.conv2d_backward(
            x, dy, weight, dx, dweight, dbias.copy(), padding=(1, 1), relu_x=relu_x,
            algorithm="winograd",
        )
        for array in (dx, dweight):
            digest.update(array.tobytes())
print(digest.hexdigest())
"""


@pytest.mark.parametrize("size", [128 << 10, 524288, 16 << 20])
def test_the_environment_says_how_large_the_cache_is(run_python, size):
    assert int(run_python(SHOW_L2, FERNET_L2_BYTES=str(size)).stdout) == size


def test_without_a_size_the_system_is_asked(run_python):
    assert int(run_python(SHOW_L2, FERNET_L2_BYTES="").stdout) == runtime.l2_bytes()


@pytest.mark.skipif(
    platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc", reason="nobody to compare"
)
def test_the_processor_says_of_its_cache_what_linux_says():
    of_linux = int(subprocess.check_output(["getconf", "LEVEL2_CACHE_SIZE"]))
    if of_linux == 0:
        pytest.skip("Linux does not know the size of this processor's cache")
    assert runtime.cpuid_l2_bytes() == of_linux


@pytest.mark.parametrize(
    "value",
    ["abc", "0", "-524288", "1e6", "1M", "1 MB", "524288.0", "+524288", " 524288", "1_048_576",
     "131071", "16777217", str(1 << 64), "9" * 5000, "\u0661" * 6],
)  # fmt: skip
def test_a_size_that_is_none_is_refused_and_changes_nothing(value):
    before = runtime.l2_bytes()
    with pytest.raises(ValueError, match=r"' is not a whole .* from 131072 to 16777216"):
        runtime.set_l2_bytes(value)
    assert runtime.l2_bytes() == before


def test_a_bad_size_in_the_environment_is_an_import_error(run_python):
    result = run_python(SHOW_L2, FERNET_L2_BYTES="1M")
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: environment variable FERNET_L2_BYTES: size '1M' is not")


def test_no_bit_depends_on_the_size_of_the_cache(run_python):
    digests = {
        run_python(CONVOLVE, FERNET_L2_BYTES=str(size << 10)).stdout
        for size in (128, 512, 1024, 2048)
    }
    assert len(digests) == 1
    assert digests != {""}
