"""A file is written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
import tracemalloc
from pathlib import Path

import pytest

from fernet._io import files
from fernet._io.files import atomic_writer, check_room, read_at_most, replace
from fernet._io.locks import locked, try_lock


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
    with (
        pytest.raises(FileNotFoundError, match=r"The folder of this file is not there: '.*model'$"),
        atomic_writer(tmp_path / "missing" / "model"),
    ):
        pass


def test_a_link_to_a_missing_folder_says_so_too(tmp_path):
    (tmp_path / "model").symlink_to(tmp_path / "missing" / "model")
    with (
        pytest.raises(FileNotFoundError, match=r"The folder of this file is not there: '.*model'$"),
        atomic_writer(tmp_path / "model"),
    ):
        pass


def test_the_error_names_the_file_that_was_asked_for(tmp_path):
    path = tmp_path / "missing" / "model"
    with pytest.raises(FileNotFoundError) as caught, atomic_writer(path):
        pass

    assert caught.value.filename == str(path)


needs_posix = pytest.mark.skipif(os.name != "posix", reason="pipes and devices as POSIX has them")


def is_unchanged(path, before):
    after = os.lstat(path)
    return (after.st_ino, stat.S_IFMT(after.st_mode)) == (
        before.st_ino,
        stat.S_IFMT(before.st_mode),
    )


@needs_posix
def test_a_pipe_is_written_into(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    before = os.lstat(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    with atomic_writer(path) as file:
        file.write(b"through")

    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert is_unchanged(path, before)
    assert os.listdir(tmp_path) == ["pipe"]


@needs_posix
def test_a_device_is_written_into_also_by_way_of_a_link(tmp_path):
    # A terminal, and not /dev/null, which a writer that goes wrong could take away.
    reader, terminal = os.openpty()
    device, link = os.ttyname(terminal), tmp_path / "link"
    link.symlink_to(device)
    before = os.lstat(link), os.lstat(device)

    for path in (link, device):
        with atomic_writer(path, text=True) as file:
            file.write("shown")
        assert os.read(reader, 100) == b"shown"

    assert is_unchanged(link, before[0])
    assert is_unchanged(device, before[1])
    os.close(reader)
    os.close(terminal)
    assert os.listdir(tmp_path) == ["link"]


@needs_posix
@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}", "link"])
def test_an_open_file_is_gone_on_with_where_it_stands(tmp_path, name):
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    target = name.format(descriptor)
    if name == "link":
        target = tmp_path / "link"
        target.symlink_to(f"/dev/fd/{descriptor}")
    elif not os.path.exists(target):
        pytest.skip(f"no {target} here")
    os.write(descriptor, b"before, ")

    with atomic_writer(target) as file:
        file.write(b"within, ")
    os.write(descriptor, b"behind")
    os.close(descriptor)

    assert path.read_bytes() == b"before, within, behind"


@needs_posix
def test_a_closed_number_is_named():
    with pytest.raises(OSError, match="/dev/fd/987"), atomic_writer("/dev/fd/987"):
        pass


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_device_is_named():
    named = pytest.raises(OSError, match="/dev/full")
    with named as caught, atomic_writer("/dev/full") as file:
        file.write(b"x")

    assert caught.value.errno == errno.ENOSPC


@needs_posix
def test_a_link_that_leads_to_nothing_gets_its_file(tmp_path):
    (tmp_path / "link").symlink_to("file")

    with atomic_writer(tmp_path / "link") as file:
        file.write(b"x")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"x"


@needs_posix
def test_a_link_to_itself_is_refused_and_stays(tmp_path):
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(OSError, match="loop"), atomic_writer(tmp_path / "loop"):
        pass

    assert (tmp_path / "loop").is_symlink()


@needs_posix
def test_a_folder_that_may_not_be_looked_at_is_written_into(tmp_path):
    folder = tmp_path / "drop box"
    folder.mkdir()
    folder.chmod(0o300)
    try:
        with atomic_writer(folder / "model") as file:
            file.write(b"x")
    finally:
        folder.chmod(0o700)

    assert (folder / "model").read_bytes() == b"x"


@pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")
def test_what_killed_writers_left_is_cleared_and_what_is_being_written_is_not(tmp_path):
    path = tmp_path / "model"
    left = tmp_path / ".model.0123456789ab.tmp"
    left.write_bytes(b"half")
    others = [tmp_path / name for name in (".other.0123456789ab.tmp", ".model.note.tmp", "x.tmp")]
    for other in others:
        other.write_bytes(b"somebody's")

    with atomic_writer(path) as first:
        first.write(b"first")
        assert not left.exists()
        with atomic_writer(path) as second:
            second.write(b"second")

    assert path.read_bytes() == b"first"
    assert sorted(tmp_path.iterdir()) == sorted([path, *others])


@pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")
def test_a_file_that_another_is_about_to_clear_is_not_written_into(tmp_path, monkeypatch):
    path, taken = tmp_path / "model", []

    def while_another_has_it(descriptor, **options):
        monkeypatch.setattr(files, "try_lock", try_lock)
        (temporary,) = tmp_path.glob(".*.tmp")
        other = os.open(temporary, os.O_WRONLY)
        assert try_lock(other)
        taken.append((temporary, other))
        return try_lock(descriptor, **options)

    monkeypatch.setattr(files, "try_lock", while_another_has_it)
    with atomic_writer(path) as file:
        ((temporary, other),) = taken
        temporary.unlink(missing_ok=True)
        os.close(other)
        file.write(b"whole")

    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")
def test_what_is_cleared_is_locked_until_it_is_gone(tmp_path, monkeypatch):
    left, held = tmp_path / ".model.0123456789ab.tmp", []
    left.write_bytes(b"half")
    unlink = Path.unlink

    def watched(path, missing_ok=False):
        probe = os.open(path, os.O_WRONLY)
        held.append(not try_lock(probe))
        os.close(probe)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    files.clear_leftovers(tmp_path / "model")

    assert held == [True]
    assert not left.exists()


def test_room_is_checked_without_a_trace(tmp_path):
    check_room(tmp_path / "model", 1 << 16)

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError) as caught:
        check_room(tmp_path / "missing" / "model", 1)
    assert caught.value.filename == str(tmp_path / "missing" / "model")


@pytest.mark.skipif(os.name != "posix", reason="limits as POSIX has them")
def test_too_little_room_is_found_before_and_named(tmp_path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 12, before[1]))
    try:
        with pytest.raises(OSError, match="model") as caught:
            check_room(tmp_path / "model", 1 << 16)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert caught.value.errno == errno.EFBIG
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_open_for_a_moment_is_replaced_after_it(tmp_path, monkeypatch):
    (tmp_path / "new").write_bytes(b"new")
    calls, really = [], os.replace

    def held_twice(source, target):
        calls.append(source)
        if len(calls) < 3:
            raise PermissionError(errno.EACCES, "a virus scanner reads it")
        really(source, target)

    monkeypatch.setattr(files, "_REPLACE_ATTEMPTS", 3)
    monkeypatch.setattr(files, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(os, "replace", held_twice)
    replace(tmp_path / "new", tmp_path / "model")
    assert len(calls) == 3
    assert (tmp_path / "model").read_bytes() == b"new"


def test_a_file_that_stays_open_is_an_error_that_names_the_target(tmp_path, monkeypatch):
    def held(source, target):
        raise PermissionError(errno.EACCES, "it is open")

    monkeypatch.setattr(os, "replace", held)
    path = tmp_path / "model"
    with pytest.raises(PermissionError) as caught, atomic_writer(path) as file:
        file.write(b"new")
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_where_no_room_can_be_asked_for_it_is_tried(tmp_path, monkeypatch, number):
    def unknown(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", unknown, raising=False)

    check_room(tmp_path / "model", (1 << 20) + 1)

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_where_room_can_be_asked_for(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)

    with pytest.raises(OSError, match="model") as caught:
        check_room(tmp_path / "model", 1)
    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, 4096, (1 << 20) + 1])
def test_a_file_is_read_whole_unless_it_is_larger_than_it_may_be(tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "model").write_bytes(content)

    assert read_at_most(tmp_path / "model", size) == content
    with pytest.raises(ValueError, match=f"larger than {size} bytes"):
        (tmp_path / "model").write_bytes(content + b"x")
        read_at_most(tmp_path / "model", size)


def test_reading_takes_the_memory_of_the_file_and_not_of_the_limit(tmp_path):
    (tmp_path / "model").write_bytes(b"small")
    tracemalloc.start()
    try:
        assert read_at_most(tmp_path / "model", 1 << 62) == b"small"
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names, as POSIX has them")
def test_a_pipe_is_read_to_its_end(tmp_path):
    content = os.urandom(3 << 20)
    os.mkfifo(tmp_path / "pipe")
    for most, whole in ((len(content), True), (len(content) - 1, False)):
        writer = threading.Thread(target=_write_into, args=(tmp_path / "pipe", content))
        writer.start()
        if whole:
            assert read_at_most(tmp_path / "pipe", most) == content
        else:
            with pytest.raises(ValueError, match="the most that is read"):
                read_at_most(tmp_path / "pipe", most)
        writer.join()


def _write_into(pipe, content):
    with contextlib.suppress(BrokenPipeError):
        pipe.write_bytes(content)


@pytest.mark.parametrize("letter", ["x", "\u7b11", "\N{GRINNING FACE}"])
def test_a_name_may_be_as_long_as_the_system_lets_it(tmp_path, letter):
    path = tmp_path / (letter * (251 // len(letter.encode())) + ".csv")

    with locked(path), atomic_writer(path, text=True) as file:
        file.write("whole")

    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_what_has_no_room_is_named_and_other_errors_are_left_alone(tmp_path):
    for number, name in ((errno.ENOSPC, str(tmp_path / "x")), (errno.EACCES, None)):
        with pytest.raises(OSError) as caught, atomic_writer(tmp_path / "x"):  # noqa: PT011
            raise OSError(number, "of an encoder")
        assert caught.value.filename == name
