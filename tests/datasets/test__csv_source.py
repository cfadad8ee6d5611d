"""CSVs within gzip, zip and tar files."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from fernet.datasets import load_fer2013


@pytest.fixture(scope="module")
def content(csv_bytes, faces):
    return csv_bytes(faces[:3])


def zipped(path, names, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content if name.endswith("csv") else b"text")


def tarred(path, names, mode, content):
    with tarfile.open(path, mode) as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def write(path, kind, content):
    if kind == "gzip":
        path.write_bytes(gzip.compress(content))
    elif kind in ("bz2", "xz"):
        path.write_bytes({"bz2": bz2, "xz": lzma}[kind].compress(content))
    elif kind == "utf-16 in gzip":
        path.write_bytes(gzip.compress(content.decode().encode("utf-16")))
    elif kind == "zip":
        zipped(path, ["faces.csv"], content)
    else:
        tarred(path, ["fer2013/README", "fer2013/fer2013.csv"], kind, content)


@pytest.mark.parametrize(
    "kind", ["gzip", "bz2", "xz", "utf-16 in gzip", "zip", "w:", "w:gz", "w:bz2", "w:xz"]
)
def test_the_kind_is_told_from_the_content(tmp_path, content, kind):
    plain, packed = tmp_path / "plain.csv", tmp_path / "packed"
    plain.write_bytes(content)
    write(packed, kind, content)
    assert (load_fer2013(packed, "all").data == load_fer2013(plain, "all").data).all()


@pytest.mark.parametrize(
    "names",
    [
        ["folder/", "__MACOSX/faces.csv", "readme.txt", "folder/faces.csv"],
        ["train.csv", "icml_face_data.csv", "test.csv"],
    ],
)
def test_the_csv_in_an_archive_is_found(tmp_path, content, names):
    zipped(tmp_path / "faces.zip", names, content)
    assert len(load_fer2013(tmp_path / "faces.zip", "all").data) == 3


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "no CSV in this archive"),
        (["train/happy/1.jpg"], "no CSV in this archive; if it holds images, unpack it"),
        (["xl/workbook.xml", "xl/styles.xml"], "an Excel workbook; save its table as CSV"),
        (["a.npy", "b.npy"], "arrays; numpy.load reads them"),
        (["a.csv", "b.csv"], "more than one CSV in this archive .a.csv, b.csv."),
    ],
)
def test_an_archive_without_one_csv_to_read_is_refused(tmp_path, content, names, message):
    path = tmp_path / "faces.zip"
    zipped(path, names, content)
    with pytest.raises(ValueError, match=message):
        load_fer2013(path)


def test_faults_within_an_archive_name_the_file_and_the_place_in_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
        archive.writestr("a/faces.csv", "emotion,pixels,Usage\n9,1,Training\n")
    with pytest.raises(ValueError, match=r"faces\.zip.a/faces\.csv, line 2: the emotion is '9'"):
        load_fer2013(tmp_path / "faces.zip")


@pytest.mark.parametrize("kind", ["gzip", "zip", "w:", "w:gz"])
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_an_archive_cut_short_is_refused(tmp_path, content, kind, part):
    path = tmp_path / "packed"
    write(path, kind, content)
    packed = path.read_bytes()
    path.write_bytes(packed[: int(part * len(packed.rstrip(b"\0")))])
    with pytest.raises(ValueError, match="packed"):
        load_fer2013(path, "all")


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_damage_within_compressed_data_is_refused(tmp_path, content, kind):
    path = tmp_path / "packed"
    write(path, kind, content)
    packed = bytearray(path.read_bytes())
    packed[2000:2010] = b"0123456789"
    path.write_bytes(packed)
    with pytest.raises(ValueError, match=r"packed.*compressed data cut short or damaged"):
        load_fer2013(path, "all")


def test_an_encrypted_zip_is_refused(tmp_path, content):
    path = tmp_path / "faces.zip"
    zipped(path, ["faces.csv"], content)
    packed = bytearray(path.read_bytes())
    central = packed.index(b"PK\x01\x02")
    packed[6] |= 1
    packed[central + 8] |= 1
    path.write_bytes(packed)
    with pytest.raises(ValueError, match="is encrypted; unpack it first"):
        load_fer2013(path)
