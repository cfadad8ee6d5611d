"""Tables that name pictures and say what each shows."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.datasets._columns import ColumnError
from fernet.datasets._picture_table import (
    is_table,
    names_pictures,
    read_table,
    table_hint,
    table_within,
)

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
ENDINGS = st.sampled_from([".png", ".JPG", ".jpeg"])
LABELS = WORDS.filter(lambda word: "." not in word)
ROWS = st.lists(st.tuples(st.builds(str.__add__, WORDS, ENDINGS), LABELS), min_size=1, max_size=5)


def written(tmp_path, text, name="labels.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@given(ROWS, st.sampled_from([",", ";", "\t", "|"]), st.booleans())
def test_what_was_written_is_read_whatever_separates_it(tmp_path_factory, rows, mark, has_header):
    # The first line tells the separator, so nothing else in it may look like one.
    rows = [(name.translate(_PLAIN), label.translate(_PLAIN)) for name, label in rows]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=mark)
    writer.writerows([("image", "label")] * has_header + rows)
    path = tmp_path_factory.mktemp("table") / "labels.csv"
    path.write_bytes(text.getvalue().encode())

    table = read_table(path)

    assert list(zip(table.names, table.labels, strict=True)) == rows
    assert table.lines == list(range(1 + has_header, 1 + has_header + len(rows)))


_PLAIN = str.maketrans(dict.fromkeys(',;\t|#"\ufeff', "-"))


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("train_00001.jpg 5\n", ("train_00001.jpg", "5")),
        ("\ufeffpath,label\r\na/1.png,happy\r\n", ("a/1.png", "happy")),
        (",pth,label,relFCs\n0,anger/0.png,surprise,0.87\n", ("anger/0.png", "surprise")),
        ('file_name,text,emotion\n1.png,"so, happy",happy\n', ("1.png", "happy")),
        ("Emotion;Image name\nsad;1.png\n", ("1.png", "sad")),
        ("image_id,label\n0001,happy\n", ("0001", "happy")),
        ("id,photo,mood\n7,me.png,calm\n", ("me.png", "calm")),
        ("\n  \nimage,label\n\na.png, sad \n", ("a.png", "sad")),
        ("sep=;\nimage;label\na.png;sad\n", ("a.png", "sad")),
        ("# mine, of May\nimage,label\n#1.png,sad\n", ("#1.png", "sad")),
        ("#1.png sad\n", ("#1.png", "sad")),
        ("{1}.png sad\n", ("{1}.png", "sad")),
        ("filename, happy, sad\na.png, 0, 1\n", ("a.png", "sad")),
        ("filename,happy,sad\na.png,0.0,1.0\nb.png,1.0,0.0\n", ("a.png", "sad")),
        ("filename,happy,sad\na.png,False,True\nb.png,TRUE,FALSE\n", ("a.png", "sad")),
        (",happy,sad,split,file\n0,1,0,test,a.png\n1,0,1,test,b.png\n", ("a.png", "happy")),
        ("image,smiles,glasses,label\na.png,0,1,calm\n", ("a.png", "calm")),
    ],
)
def test_columns_are_told_by_headers_and_values(tmp_path, text, row):
    table = read_table(written(tmp_path, text))
    assert (table.names[0], table.labels[0]) == row


@pytest.mark.parametrize(
    ("text", "votes"),
    [
        ("image,happy,sad\na.png,0,1\nb.png,1,1\n", [[0, 1], [1, 1]]),
        ("image,happy,sad\na.png,0,1\nb.png,0,0\n", [[0, 1], [0, 0]]),
    ],
)
def test_marks_of_none_or_several_classes_are_votes(tmp_path, text, votes):
    assert read_table(written(tmp_path, text)).votes.votes.tolist() == votes


def test_marks_of_emotions_count_for_more_than_others(tmp_path):
    path = written(tmp_path, "image,male,happy,sad\na.png,1,0,1\nb.png,1,1,0\n")
    assert read_table(path).labels == ["sad", "happy"]


def test_marks_of_classes_of_one_s_own_are_labels_where_nothing_else_is_or_they_are_named(tmp_path):
    path = written(tmp_path, "image,smile,other,split\na.png,1,0,train\nb.png,0,1,test\n")
    assert read_table(path).labels == ["smile", "other"]
    path = written(tmp_path, "image,mood,smile,other\na.png,x,1,0\nb.png,y,0,1\n")
    assert read_table(path, explained=["smile", "other"]).labels == ["smile", "other"]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("image,label,phase,split\na.png,x,onset,train\nb.png,y,apex,test\n", "splits", "train"),
        ("image,label,set,usage\na.png,x,A,train\nb.png,y,B,test\n", "splits", "train"),
        ("image,label,group,subject\na.png,x,patient,s1\nb.png,y,control,s2\n", "groups", "s1"),
    ],
)
def test_of_two_columns_the_plainer_name_counts(tmp_path, text, column, expected):
    assert getattr(read_table(written(tmp_path, text)), column)[0] == expected


@pytest.mark.parametrize(
    ("heads", "box"),
    [
        ("image,width,height,x,y,w,h,label", (100, 50, 48, 40)),
        ("image,x,y,width,height,face_x,face_y,face_w,face_h,label", (100, 50, 48, 40)),
    ],
)
def test_the_face_s_box_is_told_from_the_picture_s_size(tmp_path, heads, box):
    fields = dict.fromkeys(heads.split(","), "300") | {"image": "a.png", "label": "happy"}
    prefix = "face_" if "face_x" in fields else ""
    fields |= {prefix + name: str(value) for name, value in zip("xywh", box, strict=True)}
    table = read_table(written(tmp_path, f"{heads}\n{','.join(fields.values())}\n"))
    assert table.boxes == [box]


def test_a_column_of_splits_is_kept(tmp_path):
    table = read_table(written(tmp_path, "image,label,split\na.png,x,train\nb.png,y,test\n"))
    assert table.splits == ["train", "test"]
    assert read_table(written(tmp_path, "image,label\na.png,x\n")).splits is None


@pytest.mark.parametrize("columns", [{"label_column": "mood"}, {"label_column": 2}])
def test_a_column_may_be_named_or_counted(tmp_path, columns):
    path = written(tmp_path, "image,label,Mood\na.png,1,calm\n")
    assert read_table(path, **columns).labels == ["calm"]
    assert read_table(path).labels == ["1"]


def test_a_column_keeps_its_place_beside_one_for_each_class(tmp_path):
    path = written(tmp_path, "happy,sad,crop,original\n0,1,b.png,a.png\n")
    table = read_table(path, image_column=3)
    assert (table.names, table.labels) == (["a.png"], ["sad"])


def test_one_of_several_columns_of_pictures_may_be_named(tmp_path):
    path = written(tmp_path, "original,cropped,label\na.png,b.png,sad\n")
    with pytest.raises(ColumnError, match=r"which column is the image .* image_column"):
        read_table(path)
    assert read_table(path, image_column="Cropped").names == ["b.png"]


def test_names_that_are_no_unicode_are_those_of_files(tmp_path):
    table = read_table(written(tmp_path, b"image,label\ncaf\xe9.png,sad\n"))
    assert table.names == ["caf\udce9.png"]


def test_a_table_may_be_compressed(tmp_path):
    path = written(tmp_path, gzip.compress(b"image,label\na.png,sad\n"), "labels.csv.gz")
    assert is_table(path)
    assert read_table(path).names == ["a.png"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file is empty"),
        ("image,label\n", "a header and no rows"),
        ("image,label\na.png,x\nb.png\n", "line 3: 1 fields; expected 2"),
        ("image,label\n,sad\n", "line 2: no file's name"),
        ("a.png,1,2\n", "which column is the label is not to be told"),
        ("a,b\n1,2\n", "a column of the image is not to be told"),
        ("a.png\n", "a column of the label is not to be told"),
        ("a.png\0,x\n", "not a text file"),
        ("image,label\na,b,c.png\n", "line 2: 3 fields; expected 2"),
        ("image,mood,happy,sad\na.png,x,0,1\nb.png,y,1,1\n", "which column is the label"),
        ("image,mood,male,female\na.png,x,0,1\nb.png,y,1,0\n", "'mood' may be the label, and so"),
        ("image,happy,sad,male\na.png,7,3,1\n", "'male' may be none"),
        ("image,happy,sad,male,female\na.png,7,3,1,0\nb.png,2,8,0,1\n", "'male' may be none"),
        ("image,mask,image,label\na.png,b.png,c.png,x\n", "'label'; rename the others there"),
        ("image;happy;sad\na.png;0,75;0,25\n", "'0,75' in the column 'happy'; expected"),
        ("image,happy,sad\na.png,75%,25%\n", "'75%' in the column 'happy'; expected a number"),
        ("image,happy,sad\na.png,1,999\nb.png,0,1\n", "line 2: 999 in the column 'sad'"),
        ("image;x;y;w;h;label\na.png;1;2;30,5;40,5;happy\n", "line 2: '30,5' in a column of a box"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(tmp_path, text, fault):
    with pytest.raises(ValueError, match=rf"labels\.csv.*{fault}"):
        read_table(written(tmp_path, text))


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"label_column": "mood"}, "label_column='mood', but its first line has 'image', 'label'"),
        ({"image_column": 2}, "image_column=2; it has 2 columns, from 0"),
        ({"image_column": "label", "label_column": 1}, "column 'label' can't be both"),
    ],
)
def test_a_column_that_is_not_there_is_refused(tmp_path, columns, fault):
    with pytest.raises(ValueError, match=fault):
        read_table(written(tmp_path, "image,label\na.png,x\n"), **columns)


@pytest.mark.parametrize(
    ("lines", "are"),
    [
        (["image,label", "1.png,happy"], True),
        (["1.png happy"], True),
        (["image_id,label", "7,happy"], True),
        (["emotion,pixels,Usage", "0,1 2 3,Training"], False),
        (["emotion,pixels,image", "0,1 2 3,a.png"], False),
        (["emotion,image", "0," + "77 " * 2304], False),
        (["Usage,neutral,happiness", "Training,4,0"], False),
        ([], False),
    ],
)
def test_a_table_of_pictures_is_told_from_other_tables(lines, are):
    assert names_pictures(lines) is are


def test_a_table_is_found_in_a_folder(tmp_path):
    written(tmp_path, "emotion,pixels\n0,1 2\n", "faces.csv")
    written(tmp_path, "image,label\na.png,x\n", ".hidden.csv")
    assert table_within(tmp_path) is None
    table = written(tmp_path, "a.png 5\n", "list.txt")
    assert table_within(tmp_path) == table


@pytest.mark.parametrize("name", ["list.txt", "labels/list.txt"])
def test_a_table_in_a_folder_or_below_it_is_pointed_at(tmp_path, name):
    assert table_hint(tmp_path) == table_hint(tmp_path / "none") == ""
    (tmp_path / "labels").mkdir()
    table = written(tmp_path, "a.png 5\n", name)
    assert table_hint(tmp_path).endswith(f"says what each picture shows, give it itself: {table}")


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('{"file_name": "a.png", "label": 1}\n' * 2, "read_json('metadata.jsonl', lines=True)"),
        ('{"images": [{"file_name": "a.png"}]}\n', "the guide's page on pixels"),
        ('[\n  {"file_name": "a.png"}\n]\n', "read_json('metadata.jsonl').to_csv("),
        ('[\n  {"id": 1, "data": {"image": "a.png"}}\n]\n', "the guide's page on pixels"),
    ],
)
def test_json_is_told_how_to_become_a_table(tmp_path, text, cure):
    with pytest.raises(ValueError, match=r"metadata\.jsonl: JSON; expected a table") as caught:
        read_table(written(tmp_path, text, "metadata.jsonl"))
    assert cure in str(caught.value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<annotation>\n<filename>a.png</filename>\n</annotation>\n", "XML, as annotation tools"),
        ('<?xml version="1.0"?>\n<annotations/>\n', "XML, as annotation tools write"),
        ("pixels\n1 2 3 4\n5 6 7 8\n", "faces without labels, as in the competition's test.csv"),
    ],
)
def test_documents_and_faces_without_labels_are_called_so(tmp_path, text, fault):
    with pytest.raises(ValueError, match=f"labels.csv: {fault}"):
        read_table(written(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        'fer0000000.png,"(0, 0, 48, 48)",4,0,0,1,3,2,0,0,0,0\n',
        "Usage,Image name,neutral,happiness,contempt,unknown,NF\nTraining,a.png,4,0,0,2,0\n",
    ],
)
def test_votes_of_ferplus_point_at_the_faces_that_they_are_on(tmp_path, text):
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=r"labels=.fer2013new\.csv."):
        read_table(path)
    assert read_table(path, label_column=2).labels == ["4"]
