"""What a walk leaves out is counted and said."""

from __future__ import annotations

from pathlib import Path

from fernet.datasets._left_out import LeftOut


def filled(*names) -> LeftOut:
    left_out = LeftOut()
    for name in names:
        left_out.add(Path(name))
    return left_out


def test_nothing_left_out_is_nothing_to_say():
    assert (LeftOut().count, LeftOut().remark()) == (0, "")


def test_one_file():
    assert filled("f").remark() == (
        "1 file left out, which is no picture (1 without an ending; the first: f)"
    )


def test_kinds_are_counted_the_most_frequent_first():
    left_out = filled("a.txt", "b.MP4", "c.mp4", "d.e", "f.g", "h.i")
    assert left_out.count == 6
    assert left_out.remark() == (
        "6 files left out, which are no pictures (2 .mp4, 1 .txt, 1 .e, 1 .g, ...; "
        "the first: a.txt)"
    )


def test_pictures_that_lie_beside_are_told_apart():
    left_out = filled("a.txt")
    left_out.add_stray(Path("b.jpg"))
    left_out.add_stray(Path("c.jpg"))
    other = filled("d.txt")
    other.join(left_out)
    assert other.count == 4
    assert other.remark() == (
        "2 files left out, which are no pictures (2 .txt; the first: d.txt); "
        "2 pictures left out, which lie in no class's folder (the first: b.jpg)"
    )


def test_folders_are_told_apart(tmp_path):
    left_out = filled("a.txt")
    left_out.add(tmp_path)
    other = filled("b.txt")
    other.join(left_out)
    assert (left_out.count, other.count) == (2, 3)
    assert other.remark().endswith(
        f"; 1 folder left out, closed to this user or a link (the first: {tmp_path})"
    )
