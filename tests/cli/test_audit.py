"""``fernet audit``: what is wrong with a data set."""

from __future__ import annotations

import json


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
