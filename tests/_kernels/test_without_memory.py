"""Kernels that want work space raise MemoryError where there is none, and recover."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fernet import _kernels

CALLS = Path(__file__).with_name("starved_calls.py")
LIST = Path(__file__).parents[2] / "fernet/_kernels/csrc/core/kernel_list.h"
# A kernel that needs work space returns an int (so does one whose result may end a tape).
WANTING = sorted(re.findall(r"KERNEL\(int, (\w+)", LIST.read_text()))

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="wants RLIMIT_AS")

ASK_FOR_TOO_MUCH = """
import mmap, resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
mmap.mmap(-1, 1 << 31)
"""


@pytest.fixture(scope="module", autouse=True)
def _limits_hold():
    """Skip where memory is given in spite of a limit, as by emulators."""
    command = [sys.executable, "-c", ASK_FOR_TOO_MUCH]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        pytest.skip("this system does not hold to RLIMIT_AS")


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("isa", _kernels.available_isas())
def test_without_memory_each_kernel_raises_and_recovers(isa, threads, environment):
    command = [sys.executable, "-P", str(CALLS), isa, str(threads), *WANTING]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    answers = [line.split(" ", 1) for line in done.stdout.splitlines()]
    assert sorted({name for name, _ in answers}) == WANTING
    assert {answer for _, answer in answers} <= {"MemoryError right", "done right"}
    # The figures' few bytes are among the crumbs that are left.
    raised = {name for name, answer in answers if answer == "MemoryError right"}
    assert set(WANTING) - raised <= {"batch_figures"}
