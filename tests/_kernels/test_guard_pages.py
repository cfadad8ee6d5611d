"""No kernel reads or writes past its arrays: a page that may not be touched lies at their edge."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fernet import _kernels
from fernet._kernels.protocol import Kernels

CALLS = Path(__file__).with_name("guarded_calls.py")
KERNELS = sorted(name for name in vars(Kernels) if not name.startswith("_"))

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="wants mprotect")


def call(isa: str, names: list[str], environment) -> tuple[int, str, str]:
    """Return how a process that called some kernels ended, its last line, and its errors."""
    command = [sys.executable, "-P", str(CALLS), isa, *names]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=1800, check=False
    )
    return done.returncode, done.stdout.splitlines()[-1], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("isa", _kernels.available_isas())
def test_no_kernel_leaves_its_arrays(isa, environment):
    assert call(isa, KERNELS, environment) == (0, "done", "")


def test_a_call_past_an_edge_is_found_and_named(environment):
    code, last, _ = call(_kernels.selected_isa(), ["overrun"], environment)

    assert (code, last) == (-signal.SIGSEGV, "overrun 0 end")
