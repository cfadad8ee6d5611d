"""FER+'s votes: how they are counted, joined to faces, and held against their labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets import _fer_identity, _votes, load_fer2013, make_faces
from fernet.datasets._fer_csv import USAGES, Rows
from fernet.datasets._fer_identity import fingerprints
from fernet.datasets._votes import VOTED, Votes, by_votes, count_votes, read_votes

HEADER = (
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
)
# Where each of VOTED, "unknown" and "not a face" stands among the file's ten columns of votes.
PLACES = [4, 5, 6, 1, 3, 2, 0, 7, 8, 9]


def as_text(usages, votes):
    """Write votes, in the order of VOTED and the two others, as the file has them."""
    lines = [HEADER]
    for usage, row in zip(usages, votes, strict=True):
        fields = [0] * 10
        for place, count in zip(PLACES, row, strict=True):
            fields[place] = count
        # Names of images tell nothing: here all are the same.
        lines.append(",".join([usage, "fer0000000.png", *map(str, fields)]))
    return "\n".join(lines) + "\n"


def unanimous(labels):
    return (10 * np.eye(10, dtype=int)[labels]).tolist()


def faces_of(labels, usages=None):
    labels = np.array(labels)
    usages = np.zeros(len(labels)) if usages is None else np.array(usages)
    pixels = np.repeat((np.arange(len(labels)) % 256).astype(np.uint8)[:, None], 2304, axis=1)
    return Rows(pixels, labels.astype(np.int64), usages.astype(np.uint8))


@pytest.fixture
def votes_file(tmp_path):
    """Write votes into a file."""

    def write(votes, usages=None):
        path = tmp_path / "fer2013new.csv"
        path.write_text(as_text(usages or ["Training"] * len(votes), votes))
        return path

    return write


# -- counting --------------------------------------------------------------------------------


def count(row):
    label, distribution = count_votes(Votes(np.array([row[:8]]), np.array([row[8:]])))
    return int(label[0]), distribution[0].tolist()


@pytest.mark.parametrize(
    ("row", "label"),
    [
        ([0, 0, 0, 8, 0, 0, 2, 0, 0, 0], 3),
        ([4, 0, 0, 0, 4, 0, 0, 0, 2, 0], -1),  # 4 of 10
        ([5, 0, 0, 0, 5, 0, 0, 0, 0, 0], -1),  # half is no majority
        ([5, 1, 1, 1, 1, 1, 0, 0, 0, 0], 0),  # single votes do not count
        ([5, 0, 0, 0, 4, 0, 0, 0, 0, 1], 0),
        ([4, 0, 0, 0, 2, 0, 0, 1, 2, 1], -1),  # "unknown" counts, twice: 4 of 8
        ([0, 0, 0, 0, 2, 0, 0, 0, 8, 0], 8),
        ([0, 0, 0, 0, 2, 0, 0, 0, 0, 8], 9),
        ([0, 0, 0, 0, 0, 0, 0, 10, 0, 0], 7),
        ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], -1),
        ([0] * 10, -1),
    ],
)
def test_a_majority_is_more_than_half_of_what_more_than_one_says(row, label):
    assert count(row)[0] == label


def test_shares_are_of_emotions_that_more_than_one_sees():
    _, shares = count([0, 0, 1, 6, 0, 0, 2, 0, 1, 0])
    np.testing.assert_allclose(shares, [0, 0, 0, 0.75, 0, 0, 0.25, 0])


@given(st.lists(st.integers(0, 10), min_size=10, max_size=10))
def test_shares_sum_to_one_and_the_majority_has_the_largest(row):
    label, shares = count(row)
    if 0 <= label < len(VOTED):
        assert sum(shares) == pytest.approx(1, abs=1e-6)
        assert int(np.argmax(shares)) == label
    else:
        assert sum(shares) == pytest.approx(1, abs=1e-6) or not any(shares)


# -- joining ---------------------------------------------------------------------------------


@given(st.integers(0, 1000))
def test_each_splits_faces_get_its_votes_in_order(tmp_path_factory, seed):
    rng = np.random.default_rng(seed)
    labels, usages = rng.integers(0, 7, 30), np.sort(rng.integers(0, 3, 30))
    path = tmp_path_factory.mktemp("votes") / "votes.csv"
    path.write_text(as_text([USAGES[u] for u in usages], unanimous(labels)))
    for wanted in ([0], [1], [0, 1, 2]):
        chosen = np.isin(usages, wanted)
        if chosen.any():
            rows = faces_of(labels[chosen], usages[chosen])
            votes, known, _ = read_votes(path, rows, Path("faces.csv"))
            assert known.all()
            np.testing.assert_array_equal(votes.emotions.argmax(axis=1), labels[chosen])


def test_faces_in_another_order_are_refused_with_the_way_to_get_it_right(votes_file):
    labels = np.arange(700) % 7
    with pytest.raises(ValueError, match=r"faces 1 to 700 .* 0% of the labels.*fer2013\.csv"):
        read_votes(votes_file(unanimous(labels)), faces_of((labels + 1) % 7), Path("faces.csv"))


def test_a_part_that_has_moved_is_refused(votes_file):
    labels = np.random.default_rng(0).integers(0, 7, 5000)
    moved = labels.copy()
    moved[2000:2800] = np.roll(labels[2000:2800], 71)
    assert (moved == labels).mean() > 0.8
    with pytest.raises(ValueError, match="can't be the votes on the faces"):
        read_votes(votes_file(unanimous(labels)), faces_of(moved), Path("faces.csv"))


@pytest.mark.parametrize(("right", "passes"), [(49, False), (50, True), (68, True), (18, False)])
def test_half_of_the_labels_have_to_agree(votes_file, right, passes):
    labels = np.where(np.arange(100) < right, 0, 1)
    path = votes_file(unanimous(np.zeros(100, int)))
    if passes:
        read_votes(path, faces_of(labels), Path("faces.csv"))
    else:
        with pytest.raises(ValueError, match=f"{right}% of the labels"):
            read_votes(path, faces_of(labels), Path("faces.csv"))


def test_another_number_of_rows_is_refused_by_its_split(votes_file):
    path = votes_file(unanimous([0, 1, 2]), ["Training", "Training", "PublicTest"])
    with pytest.raises(ValueError, match=r"2 Training rows of votes for the 3 faces in faces\.csv"):
        read_votes(path, faces_of([0, 1, 2]), Path("faces.csv"))


def test_faces_without_labels_can_not_be_held_against_votes(votes_file):
    with pytest.raises(ValueError, match="no labels"):
        read_votes(votes_file(unanimous([0, 1])), faces_of([-1, -1]), Path("test.csv"))


# -- the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column.*'usage', 'anger'"),
        (HEADER.replace(",fear", "") + "\n", "no column, or more than one, 'fear'"),
        (HEADER + "\nTraining,a,1,2\n", "line 2: 4 fields; expected 12"),
        (HEADER + "\nTest,a" + ",1" * 10 + "\n", "line 2: the usage is 'Test'"),
        (HEADER + "\nTraining,a" + ",1" * 9 + ",-1\n", "line 2: '-1' votes"),
        (HEADER + "\nTraining,a" + ",1" * 9 + ",0.5\n", "line 2: '0.5' votes"),
        ("\x00\x01\x02", "votes.csv: no"),
    ],
)
def test_what_is_no_file_of_votes_is_refused_by_line(tmp_path, text, says):
    path = tmp_path / "votes.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=says):
        read_votes(path, faces_of([0]), Path("faces.csv"))


def test_a_picture_is_no_file_of_votes(tmp_path):
    path = tmp_path / "votes.png"
    path.write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(ValueError, match=r"votes\.png: not a CSV file"):
        read_votes(path, faces_of([0]), Path("faces.csv"))


# -- what the loader makes of it ----------------------------------------------------------------

# happy, no majority, unknown, not a face, contempt, sad
SIX = unanimous([3, 0, 8, 9, 7, 4])
SIX[1] = [5, 0, 0, 0, 5, 0, 0, 0, 0, 0]


def test_faces_without_an_emotion_are_left_out_and_said(votes_file):
    rows, others = by_votes(votes_file(SIX), faces_of([3, 0, 0, 0, 6, 4]), Path("faces.csv"))
    assert rows.labels.tolist() == [3, 7, 4]
    assert rows.pixels[:, 0].tolist() == others["rows"].tolist() == [0, 4, 5]
    assert others["fer2013_target"].tolist() == [3, 6, 4]
    assert others["left_out_rows"].tolist() == [1, 2, 3]
    assert others["left_out_reasons"].tolist() == [
        "no majority",
        "mostly unknown",
        "mostly not a face",
    ]
    assert others["left_out"] == (
        "3 faces left out for their votes: 1 no majority, 1 mostly unknown, 1 mostly not a face"
    )


def test_votes_on_no_face_at_all_are_refused(votes_file):
    with pytest.raises(ValueError, match="no majority for an emotion on any of 2 faces"):
        by_votes(votes_file(unanimous([8, 9])), faces_of([0, 1]), Path("faces.csv"))


@pytest.fixture
def six_faces(tmp_path, csv_bytes):
    path = tmp_path / "fer2013.csv"
    labels, levels = [3, 0, 0, 0, 6, 4], range(6)
    pixels = [np.full(2304, level) for level in levels]
    path.write_bytes(
        csv_bytes([(label, p, "Training") for label, p in zip(labels, pixels, strict=True)])
    )
    return path


def test_the_bunch_has_the_majority_the_votes_and_what_was_left_out(votes_file, six_faces):
    faces = load_fer2013(six_faces, labels=votes_file(SIX))
    assert faces.target_names == list(VOTED)
    assert faces.target.tolist() == [3, 7, 4]
    assert faces.images[:, 0, 0].tolist() == [0, 4, 5]
    assert faces.votes.tolist() == [row[:8] for row in (SIX[0], SIX[4], SIX[5])]
    assert faces.other_votes.tolist() == [[0, 0]] * 3
    assert faces.label_distribution.tolist() == np.eye(8)[[3, 7, 4]].tolist()
    assert "3 faces left out" in faces.DESCR
    X, y = load_fer2013(six_faces, labels=str(votes_file(SIX)), return_X_y=True)
    assert (X[:, 0].tolist(), y.tolist()) == ([0, 4, 5], [3, 7, 4])


def test_folders_of_other_images_are_refused(votes_file, tmp_path):
    from PIL import Image

    folder = tmp_path / "faces" / "train" / "happy"
    folder.mkdir(parents=True)
    Image.new("L", (48, 48)).save(folder / "Training_1.png")
    with pytest.raises(ValueError, match=r"images in another order.*less than half.*among them"):
        load_fer2013(tmp_path / "faces", labels=votes_file(unanimous([3])))


def test_faces_known_by_their_looks_get_their_votes_and_others_are_left_out(
    votes_file, monkeypatch
):
    pixels, _ = make_faces(6, random_state=0, return_X_y=True)
    table = fingerprints(pixels)
    monkeypatch.setattr(_fer_identity, "_table", lambda: table)
    labels = np.array([3, 0, 1, 4, 6])
    order = np.array([4, 2, 0, 5, 1, 3])  # the votes have no sixth row
    shuffled = Rows(pixels[order], np.array([6, 1, 3, 5, 0, 4]), np.zeros(6, np.uint8))
    shuffled.pixels[5] = 255 - shuffled.pixels[5]
    rows, others = by_votes(votes_file(unanimous(labels)), shuffled, Path("faces"), in_order=False)
    assert rows.labels.tolist() == [6, 1, 3, 0]
    assert others["left_out_rows"].tolist() == [3, 5]
    assert others["left_out_reasons"].tolist() == [
        "without votes in the file",
        "not of Training or PublicTest",
    ]
    assert others["left_out"] == (
        "2 faces left out for their votes: 1 not of Training or PublicTest, "
        "1 without votes in the file"
    )


@pytest.fixture
def known_faces(monkeypatch):
    """2,000 faces, known by their looks, in another order than the competition's."""
    rng = np.random.default_rng(0)
    labels, order = rng.integers(0, 7, 2000), rng.permutation(2000)
    monkeypatch.setattr(_votes, "find_rows", lambda pixels: (np.zeros(len(order), int), order))
    return labels, faces_of(labels[order])


@pytest.mark.parametrize(("missing", "place"), [(1200, 1334), (1700, 1778)])
def test_votes_that_lack_a_row_are_refused_by_the_place(votes_file, known_faces, missing, place):
    labels, faces = known_faces
    path = votes_file(unanimous(np.delete(labels, missing)))
    with pytest.raises(ValueError, match=rf"rows of votes are missing .* Training {place} to "):
        read_votes(path, faces, Path("faces.csv"))


def test_votes_that_end_before_the_faces_are_taken(votes_file, known_faces):
    labels, faces = known_faces
    votes, known, _ = read_votes(votes_file(unanimous(labels[:1200])), faces, Path("faces.csv"))
    assert np.count_nonzero(known) == 1200
    np.testing.assert_array_equal(votes.emotions[known].argmax(axis=1), faces.labels[known])


def test_a_block_of_a_label_of_which_few_agree_is_taken(votes_file, monkeypatch):
    labels = np.repeat(np.arange(7), 300)
    monkeypatch.setattr(_votes, "find_rows", lambda pixels: (0 * labels, np.arange(2100)))
    voted = np.where((labels == 1) & (np.arange(2100) % 3 > 0), 2, labels)  # a third of them
    path = votes_file(unanimous(voted))
    _, known, _ = read_votes(path, faces_of(labels), Path("faces.csv"), in_order=False)
    assert known.all()


def test_a_csv_in_another_order_is_joined_by_looks_too(votes_file, monkeypatch):
    pixels, _ = make_faces(7, random_state=0, return_X_y=True)
    table = fingerprints(pixels)
    monkeypatch.setattr(_fer_identity, "_table", lambda: table)
    backwards = Rows(pixels[::-1], np.arange(7)[::-1], np.zeros(7, np.uint8))
    votes, known, _ = read_votes(votes_file(unanimous(np.arange(7))), backwards, Path("faces.csv"))
    assert known.all()
    np.testing.assert_array_equal(votes.emotions.argmax(axis=1), np.arange(7)[::-1])


def test_a_file_of_votes_that_is_not_there_is_named(six_faces, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        load_fer2013(six_faces, labels=tmp_path / "nowhere.csv")
