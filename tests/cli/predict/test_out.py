"""A file of rows that goes on where it was interrupted."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet.cli.errors import BAD_INPUT, InputError
from fernet.cli.predict.out import ResumableFile
from fernet.cli.predict.rows import RowWriter
from fernet.faces import Box
from fernet.faces.records import FaceRecord

NAMES = ["happy", "sad"]
FILES = ["a.jpg", 'b"with, signs.jpg', "c\nwith a line's end.jpg", "c\rwith another.jpg"]
FILES += ["talk.mp4", "talk.mp4", "empty.mp4", "d.jpg", "d.jpg", "e.jpg"]


def records(file):
    """One file has three faces, one none, one can't be read; one is a video, one has no frame."""
    if file == "talk.mp4":
        box, chances = Box(1, 2, 30, 30), {"happy": 0.25, "sad": 0.75}
        # From frame to frame the most certain is another.
        faces = [(0, 1), (0, 2), (1, 2), (1, 1), (2, 1), (3, None)]
        return [
            FaceRecord(file, "no face found", frame=frame, seconds=0.0)
            if face is None
            else FaceRecord(file, "ok", face, box, "sad", chances, frame=frame, seconds=0.0)
            for frame, face in faces
        ]
    if file == "d.jpg":
        box = Box(1, 2, 30, 30)
        chances = {"happy": 0.25, "sad": 0.75}
        return [FaceRecord(file, "ok", n, box, "sad", chances) for n in (1, 2, 3)]
    return [FaceRecord(file, "no face found" if file == "a.jpg" else "damaged")]


def row_writer(layout):
    return RowWriter(layout, NAMES, with_frames=True)


def write(folder: Path, layout: str, files=FILES, settings="same", start_over=False):
    """Write all rows that are missing; return the file and the names that were looked at."""
    writer = row_writer(layout)
    target = ResumableFile(folder / "rows", layout, settings, writer.heading())
    stream = target.open()
    looked_at = []

    def rows():
        for file in target.skip_done(files, start_over=start_over):
            looked_at.append(file)
            yield from records(file)

    writer.write(stream, rows())
    target.finish()
    return folder / "rows", looked_at


@pytest.mark.parametrize("layout", ["csv", "jsonl"])
@given(data=st.data())
def test_wherever_it_was_cut_the_whole_file_comes_out(tmp_path_factory, layout, data):
    folder = tmp_path_factory.mktemp("rows")
    path, _ = write(folder, layout)
    whole = path.read_bytes()
    partial = ResumableFile(path, layout, "same", row_writer(layout).heading()).partial
    cut = data.draw(st.integers(0, len(whole)))
    noise = data.draw(st.sampled_from([b"", b"\0" * 40, b"\xff\xfe", b'"', b"{\n"]))
    partial.write_bytes(whole[:cut] + noise)

    path, looked_at = write(folder, layout)

    assert path.read_bytes() == whole
    assert looked_at == FILES[len(FILES) - len(looked_at) :]
    assert not partial.exists()


def test_names_with_any_signs_are_read_from_the_csv(tmp_path):
    files = FILES[:4]
    path, _ = write(tmp_path, "csv", files)
    with open(path, encoding="utf-8", newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == files
    assert pd.read_csv(path)["file"].tolist() == files
    assert not path.read_bytes().endswith(b"\r\n")


@pytest.mark.parametrize("layout", ["csv", "jsonl"])
def test_only_what_is_missing_and_the_last_file_before_are_looked_at_again(tmp_path, layout):
    path, _ = write(tmp_path, layout)
    whole = path.read_bytes()
    partial = ResumableFile(path, layout, "same", row_writer(layout).heading()).partial
    partial.write_bytes(whole[:-5])

    assert write(tmp_path, layout)[1] == FILES[-2:]
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"settings": "other"}, FILES),
        ({"start_over": True}, FILES),
        ({"files": [*FILES[:2], "new.jpg", *FILES[2:]]}, ["new.jpg", *FILES[2:]]),
        ({"files": FILES[:1] + FILES[2:]}, FILES[2:]),
    ],
)
def test_rows_of_another_run_or_of_other_files_are_not_taken(tmp_path, options, expected):
    path, _ = write(tmp_path, "csv")
    heading = row_writer("csv").heading()
    partial = ResumableFile(path, "csv", "same", heading).partial
    partial.write_bytes(path.read_bytes())

    path, looked_at = write(tmp_path, "csv", **options)

    assert looked_at == expected
    partial.unlink(missing_ok=True)
    (tmp_path / "again").mkdir()
    again, _ = write(tmp_path / "again", "csv", options.get("files", FILES))
    assert path.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("layout", ["csv", "jsonl"])
def test_what_was_written_or_replaced_since_is_looked_at_again_with_all_behind_it(tmp_path, layout):
    files = [str(tmp_path / name) for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")]
    for file in files[:3]:  # the last is not there
        Path(file).write_bytes(b"as it was")
    path, _ = write(tmp_path, layout, files)
    partial = ResumableFile(path, layout, "same", row_writer(layout).heading()).partial
    partial.write_bytes(path.read_bytes())
    interrupted = partial.stat().st_mtime_ns
    assert write(tmp_path, layout, files)[1] == files[3:]

    partial.write_bytes(path.read_bytes())
    os.utime(partial, ns=(interrupted, interrupted))
    other = tmp_path / "other"
    other.write_bytes(b"replaced")
    os.utime(other, ns=(0, 0))  # as copies keep the time of what they copy
    other.replace(files[1])

    assert write(tmp_path, layout, files)[1] == files[1:]


def test_two_runs_do_not_write_one_file(tmp_path):
    first = ResumableFile(tmp_path / "rows", "csv", 0, "file\n")
    first.open()
    with pytest.raises(InputError, match="another run is writing it"):
        ResumableFile(tmp_path / "rows", "csv", 0, "file\n").open()
    first.close()
    second = ResumableFile(tmp_path / "rows", "csv", 0, "file\n")
    second.open()
    second.close()


def test_what_runs_with_other_options_have_left_is_found(tmp_path):
    out = tmp_path / "rows[1].csv"
    earlier, running, mine = (ResumableFile(out, "csv", n, "file\n") for n in range(3))
    earlier.open()
    earlier.close()
    running.open()
    mine.open()
    for name in ("rows[1].csv.partial", "rows1.csv.0123abcd.partial", "x.0123abcd.partial"):
        (tmp_path / name).write_text("file\n")

    assert mine.of_other_runs() == [earlier.partial]
    assert running.of_other_runs() == [earlier.partial]
    for file in (running, mine):
        file.close()


def test_a_folder_is_no_file_to_write(tmp_path):
    with pytest.raises(InputError, match="a folder, expected a file to write"):
        ResumableFile(tmp_path, "csv", 0, "")


def test_a_folder_that_can_not_be_written_to_names_the_file_that_was_asked_for(tmp_path):
    out = tmp_path / "gone" / "rows.csv"

    with pytest.raises(FileNotFoundError) as caught:
        ResumableFile(out, "csv", [], "file\n").open()

    assert caught.value.filename == str(out)


@pytest.mark.parametrize("first", ["csv", "jsonl", "table"])
@pytest.mark.parametrize("more", [[], ["--no-resume"]])
def test_rows_of_an_earlier_run_are_replaced(run, model_file, image_files, first, more):
    command = ["predict", "--model", model_file, image_files, "--out", "rows", *more]
    assert run(*command, "--format", first).exit_code == 0
    assert run(*command, "--format", "csv").exit_code == 0
    assert Path("rows").read_text().startswith("file,face,x,y,")


@pytest.mark.parametrize(
    "text",
    [
        "image,label,subject\na.jpg,happy,anna\n",
        "file,face,emotion,mine,status\n",
        '{"file_name": "a.png", "label": "happy"}\n',
        "{\n",
        "[1]\n",
        "\n",
        "\xff\xfe",
    ],
)
@pytest.mark.parametrize("more", [[], ["--no-resume"]])
def test_a_file_of_ones_own_is_not_written_over(run, model_file, image_files, tmp_path, text, more):
    own = tmp_path / "labels.csv"
    own.write_text(text, encoding="latin-1")
    before = own.read_bytes()
    result = run("predict", "--model", model_file, image_files, "--out", own, *more)

    assert result.exit_code == BAD_INPUT
    assert f"--out {own}: {own} is there, and fernet predict did not write it" in result.stderr
    assert own.read_bytes() == before
    assert os.listdir(tmp_path) == ["labels.csv"]


def test_what_is_read_is_not_written_over(run, model_file, image_files, tmp_path):
    photo = tmp_path / "b.png"
    shutil.copy(next(image_files.iterdir()), photo)
    link = tmp_path / "link.png"
    link.symlink_to(photo)
    before = photo.read_bytes()
    for out in (photo, link):
        result = run("predict", "--model", model_file, photo, "--format", "csv", "--out", out)

        assert result.exit_code == BAD_INPUT
        assert f"--out {out}: {out} would be written over" in result.stderr
        assert photo.read_bytes() == before
