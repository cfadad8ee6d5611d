"""Classes that differ in how they are written alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fernet.datasets import load_image_folder, load_image_list
from fernet.datasets._spelling import written_alike


@pytest.mark.parametrize(
    "name", ["Calm", "CALM", "calm.", " calm", "calm "], ids=ascii
)  # fmt: skip
def test_case_spaces_and_a_full_stop_make_no_other_name(name):
    assert written_alike([name, "calm", "tense"]) in ({name: "calm"}, {"calm": name})


@pytest.mark.parametrize("other", ["very calm", "very  calm", "Very_Calm"])
def test_words_are_parted_in_one_way_or_another(other):
    assert len(written_alike(["very_calm", other])) == 1
    assert written_alike([other, "verycalm"]) == {}


def test_accents_are_the_same_however_they_are_coded():
    name = "g\xe9n\xe9"
    assert len(written_alike([name, unicodedata.normalize("NFD", name)])) == 1


@given(st.sets(st.sampled_from(["1", "-1", "+1", "1.5", "15", "a", "b", "a-b", "ab", "calm"])))
def test_names_that_say_something_else_are_not_alike(names):
    assert written_alike(names) == {}


@given(st.lists(st.text("aAbB _.", min_size=1, max_size=4), unique=True))
def test_what_is_told_makes_all_names_different(names):
    alike = written_alike(names)
    assert written_alike({alike.get(name, name) for name in names}) == {}


def test_loaders_warn_of_them_and_class_names_makes_one_of_them(tmp_path):
    for name in ("Calm", "calm", "tense"):
        (tmp_path / name).mkdir()
        Image.new("L", (48, 48)).save(tmp_path / name / "a.png")
    said = r"the folders 'Calm' and 'calm' differ .*; class_names=\{'Calm': 'calm'\} makes one"
    with pytest.warns(UserWarning, match=said):
        load_image_folder(tmp_path)
    faces = load_image_folder(tmp_path, class_names={"Calm": "calm"})
    assert faces.target_names == ["calm", "tense"]

    table = tmp_path / "labels.csv"
    table.write_text("image,label\ncalm/a.png,tense\nCalm/a.png,Tense\n")
    with pytest.warns(UserWarning, match="the labels 'Tense' and 'tense' differ"):
        load_image_list(table)
