"""A file is written whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from fernet._io.files import atomic_writer


class Interrupted(BaseException):
    """Stands for whatever may stop a program, Ctrl-C included."""


def test_the_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "model"

    with atomic_writer(path) as file:
        file.write(b"first half, ")
        assert not path.exists()
        file.write(b"second half")

    assert path.read_bytes() == b"first half, second half"
    assert os.listdir(tmp_path) == ["model"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"old")

    with pytest.raises(Interrupted), atomic_writer(path) as file:
        file.write(b"new")
        raise Interrupted

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_text_keeps_its_newlines_and_is_utf_8(tmp_path):
    with atomic_writer(tmp_path / "note", text=True) as file:
        file.write("é\r\n\n")

    assert (tmp_path / "note").read_bytes() == "é\r\n\n".encode()


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_permissions_follow_the_umask_and_then_the_file_replaced(tmp_path):
    path = tmp_path / "model"
    before = os.umask(0o022)
    try:
        with atomic_writer(path) as file:
            file.write(b"x")
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        path.chmod(0o600)
        with atomic_writer(path) as file:
            file.write(b"y")
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need rights on Windows")
def test_a_symbolic_link_stays_one(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)

    with atomic_writer(link) as file:
        file.write(b"new")

    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder"), atomic_writer(tmp_path):
        pass


def test_a_missing_folder_is_not_made(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_writer(tmp_path / "missing" / "model"):
        pass
