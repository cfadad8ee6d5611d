"""The table on a terminal: every width, nothing cut without a mark."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len

from fernet import EMOTIONS
from fernet.cli.predict.screen_table import ScreenTable
from fernet.cli.tables import Style
from fernet.faces import Box
from fernet.faces.records import LEFT_OUT, LOST, NO_FACE, OK, TOO_SMALL, FaceRecord

LONG = "holiday in the north/a photograph of everybody at the sea, early in the morning.jpeg"
REASON = "damaged image (image file is truncated: 3 bytes not processed)"
CHANCES = dict(zip(EMOTIONS, (0.011, 0.002, 0.0135, 0.5, 0.0735, 0.1, 0.3), strict=True))
WIDTHS = (40, 60, 80, 100, 140, 200)


def answer(file, face=1, **more):
    box = Box(1045, 873, 120, 120)
    return FaceRecord(file, OK, face, box, "surprise", CHANCES | {"surprise": 0.987}, **more)


PICTURES = [
    answer("a.jpg"),
    answer("a.jpg", 12),
    answer("\u7b11\u9854/\u5199\u771f.png"),
    FaceRecord("b.jpg", NO_FACE),
    answer(LONG),
    FaceRecord("c.jpg", REASON),
]


def lines_of(records, width, **options):
    names = list(EMOTIONS)
    table = ScreenTable(names, lambda record: record.file, width, Style(io.StringIO()), **options)
    return table.lines(records)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_file_the_emotion_with_its_probability_and_the_status_are_always_there(width):
    lines = lines_of(PICTURES, width)

    assert max(map(cell_len, lines)) <= width
    head = next(line for line in lines if line.startswith("file"))
    assert "emotion" in head
    assert head.endswith("status")
    rows = lines[lines.index(head) + 2 :]
    answers = [row for row in rows if row.endswith(" ok")]
    assert len(answers) == 4
    assert all(" surprise " in row and " 98.7 " in row for row in answers)
    assert rows[0].startswith("a.jpg ")
    text = " ".join(" ".join(rows).split())
    assert re.search(r"b\.jpg no face found", text)
    assert not any(re.search(r" - +- ", row) for row in rows)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_reason_is_told_in_full(width):
    lines = lines_of([FaceRecord("c.jpg", REASON)], width)

    assert " ".join(" ".join(lines).split()).endswith(f"c.jpg {REASON}")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_name_is_folded_once_and_what_is_left_out_has_a_mark(width):
    rows = lines_of([answer(LONG)], width)
    rows = rows[next(i for i, row in enumerate(rows) if row.startswith("file")) + 2 :]

    assert 1 <= len(rows) <= 2
    face = rows[0].index(" 1 ")
    name = rows[0][:face].strip() + "".join(rows[1:])
    squeezed = name.replace(" ", "")
    whole = LONG.replace(" ", "")
    assert squeezed == whole or (squeezed[0] == "\u2026" and whole.endswith(squeezed[1:]))


def test_everything_is_shown_where_there_is_room_or_on_request():
    for options, width in (({}, 200), ({"wide": True}, 40)):
        lines = lines_of(PICTURES, width, **options)
        head = next(line for line in lines if line.startswith("file"))

        words = ["file", "face", "box", "score", "quality", "emotion", *EMOTIONS, "status"]
        assert head.split() == words
        row = next(line for line in lines if line.startswith("a.jpg"))
        numbers = ["1.1", "0.2", "1.4", "50.0", "7.3", "98.7", "30.0"]
        place = ["1", "120x120+1045+873"]
        assert row.split() == ["a.jpg", *place, "surprise", *numbers, "ok"]
        assert any(line.startswith(LONG) for line in lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_frames_have_their_time(width):
    records = [
        answer("talk.mp4", frame=number, seconds=number / 8) for number in (0, 999, 9999)
    ] + [FaceRecord("talk.mp4", status, frame=5, seconds=0.625) for status in (NO_FACE, LOST)]

    lines = lines_of(records, width, with_frames=True)

    assert max(map(cell_len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for time in ("0.000", "124.875", "1249.875"):
        assert f" {time} " in text
    assert "0.625 s: no face found" in text
    assert text.endswith(f"0.625 s: {LOST}")
    assert (" 9999 " in text) == (width >= 60)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("options", [{}, {"wide": True}])
def test_doubtful_faces_and_those_left_out_say_so(width, options):
    box = Box(5, 6, 20, 20)
    records = [
        FaceRecord("a.jpg", TOO_SMALL, 1, box, "surprise", CHANCES),
        FaceRecord("b.jpg", f"{LEFT_OUT}of 20 pixels", 2, box),
    ]

    lines = lines_of(records, width, **options)

    assert max(map(cell_len, lines)) <= width or options
    text = "".join(" ".join(lines).split())
    assert "surprise?" in text
    assert "toosmall" in text
    assert "tojudge" in text
    assert "b.jpgface2:leftout:of20pixels" in text


def test_an_ascii_terminal_gets_ascii():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    table = ScreenTable(list(EMOTIONS), lambda record: record.file, 40, Style(stream))

    assert "".join(table.lines([answer(LONG), FaceRecord("c.jpg", REASON)])).isascii()
