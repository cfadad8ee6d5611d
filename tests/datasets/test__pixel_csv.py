"""The compiled parser, on whatever bytes it may meet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._fer_csv import CONTEMPT
from fernet.datasets._pixel_csv import Role, Status, parse_rows
from fernet.emotions import EMOTIONS

ROLES = np.array([Role.LABEL, Role.PIXELS, Role.USAGE], np.uint8)


def parse(
    text: bytes, *, roles=ROLES, wanted=(1, 1, 1, 1), n_pixels=2, capacity=8, final=True, **others
):
    block = np.frombuffer(text + b"zz", np.uint8).copy()
    pixels = np.zeros((capacity, n_pixels), np.uint8)
    labels, usages = np.zeros(capacity, np.int64), np.zeros(capacity, np.uint8)
    seen = np.zeros(4, np.int64)
    result = parse_rows(
        block,
        0,
        len(text),
        final,
        roles,
        np.array(wanted, np.uint8),
        pixels,
        labels,
        usages,
        0,
        seen,
        **others,
    )
    n_rows = result[2]
    return (
        result,
        pixels[:n_rows].tolist(),
        labels[:n_rows].tolist(),
        usages[:n_rows].tolist(),
        seen,
    )


def test_rows_are_stored_in_order():
    result, pixels, labels, usages, seen = parse(b"3,1 20,Training\n6,255 0,PrivateTest\n")
    assert result[0] == Status.NEED_INPUT
    assert pixels == [[1, 20], [255, 0]]
    assert (labels, usages, seen.tolist()) == ([3, 6], [0, 2], [1, 0, 1, 0])


@pytest.mark.parametrize("form", [str.lower, str.title, str.upper, '"{}"'.format, " {} ".format])
def test_labels_may_be_the_emotions_names(form):
    names = (*EMOTIONS, CONTEMPT)
    text = "".join(f"{form(name)},1 2,Training\n" for name in names).encode()

    assert parse(text, label_counts=np.zeros(8, np.int64))[2] == list(range(8))
    assert parse(text)[0][:1] + parse(text)[0][3:4] == (Status.BAD_LABEL, 7)


def test_rows_of_other_splits_are_checked_and_counted_but_not_stored():
    text = b"3,1 2,Training\n4,3 4,PublicTest\n"
    _, pixels, _, _, seen = parse(text, wanted=(0, 1, 0, 0))
    assert (pixels, seen.tolist()) == ([[3, 4]], [1, 1, 0, 0])
    assert parse(b"3,1 256,Training\n", wanted=(0, 1, 0, 0))[0][0] == Status.BAD_PIXEL


def test_a_row_that_may_go_on_is_left_for_the_next_block():
    text = b"3,1 2,Training\n4,3 4,PublicTest"
    result, *_ = parse(text, final=False)
    assert result[:3] == (Status.NEED_INPUT, 15, 1)
    assert parse(text, final=True)[1] == [[1, 2], [3, 4]]


def test_work_stops_when_the_output_is_full():
    result, *_ = parse(b"3,1 2,Training\n4,3 4,PublicTest\n", capacity=1)
    assert result[:3] == (Status.OUTPUT_FULL, 15, 1)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (b"7,1 2,Training", Status.BAD_LABEL),
        (b"-1,1 2,Training", Status.BAD_LABEL),
        (b",1 2,Training", Status.BAD_LABEL),
        (b"3.5,1 2,Training", Status.BAD_LABEL),
        (b"3.01,1 2,Training", Status.BAD_LABEL),
        (b"30,1 2,Training", Status.BAD_LABEL),
        (b"33,1 2,Training", Status.BAD_LABEL),
        (b"sa,1 2,Training", Status.BAD_LABEL),
        (b"sadly,1 2,Training", Status.BAD_LABEL),
        (b"sad0,1 2,Training", Status.BAD_LABEL),
        (b"contempt,1 2,Training", Status.BAD_LABEL),
        (b"3,1 256,Training", Status.BAD_PIXEL),
        (b"3,1 1000,Training", Status.BAD_PIXEL),
        (b"3,1 -1,Training", Status.BAD_PIXEL),
        (b"3,1 1e9,Training", Status.BAD_PIXEL),
        (b"3,1 nan,Training", Status.BAD_PIXEL),
        (b"3,1\t2,Training", Status.BAD_PIXEL),
        (b'3,"1 2\n3",Training', Status.BAD_PIXEL),
        (b"3,1,Training", Status.BAD_PIXEL_COUNT),
        (b"3,,Training", Status.BAD_PIXEL_COUNT),
        (b"3,1 2 3,Training", Status.BAD_PIXEL_COUNT),
        (b"3,1 2,trainin", Status.BAD_USAGE),
        (b"3,1 2,TrainingX", Status.BAD_USAGE),
        (b"3,1 2,", Status.BAD_USAGE),
        (b"3,1 2", Status.BAD_FIELD_COUNT),
        (b"3,1 2,Training,4", Status.BAD_FIELD_COUNT),
        (b"3,1 2,Training\r4", Status.BAD_USAGE),
    ],
)
def test_a_bad_row_is_told_apart(row, status):
    assert parse(b"0,1 2,Training\n" + row + b"\n")[0][:3] == (status, 15, 1)


@pytest.mark.parametrize("label", ["3", "3.", "3.0", "3.00", " 3.0 ", '"3.0"'])
@pytest.mark.parametrize("usage", ["PublicTest", "publictest", "PUBLICTEST", '" publicTest "'])
def test_labels_may_be_floats_and_splits_of_any_case(label, usage):
    _, pixels, labels, usages, _ = parse(f"{label},1 2,{usage}\n".encode())
    assert (pixels, labels, usages) == ([[1, 2]], [3], [1])


WIDE = np.array([Role.LABEL, Role.PIXEL, Role.USAGE, Role.PIXEL], np.uint8)


@given(
    pixels=st.lists(st.integers(0, 255), min_size=2, max_size=2),
    form=st.sampled_from(["{}", "{}.0", "{}.", " {} ", '"{}"', "{}.000"]),
)
def test_pixels_may_have_a_column_each(pixels, form):
    first, second = map(form.format, pixels)
    text = f"3,{first},Training,{second}\n" * 2
    assert parse(text.encode(), roles=WIDE)[1] == [pixels] * 2


@pytest.mark.parametrize(
    "value", ["256", "1000", "00001", "-1", "1.5", "", "x", "1 2", "nan", "1e2"]
)
def test_a_bad_pixel_in_its_own_column_is_told(value):
    result = parse(f"3,1,Training,{value}\n".encode(), roles=WIDE)[0]
    assert (result[0], result[5]) == (Status.BAD_PIXEL, 2)


def test_a_row_of_too_few_columns_is_told():
    assert parse(b"3,1,Training\n", roles=WIDE)[0][0] == Status.BAD_FIELD_COUNT


@pytest.mark.parametrize("separator", ";\t")
def test_values_may_be_separated_otherwise(separator):
    text = separator.join(["3", "1 2", "Training"]) + "\n"
    assert parse(text.encode(), separator=ord(separator))[1:3] == ([[1, 2]], [3])
    assert parse(text.encode())[0][0] > Status.OUTPUT_FULL


def test_columns_that_are_missing_leave_no_label_and_the_first_split():
    _, pixels, labels, usages, seen = parse(b"1 2\n3 4\n", roles=np.array([Role.PIXELS], np.uint8))
    assert (pixels, labels, usages) == ([[1, 2], [3, 4]], [-1, -1], [0, 0])
    assert seen.tolist() == [2, 0, 0, 0]


def test_labels_are_counted_and_their_number_is_the_callers():
    counts = np.zeros(8, np.int64)
    text = b"7,1 2,Training\n3,1 2,PublicTest\n7,1 2,Training\n"
    assert parse(text, wanted=(0, 1, 0, 0), label_counts=counts)[2] == [3]
    assert counts.tolist() == [0, 0, 0, 1, 0, 0, 0, 2]
    assert parse(b"8,1 2,Training\n", label_counts=counts)[0][0] == Status.BAD_LABEL


@given(st.binary(max_size=200), st.booleans(), st.sampled_from(b",;"))
def test_any_bytes_of_wide_rows_end_in_a_status(text, final, separator):
    counts = np.zeros(8, np.int64)
    result = parse(text, roles=WIDE, final=final, separator=separator, label_counts=counts)[0]
    assert result[0] in set(Status) - {Status.ROW_DONE}
    assert 0 <= result[1] <= len(text)
    assert 0 <= result[4] <= len(text)


def test_quotes_that_never_close_are_an_error_only_at_the_end_of_the_file():
    roles = np.array([Role.LABEL, Role.PIXELS, Role.USAGE, Role.IGNORED], np.uint8)
    text = b'3,1 2,Training,"and so on\n'
    assert parse(text, roles=roles, final=False)[0][0] == Status.NEED_INPUT
    assert parse(text, roles=roles, final=True)[0][0] == Status.BAD_QUOTES


def test_other_columns_may_hold_quoted_commas_quotes_and_newlines():
    roles = np.array([Role.IGNORED, Role.LABEL, Role.PIXELS, Role.USAGE], np.uint8)
    result, pixels, *_ = parse(b'"a, ""b""\nc",3,1 2,Training\n,7,1 2,Training\n', roles=roles)
    assert pixels == [[1, 2]]
    assert (result[0], result[3]) == (Status.BAD_LABEL, 2)


@given(st.binary(max_size=200), st.booleans(), st.integers(0, 3))
def test_any_bytes_end_in_a_status(text, final, n_ignored):
    roles = np.append(ROLES, np.full(n_ignored, Role.IGNORED, np.uint8))
    status, position, n_rows, n_lines, token, _ = parse(text, roles=roles, final=final)[0]
    assert status in set(Status) - {Status.ROW_DONE}
    assert 0 <= position <= len(text)
    assert 0 <= token <= len(text)
    assert 0 <= n_rows <= n_lines


@given(st.text(alphabet='0123456789 ,"\n\rTraining', max_size=60), st.integers(0, 60))
def test_a_block_cut_anywhere_reads_as_the_whole(noise, cut):
    text = ('3,1 20,Training\n"4","255 7","PublicTest"\r\n' + noise).encode()
    whole, pixels, labels, *_ = parse(text)
    cut = min(cut, len(text))
    first, pixels_before, labels_before, *_ = parse(text[:cut], final=False)
    if first[0] == Status.NEED_INPUT:
        second, pixels_after, labels_after, *_ = parse(text[first[1] :])
        assert pixels_before + pixels_after == pixels
        assert labels_before + labels_after == labels
        assert second[0] == whole[0]
        assert first[3] + second[3] == whole[3]
    else:
        assert first[0] == whole[0]


@pytest.mark.parametrize(
    "change",
    [
        {"stop": 31},
        {"start": -1},
        {"start": 20, "stop": 10},
        {"n_rows": -1},
        {"roles": np.array([1, 3], np.uint8)},
        {"roles": np.array([1, 2, 4, 4], np.uint8)},
        {"roles": np.array([1, 4, 3], np.uint8)},
        {"roles": np.array([1, 2, 3, 3], np.uint8)},
        {"wanted": np.ones(2, np.uint8)},
        {"seen": np.zeros(2, np.int64)},
        {"labels": np.zeros(3, np.int64)},
        {"pixels": np.zeros((4, 0), np.uint8)},
    ],
)
def test_arguments_that_do_not_fit_are_refused(change):
    arguments = {
        "block": np.zeros(32, np.uint8),
        "start": 0,
        "stop": 30,
        "final": True,
        "roles": ROLES,
        "wanted": np.ones(4, np.uint8),
        "pixels": np.zeros((4, 2), np.uint8),
        "labels": np.zeros(4, np.int64),
        "usages": np.zeros(4, np.uint8),
        "n_rows": 0,
        "seen": np.zeros(4, np.int64),
    }
    with pytest.raises(ValueError, match="must"):
        parse_rows(**(arguments | change))
