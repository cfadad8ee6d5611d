"""One process at a time writes a file."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from fernet._io import locks
from fernet._io.locks import locked, try_lock


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
    assert done.returncode in (-9, 9)  # the latter on Windows
    assert [path.name for path in tmp_path.iterdir()] == [".rows.lock"]
    with locked(tmp_path / "rows"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_free", [True, False])
def test_on_windows_a_byte_far_behind_the_end_is_locked(tmp_path, monkeypatch, is_free):
    places = []

    def locking(descriptor, mode, n_bytes):
        places.append((os.lseek(descriptor, 0, os.SEEK_CUR), mode, n_bytes))
        if not is_free:
            raise PermissionError(13, "Permission denied")

    windows = SimpleNamespace(LK_NBLCK=2, locking=locking)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(locks, "msvcrt", windows, raising=False)
    with open(tmp_path / "rows", "wb") as file:
        file.write(b"rows")
        file.flush()
        assert try_lock(file.fileno()) is is_free
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 4
    assert places == [(2**31 - 2, 2, 1)]
    assert (tmp_path / "rows").stat().st_size == 4


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_holds_nobody_up(tmp_path, monkeypatch, number):
    def no_locks(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locks, "_lock", no_locks)
    with open(tmp_path / "rows", "wb") as file:
        assert not try_lock(file.fileno())
        assert try_lock(file.fileno(), where_there_are_none=True)
    with locked(tmp_path / "rows"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
