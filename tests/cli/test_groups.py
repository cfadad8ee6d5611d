"""``--groups``: nobody is learnt and held out as well."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image
from sklearn.utils import Bunch

from fernet import FERMLPClassifier, load_model
from fernet.cli.data import load_for_training
from fernet.cli.errors import BAD_INPUT, InputError
from fernet.cli.faces import Faces
from fernet.cli.groups import find_groups, remark_on_names, split_by_group

SMALL = ["--epochs", 1, "--hidden", 8, "--quiet"]
TAG = 0
"""A pixel of each image that tells its person."""


@pytest.fixture
def people(tmp_path, faces):
    """Folders of twelve people's faces, two of each and each class; ``person_<n>`` in the names."""
    folder = tmp_path / "people"
    for number, (emotion, person, take) in enumerate(np.ndindex(3, 12, 2)):
        image = faces.images[number].copy()
        image.flat[TAG] = 20 * person
        path = folder / ("calm", "tense", "bored")[emotion] / f"person_{person}_{take}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder


def persons(data):
    return set(data.reshape(len(data), -1)[:, TAG].tolist())


def faces_of(target, groups):
    target = np.array(target)
    data = np.zeros((len(target), 4), np.uint8)
    names = [f"class {label}" for label in range(target.max() + 1)]
    return Faces("own", "all", data, target, names, (2, 2), groups=np.array(groups, str))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=4, max_size=60),
    st.sampled_from([0.1, 0.2, 0.5]),
    st.integers(0, 5),
)
def test_no_group_is_on_both_sides_and_every_class_is_learnt(pairs, share, seed):
    target, groups = zip(*pairs, strict=True)
    faces = faces_of(target, groups)
    only = [set(faces.groups[faces.target == label]) for label in set(target)]
    always = set().union(*(names for names in only if len(names) == 1))
    assume(set(faces.groups) - always)
    rows, held_out = split_by_group(faces, share, seed)
    assert sorted([*rows, *held_out]) == list(range(len(target)))
    assert len(held_out)
    assert not set(faces.groups[rows]) & set(faces.groups[held_out])
    assert set(faces.target[rows]) == set(target)
    assert not set(faces.groups[held_out]) & always


@pytest.mark.parametrize(
    ("groups", "remark"),
    [
        (["P01", "P01", "p01", "P02"], "'P01' and 'p01' differ in how they are written alone"),
        (["a", "a", "b", ""], "1 of 4 images name no group"),
        (["a.png", "b.png", "c.png"], "each image is a group of its own"),
        (["a", "a", "b", "b"], None),
        (["", ""], "2 of 2 images name no group"),
    ],
)
def test_groups_that_may_not_be_what_they_seem_are_told(groups, remark):
    told = remark_on_names(np.array(groups))
    assert told == "" if remark is None else remark in told


def test_about_the_share_asked_for_is_held_out_of_each_class():
    target, groups = np.repeat(np.arange(4), 100), np.tile(np.arange(50), 8)
    faces = faces_of(target, groups)
    held_out = split_by_group(faces, 0.2, 0)[1]
    np.testing.assert_allclose(np.bincount(target[held_out]), 20, atol=2)
    assert split_by_group(faces, 0.2, 1)[1].tolist() != held_out.tolist()
    assert split_by_group(faces, 0.2, 0)[1].tolist() == held_out.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_people_who_show_one_emotion_each_are_held_out_of_each_class(seed):
    target = np.repeat(np.arange(4), 50)
    faces = faces_of(target, np.arange(200) // 5)
    held_out = split_by_group(faces, 0.2, seed)[1]
    np.testing.assert_array_equal(np.bincount(target[held_out]), 10)


@pytest.mark.parametrize(
    ("groups", "held_out"),
    [("abcc", {"a", "b"}), ("abab", {"a", "b"}), ("abcb", {"a", "c"}), ("aaab", {"b"})],
)
def test_who_has_all_images_of_a_class_is_learnt(groups, held_out):
    faces = faces_of([0, 0, 1, 1], list(groups))
    found = [set(faces.groups[split_by_group(faces, 0.2, seed)[1]]) for seed in range(20)]
    assert set().union(*found) <= held_out


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("aaaa", "own has 1, such as 'a', of which none"),
        ("aabb", "in own the groups, such as 'a', are the labels"),
    ],
)
def test_groups_none_of_which_can_be_held_out_are_told(groups, message):
    with pytest.raises(InputError, match=message):
        split_by_group(faces_of([0, 0, 1, 1], list(groups)), 0.2, 0)


def test_a_single_group_is_held_out_where_more_would_take_all_of_a_class():
    faces = faces_of([0, 0, 1, 1], ["a", "b", "c", "d"])
    for seed in range(6):
        rows, held_out = split_by_group(faces, 0.5, seed)
        assert set(faces.target[rows]) == {0, 1}
        assert 1 <= len(held_out) <= 2


def test_a_test_is_of_other_people(people):
    training, test = load_for_training(people, seed=0, groups="person_[0-9]+")
    assert not persons(training.data) & persons(test.data)
    counts = len(persons(training.data)), len(persons(test.data))
    assert training.notes == [
        "groups: {} to learn from, {} to test on, none in both".format(*counts)
    ]
    training, test = load_for_training(people, seed=0)
    assert persons(training.data) & persons(test.data)


@pytest.mark.parametrize("patience", [[], ["--patience", 0, "--validation-fraction", 0.1]])
def test_a_validation_is_of_other_people_as_well(run, people, monkeypatch, patience):
    seen = {}
    fit = FERMLPClassifier.fit

    def spy(self, X, y, **given):
        seen.update(given, X=X)
        return fit(self, X, y, **given)

    monkeypatch.setattr(FERMLPClassifier, "fit", spy)
    options = ["--data", people, "--groups", "person_[0-9]+", *SMALL, *patience]
    result = run("train", *options, "--out", "a")
    assert result.exit_code == 0, result.output
    assert " groups tell: " in result.stdout
    assert persons(seen["X"])
    assert persons(seen["X_val"])
    assert not persons(seen["X"]) & persons(seen["X_val"])

    again = run("train", "--config", "a/config.toml", "--out", "b", "--quiet")
    assert again.exit_code == 0, again.output
    np.testing.assert_array_equal(
        *(load_model(f"{name}/model.safetensors").network_.values for name in "ab")
    )


def test_a_validation_is_by_chance_where_no_group_can_be_spared(run, people):
    for path in people.rglob("person_*"):
        if not path.name.startswith(("person_0_", "person_1_")):
            path.unlink()
    # One of the two is tested on, and all others are of one person.
    options = ["--validation-fraction", 0.4, "--epochs", 1, "--hidden", 8, "--out", "a"]
    result = run("train", "--data", people, "--groups", "person_[0-9]+", *options)
    assert result.exit_code == 0, result.output
    assert "groups: 1 to learn from, 1 to test on, none in both" in result.stderr
    assert "images to validate on are taken by chance. --groups: people has 1" in result.stderr


def test_a_sweep_judges_by_other_people(run, people, monkeypatch):
    from fernet.cli.sweep import command

    seen = []
    split = command.Samples.split
    monkeypatch.setattr(
        command.Samples, "split", lambda *given: seen.append(split(*given)) or seen[-1]
    )
    options = ["--data", people, "--groups", "person_[0-9]+", "--epochs", 1, "--hidden", 8]
    result = run("sweep", *options, "--grid", "dropout=0,0.1", "--out", "sweep")
    assert result.exit_code == 0, result.output
    assert not persons(seen[0].X) & persons(seen[0].X_val)
    assert len(persons(seen[0].X_val))


def table_of(people, header, who):
    files = sorted(people.rglob("*.png"))
    rows = [f"{file.relative_to(people)},{who(file)},{file.parent.name}" for file in files]
    table = people / "labels.csv"
    table.write_text("\n".join([f"image,{header},emotion", *rows]) + "\n")
    return table


@pytest.mark.parametrize("options", [[], ["--groups", "who"]])
def test_a_table_s_column_tells_the_people(run, people, options):
    header = "who" if options else "subject"
    table = table_of(people, header, lambda file: file.stem.split("_")[1])
    training, test = load_for_training(table, seed=0, groups=options[1] if options else None)
    assert len(set(training.groups)) + len(set(test.groups)) == 12
    assert not persons(training.data) & persons(test.data)


def test_a_pattern_counts_more_than_a_column(people):
    table = table_of(people, "subject", lambda file: file.parent.name)
    training, test = load_for_training(table, seed=0, groups="person_[0-9]+")
    assert not persons(training.data) & persons(test.data)


@pytest.mark.parametrize("column", ["who", None])
def test_so_does_a_column_of_parquet(people, tmp_path, column):
    without = 'pyarrow is not installed: pip install "fernet-emotion[parquet]"'
    arrow = pytest.importorskip("pyarrow", reason=without)
    parquet = pytest.importorskip("pyarrow.parquet", reason=without)
    files = sorted(people.rglob("*.png"))
    columns = {
        "image": [{"bytes": file.read_bytes(), "path": file.name} for file in files],
        "label": [file.parent.name for file in files],
        column or "subject": [file.stem.split("_")[1] for file in files],
    }
    parquet.write_table(arrow.table(columns), tmp_path / "faces.parquet")
    training, test = load_for_training(tmp_path / "faces.parquet", seed=0, groups=column)
    assert not persons(training.data) & persons(test.data)


def test_chance_decides_where_the_user_says_so_or_a_column_is_of_no_use(people):
    of_many = table_of(people, "subject", lambda file: file.stem.split("_")[1])
    training, test = load_for_training(of_many, seed=0, groups="")
    assert persons(training.data) & persons(test.data)

    of_one = table_of(people, "subject", lambda file: "me")
    assert load_for_training(of_one, seed=0)[1].groups is None
    with pytest.raises(InputError, match=r"labels\.csv has 1, such as 'me'"):
        load_for_training(of_one, seed=0, groups="subject")


def test_a_split_of_its_own_that_parts_nobody_is_remarked_on(tmp_path, people):
    for name in ("train", "test"):
        for path in people.rglob("*.png"):
            place = tmp_path / "split" / name / path.parent.name / path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    training, _ = load_for_training(tmp_path / "split", seed=0, groups="person_[0-9]+")
    assert training.notes[-1].startswith("12 of 12 groups that are tested on are learnt from")


@pytest.mark.parametrize(
    ("data", "groups", "message"),
    [
        (["--data", "PEOPLE"], "subject", "--groups: pattern 'subject' finds nothing in 'bored/"),
        (["--data", "PEOPLE"], "[", "--groups: pattern '[' is no regular expression"),
        (["--data", "CSV"], "S1", "--groups goes by the files of images"),
        ([], "S1", "--groups is about the images of --data, which is not given"),
    ],
)
def test_groups_that_are_not_to_be_told_are_refused(run, people, fer_csv, data, groups, message):
    data = [{"PEOPLE": people, "CSV": fer_csv}.get(each, each) for each in data]
    result = run("train", *data, "--groups", groups, *SMALL)
    assert result.exit_code == BAD_INPUT
    assert message in result.stderr


def test_nobody_known_is_learnt(tmp_path):
    faces = faces_of([0, 0, 0, 1, 1, 1], ["a", "", "b", "a", "", "b"])
    for seed in range(6):
        _, held_out = split_by_group(faces, 0.5, seed)
        assert "" not in faces.groups[held_out]


def test_a_folder_that_all_paths_of_a_table_share_tells_nothing(tmp_path):
    names = [f"/home/S01/faces/S{i:02}.png" for i in range(2, 4)]
    bunch = {"filenames": names}
    found = find_groups(tmp_path / "faces.csv", Bunch(**bunch), "S[0-9]+")
    assert found.tolist() == ["S02", "S03"]


def test_a_group_of_all_is_remarked_on():
    assert "all 3 images are of one group, 'age'" in remark_on_names(np.array(["age"] * 3))


def test_labels_are_no_groups(run, people):
    groups = "calm|tense|bored"
    result = run("train", "--data", people, "--groups", groups, *SMALL)
    assert result.exit_code == BAD_INPUT
    assert "the groups, such as 'bored', are the labels, one a class" in result.stderr


def test_numbers_of_fer2013_s_own_file_are_in_no_doubt(tmp_path, fer_csv):
    header, *lines = fer_csv.read_text().splitlines()
    told = [f"{header},subject", *(f"{line},{number % 20}" for number, line in enumerate(lines))]
    (tmp_path / "fer2013.csv").write_text("\n".join(told))

    training, _ = load_for_training(tmp_path / "fer2013.csv", seed=0, groups="subject")

    assert len(set(training.groups)) == 20
    assert not any("are taken for" in note for note in training.notes)


def test_a_file_s_groups_have_to_be_text(run):
    Path("run.toml").write_text(f"groups = {json.dumps(['a'])}\n")
    result = run("train", "--config", "run.toml")
    assert result.exit_code == BAD_INPUT
    assert "groups is ['a']; expected a regular expression" in result.stderr
