"""Files that a folder is filled with: what was left there is cleared, and looked for once."""

from __future__ import annotations

import os

import pytest

from fernet._io.many_files import ManyFiles


@pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")
def test_many_files_are_cleared_of_what_was_left_and_looked_for_once(tmp_path, monkeypatch):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    left = [tmp_path / "old" / f".{name}.0123456789ab.tmp" for name in ("a", "c", "mine")]
    for path in left:
        path.write_bytes(b"half")
    looked, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(str(path)) or scandir(path))

    writer = ManyFiles()
    for path in [tmp_path / folder / name for folder in ("new", "old") for name in "abcdef"]:
        with writer.open(path) as file:
            file.write(b"whole")

    assert looked.count(str(tmp_path / "new")) == 1
    assert looked.count(str(tmp_path / "old")) == 3  # once more for each of which there was a half
    assert [path.exists() for path in left] == [False, False, True]
    assert {path.read_bytes() for path in tmp_path.glob("*/?")} == {b"whole"}
