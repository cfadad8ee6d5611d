"""Reading FER2013's CSV: every variety agrees, every fault is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets import _fer_csv
from fernet.datasets._class_folders import SPLIT_NAMES, usage_of_split
from fernet.datasets._fer_csv import USAGES, read_csv

COMPETITION = ("emotion", "pixels", "Usage")
ICML = ("emotion", " Usage", " pixels")
ROW = " ".join(["7"] * 2304)


def check(rows, faces):
    assert rows.pixels.tolist() == [pixels.tolist() for _, pixels, _ in faces]
    assert rows.labels.tolist() == [label for label, _, _ in faces]
    assert [USAGES[i] for i in rows.usages] == [usage for _, _, usage in faces]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("csv") / "faces.csv"


@given(
    columns=st.one_of(st.permutations(COMPETITION), st.permutations([*ICML, "note"])),
    quoted=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n"]),
    last_newline=st.booleans(),
    bom=st.booleans(),
    block_size=st.integers(12_000, 60_000),
    n_faces=st.integers(1, 6),
)
def test_any_form_and_any_block_size_give_the_same(
    file, csv_bytes, faces, columns, quoted, newline, last_newline, bom, block_size, n_faces
):
    file.write_bytes(
        csv_bytes(
            faces[:n_faces],
            columns,
            quoted=quoted,
            newline=newline,
            last_newline=last_newline,
            bom=bom,
        )
    )
    check(read_csv(file, USAGES, block_size=block_size), faces[:n_faces])


@pytest.mark.parametrize("usage", USAGES)
def test_only_the_wanted_split_is_returned(file, csv_bytes, faces, usage):
    file.write_bytes(csv_bytes(faces))
    check(read_csv(file, (usage,)), [face for face in faces if face[2] == usage])


def test_arrays_grow_beyond_their_first_size(file, csv_bytes, faces, monkeypatch):
    monkeypatch.setattr(_fer_csv, "_FIRST_CAPACITY", 1)
    file.write_bytes(csv_bytes(faces))
    rows = read_csv(file, USAGES)
    check(rows, faces)
    assert rows.pixels.flags.owndata
    assert rows.pixels.flags.c_contiguous


def test_blank_lines_are_passed_over_and_counted(file, csv_bytes, faces):
    file.write_bytes(csv_bytes(faces[:1]) + b"\n\r\n8,1,Training\n\n")
    with pytest.raises(ValueError, match=r"faces\.csv, line 5: the emotion is '8'"):
        read_csv(file, USAGES)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"3,{ROW[2:]},Training", "line 3: 2303 pixels; expected 2304"),
        (f"3,{ROW} 7,Training", "line 3: 2305 pixels; expected 2304"),
        (
            f"3,{ROW[:-1]}256,Training",
            "line 3: pixel 2304 is '256'; expected a whole number from 0",
        ),
        (f"3,-1{ROW[1:]},Training", "line 3: pixel 1 is '-1'"),
        (f"3,7 1e9{ROW[3:]},Training", "line 3: pixel 2 is '1e9'"),
        (f"3,nan{ROW[1:]},Training", "line 3: pixel 1 is 'nan'"),
        (f"3,1.5{ROW[1:]},Training", "line 3: pixel 1 is '1.5'"),
        (f"8,{ROW},Training", "line 3: the emotion is '8'; expected a whole number from 0 to 6"),
        (f"joy,{ROW},Training", "line 3: the emotion is 'joy'; expected one of angry, disgust, "),
        (f",{ROW},Training", "line 3: the emotion is ''"),
        (
            f"3,{ROW},Exam",
            "line 3: the usage is 'Exam'; expected Training, PublicTest, PrivateTest",
        ),
        (f"3,{ROW}", "line 3: 2 fields; expected 3 as in the header"),
        (f"3,{ROW},Training,1", "line 3: 4 fields; expected 3"),
        (f"3,{'9' * 200_000},Training", "line 3: pixel 1 is '999999"),
    ],
)
@pytest.mark.parametrize("wanted", [("Training",), ("PrivateTest",)])
def test_a_bad_row_is_an_error_whatever_split_is_wanted(file, csv_bytes, row, message, wanted):
    good = csv_bytes([(3, [7] * 2304, "PrivateTest")])
    file.write_bytes(good + row.encode() + b"\n" + good.partition(b"\n")[2])
    with pytest.raises(ValueError, match=message) as caught:
        read_csv(file, wanted)
    assert str(file) in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "cut short" not in str(caught.value)


@pytest.mark.parametrize("cut", [3, 12, 1000, 4625])
def test_a_file_cut_within_its_last_row_is_told_as_such(file, csv_bytes, cut):
    file.write_bytes(csv_bytes([(3, [77] * 2304, "Training")] * 2)[:-cut])
    with pytest.raises(ValueError, match=r"line 3: .* may be cut short"):
        read_csv(file, USAGES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"emotion,pixels,Usage", "a header and no rows"),
        (b"emotion,pixels,Usage\n", "a header and no rows"),
        (b"emotion,pixels,Usage\r\n\r\n", "a header and no rows"),
        (b"emotion,pixels\n3,1 2\n", "line 2: 2 pixels; expected 2304"),
        (b"emotion,pixels,fold\n", "line 1: no column 'usage' in the header; .* found 'emotion'"),
        (b"class,pixels,Usage\n", "line 1: no column 'emotion' in the header"),
        (b"label,pixels,split,label\n", "line 1: more than one column 'emotion'"),
        (b"emotion;Usage\n", "line 1: no column 'emotion' in the header"),
        (b"3,1 2 3,Training\n", "line 1: no column 'emotion'"),
        (b"emotion,pixels,Usage,usage\n", "line 1: more than one column 'usage'"),
        (b"<!DOCTYPE html><html>Log in", "a web page in the file's place"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d", ".*git lfs pull"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a CSV file, but a picture; give a folder"),
        (b"PAR1\0\0", "not a CSV file, but a Parquet file, .*load_parquet"),
        (b"\x93NUMPY\1\0", "not a CSV file, but an array that NumPy wrote"),
        (b"MATLAB 5.0 MAT-file", "not a CSV file, but MATLAB's file; scipy.io.loadmat"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "not a CSV file, but a workbook of an old Excel"),
        (b'{"emotion":0,"pixels":"1 2"}\n{"emotion"', r"JSON; .*read_json\(.*, lines=True"),
        (b'[{"emotion":0,"pixels":"1 2"},', r"JSON; .*read_json\('.*'\)\.to_csv"),
        (b"7z\xbc\xaf\x27\x1c", "not a CSV file, but an archive; unpack it"),
        (b"train_00001_aligned.jpg 5\n", "a list of pictures, without their pixels"),
        (b"image,label\nx/1.png,happy\n", "a list of pictures, without their pixels"),
        (b"emotion,pixels\n3," + b"1 " * 4096 + b"\n", "line 2: 4096 pixels .64 x 64.; exp"),
        ("emotion,pixels,Usage\n".encode("utf-16"), "a header and no rows"),
        ("emotion,pixels,Usage\n".encode("utf-16-le"), "not a CSV"),
        ("emotion,pixels\n".encode("utf-16")[:-1], "text that is not UTF-16"),
        (b"9" * 2_000_000, "not a CSV"),
        (b"emotion,pixels,Usage\r3,1 2,Training\r", "line 1: a header that can not be read"),
    ],
)
def test_a_file_that_is_no_csv_of_faces_is_refused(file, content, message):
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_csv(file, USAGES)
    assert str(file) in str(caught.value)


def test_a_row_longer_than_a_block_is_refused(file):
    file.write_bytes(b"emotion,pixels,Usage\n3," + b"7 " * 30_000)
    with pytest.raises(ValueError, match="line 2: longer than 20000 bytes"):
        read_csv(file, USAGES, block_size=20_000)


def test_a_split_that_is_absent_is_an_error_that_says_what_is_there(file, csv_bytes, faces):
    file.write_bytes(csv_bytes(faces[:2]))
    with pytest.raises(ValueError, match="no PrivateTest rows; found 1 Training, 1 PublicTest"):
        read_csv(file, ("PrivateTest",))


@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_are_refused_and_never_crash(file, noise, with_header):
    file.write_bytes(b"emotion,pixels,Usage\n" * with_header + noise)
    with pytest.raises(ValueError, match=r"faces\.csv"):
        read_csv(file, USAGES)


@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=3))
def test_a_file_with_damage_in_one_place_is_refused_or_read_in_full(
    file, csv_bytes, faces, place, damage
):
    content = bytearray(csv_bytes(faces[:3], quoted=True))
    place = 21 + place % (len(content) - 24)
    content[place : place + len(damage)] = damage
    file.write_bytes(content)
    try:
        rows = read_csv(file, USAGES)
    except ValueError as error:
        assert "line" in str(error) or "faces.csv" in str(error)
    else:
        assert rows.pixels.shape == (len(rows.labels), 2304)
        assert np.all((rows.labels >= 0) & (rows.labels < 7))


@pytest.mark.parametrize("separator", ",;\t")
@pytest.mark.parametrize("first", ["pixel0", "pixel_0", "Pixel 1", "pixel_1"])
def test_pixels_in_a_column_each_are_the_same_faces(file, faces, separator, first):
    stem, start = first[:-1], int(first[-1])
    names = ["emotion", *(f"{stem}{start + i}" for i in range(2304)), "Usage"]
    lines = [names, *([str(label), *map(str, pixels), usage] for label, pixels, usage in faces)]
    file.write_text("".join(separator.join(line) + "\n" for line in lines))
    check(read_csv(file, USAGES, block_size=60_000), faces)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (range(2303), "2303 columns of pixels; expected 2304"),
        (range(2, 2306), "not numbered in order from 0 or 1, but from 2 to 2305"),
        (range(2303, -1, -1), "not numbered in order"),
    ],
)
def test_columns_of_other_pixels_are_refused(file, numbers, message):
    file.write_text(",".join(["emotion", *(f"pixel{i}" for i in numbers), "Usage"]) + "\n")
    with pytest.raises(ValueError, match=f"line 1: .*{message}"):
        read_csv(file, USAGES)


@pytest.mark.parametrize("names", [("label", "pixels", "split"), ("Split", "Pixels", "Label")])
def test_copies_that_call_columns_otherwise_are_the_same_faces(file, faces, names):
    columns = {"label": "emotion", "pixels": "pixels", "split": "Usage"}
    text = text_of(faces, [columns[name.lower()] for name in names])
    file.write_text(",".join(names) + "\n" + text.partition("\n")[2])
    check(read_csv(file, USAGES), faces)


def test_a_label_beside_the_emotion_is_no_column_of_ours(file, faces):
    file.write_text(text_of(faces, ["label", *COMPETITION]))  # 1 throughout
    check(read_csv(file, USAGES), faces)


def text_of(faces, columns, separator=","):
    rows = [
        {"emotion": f"{label}.0", "pixels": " ".join(map(str, pixels)), "Usage": usage.lower()}
        for label, pixels, usage in faces
    ]
    lines = [columns, *([row.get(name, "1") for name in columns] for row in rows)]
    return "".join(separator.join(line) + "\n" for line in lines)


@given(
    separator=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    columns=st.permutations(COMPETITION),
    block_size=st.integers(12_000, 60_000),
)
def test_other_programs_forms_are_the_same_faces(
    file, faces, separator, encoding, columns, block_size
):
    file.write_bytes(text_of(faces, columns, separator).encode(encoding))
    check(read_csv(file, USAGES, block_size=block_size), faces)


def test_utf_16_of_the_other_byte_order(file, faces):
    file.write_bytes(b"\xfe\xff" + text_of(faces, COMPETITION).encode("utf-16-be"))
    check(read_csv(file, USAGES), faces)


@pytest.mark.parametrize("extra", [[], [""], ["Unnamed: 0"], ["id"]])
def test_the_competitions_train_csv_is_all_training(file, faces, extra):
    file.write_text(text_of(faces, [*extra, "emotion", "pixels"]))
    rows = read_csv(file, ("Training",))
    check(rows, [(label, pixels, "Training") for label, pixels, _ in faces])


def test_the_competitions_test_csv_has_no_labels(file, faces):
    file.write_text(text_of(faces, ["pixels"]))
    rows = read_csv(file, ("Training",))
    check(rows, [(-1, pixels, "Training") for _, pixels, _ in faces])
    with pytest.raises(ValueError, match="no PublicTest rows; found 6 Training"):
        read_csv(file, ("PublicTest",))


def test_an_eighth_class_is_told_whatever_split_it_is_in(file, csv_bytes, faces):
    file.write_bytes(csv_bytes([*faces, (7, faces[0][1], "PrivateTest")]))
    assert read_csv(file, ("Training",)).has_contempt
    assert read_csv(file, ("PrivateTest",)).labels.tolist() == [2, 5, 7]
    file.write_bytes(csv_bytes(faces))
    assert not read_csv(file, ("Training",)).has_contempt


TWO = {"train": "Training", "TEST": "PublicTest"}
THREE = {"Train": "Training", "val": "PublicTest", "Testing": "PrivateTest"}


@pytest.mark.parametrize("words", [TWO, THREE])
@given(order=st.lists(st.integers(0, 2), min_size=3, max_size=8), subset=st.integers(0, 2))
def test_copies_that_call_splits_otherwise_are_the_same_faces(file, faces, words, order, subset):
    names = list(words)
    said = [*(names[i % len(names)] for i in order), *names]
    rows = [(faces[i % len(faces)], word) for i, word in enumerate(said)]
    file.write_text(
        text_of([(label, pixels, word) for (label, pixels, _), word in rows], COMPETITION)
    )
    meant = [(label, pixels, words[word]) for (label, pixels, _), word in rows]
    check(read_csv(file, USAGES), meant)

    wanted = words[names[subset % len(names)]]
    check(read_csv(file, (wanted,)), [face for face in meant if face[2] == wanted])


def test_every_word_for_a_split_of_folders_is_one_here(file, faces):
    label, pixels, _ = faces[0]
    for word in SPLIT_NAMES:
        file.write_text(text_of([(label, pixels, word)], COMPETITION))
        usage = usage_of_split(word, has_validation=False)
        check(read_csv(file, USAGES), [(label, pixels, usage)])
