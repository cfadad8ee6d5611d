"""One process at a time writes a file."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from fernet._io.locks import locked

pytestmark = pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")


def test_a_second_is_refused_by_the_files_name_and_may_come_afterwards(tmp_path):
    path = tmp_path / "rows"
    with (
        locked(path),
        pytest.raises(BlockingIOError, match="another process is writing it") as caught,
        locked(path),
    ):
        pass
    assert caught.value.filename == str(path)
    with locked(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path):
    script = (
        "import os, sys\nfrom fernet._io.locks import locked\n"
        "with locked(sys.argv[1]):\n    os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "rows"], check=False)
    assert done.returncode == -9
    assert [path.name for path in tmp_path.iterdir()] == [".rows.lock"]
    with locked(tmp_path / "rows"):
        pass
    assert list(tmp_path.iterdir()) == []
