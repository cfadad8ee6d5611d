"""Images that belong together, by the names of their files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets import groups_from_names


@pytest.mark.parametrize(
    ("pattern", "name", "group"),
    [
        ("S[0-9]+", "anger/S010_004_00000017.png", "S010"),
        ("[AB]([FM][0-9]+)", "KDEF/AF01/AF01ANS.JPG", "F01"),
        ("^[^/]+", "Ann/happy/1.png", "Ann"),
        ("(KA)|(MK)", "MK.AN1.39.tiff", "MK"),
        ("_(p[0-9]+)_(s[0-9]+)_", "a_p3_s2_7.png", "p3/s2"),
    ],
)
def test_what_the_pattern_or_its_parentheses_match_is_the_group(pattern, name, group):
    assert groups_from_names([name, Path(name)], pattern).tolist() == [group, group]


@given(st.lists(st.integers(0, 99), min_size=1))
def test_groups_come_in_the_order_of_the_files(people):
    names = [f"film {number}/person{person}_.png" for number, person in enumerate(people)]
    assert groups_from_names(names, "person([0-9]+)").tolist() == list(map(str, people))


def test_the_path_of_the_folder_itself_is_not_searched(tmp_path):
    root = tmp_path / "S99"
    files = [root / "sad" / "S1.png", root / "sad" / "S2.png"]
    assert groups_from_names(files, "S[0-9]+", root).tolist() == ["S1", "S2"]
    assert groups_from_names(files, "S[0-9]+").tolist() == ["S99", "S99"]


@pytest.mark.parametrize("pattern", ["X", "S?", "(X)?"])
def test_a_path_that_does_not_tell_is_named(pattern):
    with pytest.raises(ValueError, match=r"finds nothing in 'sad/1.png'"):
        groups_from_names(["sad/1.png"], pattern)


def test_what_is_no_pattern_is_refused():
    with pytest.raises(ValueError, match=r"'S\[0-9' is no regular expression: unterminated"):
        groups_from_names(["a.png"], "S[0-9")


def test_the_roots_own_path_is_not_searched_however_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    relative = ["S99/ck/anger/S010_1.png", "S99/ck/happy/S011_2.png"]
    absolute = [str(tmp_path / name) for name in relative]
    for names in (relative, absolute, [name.removeprefix("S99/ck/") for name in relative]):
        for root in ("S99/ck", tmp_path / "S99/ck", "S99/../S99/ck/", Path("S99") / "ck"):
            assert groups_from_names(names, "S[0-9]+", root=root).tolist() == ["S010", "S011"]
    with pytest.raises(ValueError, match=r"root is 'other', which does not hold .*S010_1"):
        groups_from_names(absolute, "S[0-9]+", root="other")
