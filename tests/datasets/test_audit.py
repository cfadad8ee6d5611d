"""What an audit finds in a data set made for it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.utils import Bunch

from fernet.datasets import audit


@pytest.fixture
def dataset():
    """Twelve unlike faces with duplicates, twins and blanks put among them.

    0 and 3 are equal with one label, 1 and 4 equal with two; 8, in the other split, equals 0;
    9, there too, is a brighter mirror image of 2; 5 and 10 are black and 6 is grey.
    """
    rng = np.random.default_rng(0)
    data = rng.integers(0, 120, (12, 48, 48), dtype=np.uint8)
    target = np.array([0, 1, 2, 0, 5, 4, 4, 6, 0, 3, 4, 1])
    data[3] = data[8] = data[0]
    data[4] = data[1]
    data[9] = data[2, :, ::-1] * 2
    data[5] = data[10] = 0
    data[6] = 127
    data = data.reshape(12, -1)
    usage = np.repeat(["Training", "PublicTest"], [8, 4])
    return Bunch(data=data, images=data.reshape(-1, 48, 48), target=target, usage=usage)


def as_lists(groups):
    return [group.tolist() for group in groups]


def test_exact_duplicates_are_grouped_and_conflicts_told(dataset):
    report = audit(dataset)
    assert as_lists(report.exact_groups) == [[0, 3, 8], [1, 4], [5, 10]]
    assert as_lists(report.conflicting_groups) == [[1, 4]]
    assert report.n_exact_duplicates == 4


def test_blank_images_are_listed_and_the_black_among_them(dataset):
    report = audit(dataset)
    assert report.blank.tolist() == [5, 6, 10]
    assert report.black.tolist() == [5, 10]


def test_near_duplicates_are_pairs_with_their_likeness(dataset):
    report = audit(dataset)
    assert report.near_pairs.tolist() == [[2, 9]]
    assert report.near_similarity[0] > 0.99
    assert report.near_mirrored.tolist() == [True]
    assert report.near_conflicting.tolist() == [True]
    assert as_lists(report.near_groups) == [[2, 9]]
    assert report.near_complete
    assert len(audit(dataset, mirrored=False).near_pairs) == 0
    assert len(audit(dataset, near_threshold=None).near_pairs) == 0


def test_leaks_count_images_of_the_later_split_that_stand_in_the_earlier(dataset):
    (leak,) = audit(dataset).leaks
    assert (leak.usage, leak.other) == ("PublicTest", "Training")
    assert (leak.exact, leak.exact_same_label) == (2, 2)
    assert (leak.near, leak.near_same_label) == (1, 0)
    dataset.target[8], dataset.target[9] = 1, 2
    (leak,) = audit(dataset).leaks
    assert (leak.exact, leak.exact_same_label, leak.near, leak.near_same_label) == (2, 1, 1, 1)


def test_a_leak_is_counted_once_whatever_the_number_of_twins(dataset):
    dataset.usage = np.full(12, "Training", "U12")
    dataset.usage[[3, 4, 9]] = ["PrivateTest", "PublicTest", "Other"]
    leaks = {(leak.usage, leak.other): (leak.exact, leak.near) for leak in audit(dataset).leaks}
    assert leaks == {
        ("PublicTest", "Training"): (1, 0),
        ("PrivateTest", "Training"): (1, 0),
        ("PrivateTest", "PublicTest"): (0, 0),
        ("Other", "Training"): (0, 1),
        ("Other", "PublicTest"): (0, 0),
        ("Other", "PrivateTest"): (0, 0),
    }


def test_an_exact_duplicate_is_not_counted_as_a_near_one_too(dataset):
    dataset.data[7] = dataset.data[0] * 2
    (leak,) = audit(dataset).leaks
    assert (leak.exact, leak.near) == (2, 1)


def test_blank_images_of_different_levels_are_no_near_duplicates(dataset):
    data = np.full((12, 2304), 0.1) + np.linspace(0, 0.7, 12)[:, None]
    assert len(audit(dataset | {"data": data, "images": None}).near_pairs) == 0


def test_the_text_is_a_table_of_counts(dataset):
    lines = str(audit(dataset)).splitlines()
    assert lines[0] == "Audit of 12 images: 8 Training, 4 PublicTest"
    cells = {" ".join(line.split()[:2]): line.split()[2:] for line in lines[2:]}
    assert cells["exact duplicates"] == ["3", "7", "4"]
    assert cells["blank images"] == ["3"]
    assert cells["all black"] == ["2"]
    assert cells["PublicTest images"][-1] in ("1", "2")
    assert "near" not in str(audit(dataset, near_threshold=None))
    assert len({len(line) for line in lines if line.startswith("exact")}) == 1


def test_the_dict_is_fit_for_json(dataset):
    report = audit(dataset)
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["n_exact_duplicates"] == 4
    assert plain["exact_groups"] == [[0, 3, 8], [1, 4], [5, 10]]
    assert plain["usage_counts"] == {"Training": 8, "PublicTest": 4}
    assert plain["leaks"][0]["exact"] == 2


def test_splits_images_and_bytes_are_not_needed(dataset):
    report = audit({"data": dataset.data / 255, "target": dataset.target})
    assert as_lists(report.exact_groups) == [[0, 3, 8], [1, 4], [5, 10]]
    assert report.leaks == []
    assert report.usage_counts == {"unspecified": 12}


def test_the_data_is_left_as_it_was(dataset):
    before = dataset.data.copy()
    dataset.data.flags.writeable = False
    audit(dataset)
    assert (dataset.data == before).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": np.zeros((0, 2304))}, r"dataset.data must have shape \(n_samples, n_features\)"),
        ({"data": np.full((12, 2304), np.nan)}, "must hold finite numbers, got float64 with NaN"),
        ({"data": np.full((12, 2304), "x")}, "must hold finite numbers, got <U1"),
        ({"target": np.zeros(11)}, r"dataset.target must have shape \(12,\) as data has 12 rows"),
        ({"usage": np.array(["a"])}, r"dataset.usage must have shape \(12,\)"),
        ({"images": np.zeros((12, 48, 47))}, "dataset.images must be data as"),
        ({"images": None, "data": np.zeros((12, 2303))}, "2303 features are no square"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(dataset, change, message):
    with pytest.raises(ValueError, match=message):
        audit(dataset | change)


@pytest.mark.parametrize("threshold", [0, -1, 1.5, float("nan")])
def test_a_threshold_that_is_no_correlation_is_refused(dataset, threshold):
    with pytest.raises(ValueError, match="near_threshold must be above 0 and at most 1"):
        audit(dataset, near_threshold=threshold)


def test_a_data_set_must_have_data_and_target():
    with pytest.raises(ValueError, match="dataset has no 'data'"):
        audit({"target": np.zeros(3)})


@pytest.mark.parametrize("width", [40, 60, 200])
def test_a_narrow_table_has_the_same_counts(dataset, width):
    report = audit(dataset)
    narrow = report.to_text(width)

    assert max(map(len, narrow.splitlines())) <= width
    assert sorted(narrow.split()) == sorted(str(report).split())
    assert (narrow == str(report)) == (width == 200)


def test_images_are_called_by_their_files_and_classes(dataset):
    dataset.filenames = [f"{place}.png" for place in range(12)]
    dataset.target_names = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    report = audit(dataset)

    lines = str(report).splitlines()

    assert "Classes: 3 angry, 2 disgust, 1 fear, 1 happy, 3 sad, 1 surprise, 1 neutral" in lines
    assert "  1.png (disgust) = 4.png (surprise)" in lines
    assert "  2.png (fear) ~ 9.png (happy)" in lines
    assert "  0.png (angry) = 3.png (angry) = 8.png (angry)" in lines
    assert "  6.png (sad)" in lines[lines.index("Blank:") :]
    plain = json.loads(json.dumps(report.to_dict()))
    assert [[image["file"] for image in pair] for pair in plain["near_images"]] == [
        ["2.png", "9.png"]
    ]


def test_many_faults_are_cut_short_and_counted(dataset):
    data = np.repeat(dataset.data[:1], 30, axis=0)
    data[:14] = dataset.data[1:2]
    data[14:28] += np.repeat(np.arange(1, 8, dtype=np.uint8), 2)[:, None]
    names = [f"{place}.png" for place in range(30)]

    report = audit(
        {"data": data, "target": np.arange(30) % 2, "filenames": names}, near_threshold=None
    )
    lines = str(report).splitlines()

    assert lines[lines.index("The same, with different labels:") + 1].endswith("= 9 more")
    assert lines[-1] == "  and 4 more"


@pytest.mark.parametrize("name", ["filenames", "lines"])
def test_names_that_do_not_fit_are_refused(dataset, name):
    with pytest.raises(ValueError, match=f"dataset.{name} must have 12 as data has rows, got 1"):
        audit(dataset | {name: [1]})


def test_images_without_a_split_are_of_an_unspecified_one(dataset):
    usage = dataset["usage"].astype(object)
    first = usage == usage[0]
    usage[first] = [None, float("nan")] * (first.sum() // 2) + [None] * (first.sum() % 2)
    counts = audit({**dataset, "usage": usage}).usage_counts
    assert counts["unspecified"] == first.sum()


def test_images_without_labels_are_of_no_class(dataset):
    dataset.target[:] = -1
    dataset.target_names = ["angry"]

    assert audit(dataset).class_counts == {}
