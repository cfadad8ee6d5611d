"""What a command reads is not written over."""

from __future__ import annotations

from pathlib import Path

import pytest

from fernet.cli.errors import InputError
from fernet.cli.originals import Originals, check_is_own


@pytest.fixture
def place(tmp_path, monkeypatch):
    for name in ("photos/happy", "out"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "me.jpg").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "target", ["me.jpg", "./out/../me.jpg", "photos", "photos/happy/new.png", "out/link/a.png"]
)
def test_originals_and_what_would_lie_among_them_are_refused(place, target):
    (place / "out" / "link").symlink_to("../photos/happy")
    with pytest.raises(InputError, match=r"^--out out: .* would be written over$"):
        Originals([Path("me.jpg"), Path("photos")]).check(Path(target), "--out out")


@pytest.mark.parametrize("target", ["out/me.jpg", "photo", "photos2/a.png", "you.jpg", "."])
def test_all_else_may_be_written(place, target):
    Originals([Path("me.jpg"), place / "photos"]).check(Path(target), "--out out")


@pytest.mark.parametrize(("text", "is_refused"), [("others", True), ("own", False), ("", False)])
def test_files_that_another_wrote_are_refused(place, text, is_refused):
    file = place / "a.txt"
    file.write_text(text)

    def check():
        check_is_own(file, "--out a.txt", "fernet x", lambda start: start == b"own")

    if is_refused:
        with pytest.raises(InputError, match=r"^--out a.txt: .* fernet x did not write it; name"):
            check()
    else:
        check()


def test_what_is_no_file_of_anybodys_is_not_looked_into(place):
    for target in (place / "none.txt", Path("/dev/null")):
        check_is_own(target, "--out", "fernet x", lambda start: False)
