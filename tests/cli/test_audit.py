"""``fernet audit``: what is wrong with a data set."""

from __future__ import annotations

import json

import pytest


def test_duplicates_are_counted(run, tmp_path, write_images, faces):
    images = faces.images[[0, 1, 2, 3, 0]]
    folder = write_images(tmp_path / "data", images, ["a", "a", "b", "b", "b"])

    result = run("audit", folder, "--exact-only", "--json")

    report = json.loads(result.stdout)
    assert report["n_samples"] == 5
    assert [len(group) for group in report["exact_groups"]] == [2]
    assert len(report["conflicting_groups"]) == 1


def test_the_table_is_printed(run, fer_csv):
    result = run("audit", fer_csv)

    assert result.exit_code == 0
    assert "Audit of 140 images: 100 Training, 40 PublicTest" in result.stdout
    assert "near duplicates" in result.stdout


def test_a_missing_data_set_is_told(run):
    result = run("audit", "nowhere")

    assert result.exit_code == 2
    assert "nowhere: no such file or folder" in result.stderr


@pytest.fixture
def faulty(tmp_path, faces, write_images):
    """A folder with a face under two labels, a class misspelt and one written in two ways."""
    images = faces.images[[0, 1, 0, 2, 3, 4, 5]]
    labels = ["happy", "happy", "sad", "sad", "happpy", "Calm", "calm"]
    return write_images(tmp_path / "data", images, labels)


def test_files_of_contradictory_labels_are_named(run, faulty):
    text = run("audit", faulty, "--exact-only").stdout
    report = json.loads(run("audit", faulty, "--exact-only", "--json").stdout)

    first, second = faulty / "happy" / "000.png", faulty / "sad" / "002.png"
    title = "The same, with different labels:"
    assert f"{title}\n  {first} (happy) = {second} (sad)\n" in f"{text}\n"
    assert report["conflicting_images"] == [
        [{"file": str(first), "class": "happy"}, {"file": str(second), "class": "sad"}]
    ]


def test_a_table_s_lines_are_named(run, tmp_path, faulty):
    table = tmp_path / "labels.csv"
    file = "data/happy/001.png"
    table.write_text(f"# ours\nimage,label\n{file},happy\ndata/sad/003.png,sad\n{file},sad\n")

    text = run("audit", table, "--exact-only").stdout

    file = tmp_path / file
    assert f"  {file} (line 3: happy) = {file} (line 5: sad)" in text.splitlines()


def test_classes_are_counted_and_slips_in_their_names_told(run, faulty):
    text = run("audit", faulty, "--exact-only").stdout
    report = json.loads(run("audit", faulty, "--exact-only", "--json").stdout)

    assert "Classes: 1 Calm, 1 calm, 1 happpy, 2 happy, 2 sad" in text.splitlines()
    assert "  a single image: Calm, calm, happpy" in text.splitlines()
    assert "  written alike: 'Calm' and 'calm'" in text.splitlines()
    assert report["class_counts"] == {"Calm": 1, "calm": 1, "happpy": 1, "happy": 2, "sad": 2}
    assert report["classes_written_alike"] == {"Calm": "calm"}


def test_a_name_is_no_command_to_a_terminal(run, tmp_path, faces, write_images):
    folder = write_images(tmp_path / "two\x1b[31m", faces.images[[0, 0]], ["happy", "sad"])

    text = run("audit", folder).stdout

    assert "\x1b" not in text
    assert "two\\x1b[31m" in text
