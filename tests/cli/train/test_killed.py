"""A training that is killed, over and over, loses nothing; more kills by hand, in the script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="wants a kill that nothing follows")
def test_a_training_that_is_killed_again_and_again_ends_as_one_that_ran_through():
    script = Path(__file__).with_name("kill_trainings.py")

    done = subprocess.run(
        [sys.executable, "-P", str(script), "3"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("equal to the bit after 3 kills\n")
