"""CIFAR-10 in all its versions."""

from __future__ import annotations

import pickle
import tarfile

import numpy as np
import pytest
from PIL import Image

from fernet.datasets import load_cifar10

RNG = np.random.default_rng(0)
# Two images for each of the six batches.
IMAGES = RNG.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(12) % 10
STEMS = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def write_binary(root):
    root.mkdir()
    planes = IMAGES.transpose(0, 3, 1, 2).reshape(12, -1)
    for i, stem in enumerate(STEMS):
        part = slice(2 * i, 2 * i + 2)
        records = np.column_stack([LABELS[part].astype(np.uint8), planes[part]])
        (root / f"{stem}.bin").write_bytes(records.tobytes())


def write_pickles(root):
    root.mkdir()
    planes = IMAGES.transpose(0, 3, 1, 2).reshape(12, -1)
    for i, stem in enumerate(STEMS):
        part = slice(2 * i, 2 * i + 2)
        batch = {b"data": planes[part], b"labels": LABELS[part].tolist()}
        (root / stem).write_bytes(pickle.dumps(batch, 2))


def write_images(root):
    for i, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        folder = root / ("train" if i < 10 else "test") / NAMES[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{i:04}.png")


def write_archive(path, write):
    folder = path.with_name("unpacked")
    write(folder)
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, "cifar-10-batches")


@pytest.fixture(params=["binary", "python", "images", "binary archive", "python archive"])
def version(request, tmp_path):
    path = tmp_path / "data"
    if "archive" in request.param:
        write_archive(path, write_binary if "binary" in request.param else write_pickles)
    else:
        {"binary": write_binary, "python": write_pickles, "images": write_images}[request.param](
            path
        )
    return path


@pytest.mark.parametrize(
    ("subset", "part"), [("train", slice(0, 10)), ("test", slice(10, 12)), ("all", slice(0, 12))]
)
def test_every_version_gives_the_same_images(version, subset, part):
    loaded = load_cifar10(version, subset)
    assert (loaded.images == IMAGES[part]).all()
    assert (loaded.target == LABELS[part]).all()
    assert loaded.usage.tolist() == (["train"] * 10 + ["test"] * 2)[part]


def test_the_bunch_has_colors_side_by_side_in_data(version):
    loaded = load_cifar10(str(version), "test")
    assert (loaded.data == IMAGES[10:].reshape(2, 3072)).all()
    assert np.shares_memory(loaded.data, loaded.images)
    assert (loaded.data.dtype, loaded.target.dtype) == (np.uint8, np.int64)
    assert loaded.target_names == list(NAMES)
    assert "2 images" in loaded.DESCR


def test_data_and_target_alone(version):
    X, y = load_cifar10(version, return_X_y=True)
    assert (X.shape, y.tolist()) == ((10, 3072), list(range(10)))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("cifar-10-batches-bin", write_binary),
        ("cifar-10-batches-py", write_pickles),
        ("cifar10", write_images),
    ],
)
def test_a_version_is_found_in_the_folder_above(tmp_path, name, write):
    write(tmp_path / name)
    assert len(load_cifar10(tmp_path, "all").data) == 12


def test_faults_of_the_place_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="none: no such file or folder"):
        load_cifar10(tmp_path / "none")
    with pytest.raises(ValueError, match="no version of CIFAR-10 in this folder"):
        load_cifar10(tmp_path)
    with pytest.raises(ValueError, match="subset must be train, test or all, got 'Training'"):
        load_cifar10(tmp_path, "Training")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(ValueError, match="text: not an archive of CIFAR-10"):
        load_cifar10(tmp_path / "text")


def test_an_archive_cut_short_is_refused(tmp_path):
    path = tmp_path / "data.tar.gz"
    write_archive(path, write_binary)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(ValueError, match=r"data\.tar\.gz.*(cut short|not complete)"):
        load_cifar10(path)


def test_faults_in_image_folders_are_told(tmp_path):
    write_images(tmp_path)
    Image.new("RGB", (32, 48)).save(tmp_path / "test" / "airplane" / "x.png")
    with pytest.raises(ValueError, match=r"x\.png: 32 x 48 pixels; expected 32 x 32"):
        load_cifar10(tmp_path, "test")
    (tmp_path / "train" / "lorry").mkdir()
    with pytest.raises(ValueError, match="lorry: a folder named after no class of CIFAR-10"):
        load_cifar10(tmp_path)
    (tmp_path / "test").rename(tmp_path / "other")
    with pytest.raises(ValueError, match="no folder test here"):
        load_cifar10(tmp_path, "test")
