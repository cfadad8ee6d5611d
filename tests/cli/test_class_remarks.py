"""What names of classes leave in doubt is remarked on."""

from __future__ import annotations

import pytest

from fernet.cli.class_remarks import remark_on_classes
from fernet.cli.data import load_for_evaluation, load_for_training


@pytest.mark.parametrize(
    "names",
    [
        ["AF01", "AF02", "BM35"],
        ["S005", "S010"],
        ["001", "002"],
        ["P_1", "P_2"],
        ["person 1", "person 2"],
        ["Aligned", "original"],
        [str(number) for number in range(1, 40)],
    ],
)
def test_people_and_parts_of_a_data_set_are_hardly_classes(names):
    said = remark_on_classes(names)
    assert said.startswith(f"the classes {', '.join(names[:4])}")
    assert "look like people, films or parts of a data set" in said
    assert (", ... look" in said) == (len(names) > 4)


@pytest.mark.parametrize(
    "names",
    [
        ["calm", "tense"],
        ["AF01", "calm"],
        ["original", "funny"],
        ["0_calm", "1_tense"],
        ["Wut", "Freude"],
        ["1"],
        ["-1", "1"],
        [],
    ],
)
def test_words_are_not_remarked_on(names):
    assert remark_on_classes(names) == ""


def test_numbers_alone_are_remarked_on_until_they_are_explained(tmp_path, write_images, faces):
    numbers = [str(label + 1) for label in faces.target]
    write_images(tmp_path, faces.images, numbers)
    training, _ = load_for_training(tmp_path, seed=0)
    assert training.notes[0].startswith("the classes 1, 2, 3, 4, 5, 6, 7 are called by numbers al")
    assert '--labels "1=?,2=?,3=?,4=?,5=?,6=?,7=?"' in training.notes[0]
    assert load_for_evaluation(tmp_path, None).notes == training.notes[:1]
    named = load_for_evaluation(tmp_path, None, {number: f"mood {number}" for number in numbers})
    assert named.notes == []
