"""CIFAR-10's batches and what can be wrong with them."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from fernet.datasets import _cifar10_batches
from fernet.datasets._cifar10_batches import read_batches

PLANES = np.arange(2 * 3072, dtype=np.uint8).reshape(2, 3072)


def put(folder, value):
    path = folder / "test_batch"
    path.write_bytes(value if isinstance(value, bytes) else pickle.dumps(value, 2))
    return path


@pytest.mark.parametrize(
    "batch",
    [
        {"data": PLANES, "labels": [1, 9]},
        {b"data": PLANES, b"labels": [1, 9], b"filenames": [b"a.png", b"b.png"]},
        {b"data": np.asfortranarray(PLANES), b"labels": np.array([1, 9])},
    ],
)
def test_a_pickled_batch_is_read_whoever_wrote_it(tmp_path, batch):
    put(tmp_path, batch)
    (read,) = read_batches(tmp_path, ("test",))
    assert (read.planes == PLANES).all()
    assert (read.labels.tolist(), read.labels.dtype) == ([1, 9], np.int64)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ([1, 2], "the pickle holds a list; expected a dict"),
        ({b"labels": [1]}, "'data' is missing; expected a uint8 array of shape"),
        ({b"data": PLANES}, "'labels' is missing; expected 2 integers"),
        ({b"data": PLANES.astype(np.int32), b"labels": [1, 2]}, "'data' is a int32 array of shape"),
        ({b"data": PLANES[:, :3071], b"labels": [1, 2]}, r"'data' is .* of shape \(2, 3071\)"),
        ({b"data": PLANES[:0], b"labels": []}, r"'data' is .* of shape \(0, 3072\); expected"),
        ({b"data": PLANES, b"labels": [1]}, "'labels' is a int64 array of shape .1,.; expected 2"),
        ({b"data": PLANES, b"labels": [1, "2"]}, "'labels' is a list of 2; expected 2 integers"),
        ({b"data": PLANES, b"labels": [1, 10]}, "image 2: the label is 10; expected 0 to 9"),
        ({b"data": PLANES, b"labels": [-1, 1]}, "image 1: the label is -1"),
        ({b"data": os.system, b"labels": [1]}, "the pickle asks for .*system, which is not plain"),
        (b"garbage", "the pickle"),
        (b"", "the file is empty"),
        (pickle.dumps({b"data": PLANES, b"labels": [1, 9]})[:-100], "the pickle is damaged"),
    ],
)
def test_a_bad_pickle_is_named(tmp_path, batch, message):
    put(tmp_path, batch)
    with pytest.raises(ValueError, match=f"test_batch(, |: ){message}"):
        read_batches(tmp_path, ("test",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(3072), ": 3072 bytes, which is no whole number of records of 3073"),
        (bytes(3073) + bytes([10]) + bytes(3072), ", image 2: the label is 10; expected 0 to 9"),
        (b"", ": the file is empty"),
    ],
)
def test_a_bad_binary_batch_is_named(tmp_path, content, message):
    (tmp_path / "test_batch.bin").write_bytes(content)
    with pytest.raises(ValueError, match=rf"test_batch\.bin{message}"):
        read_batches(tmp_path, ("test",))


def test_a_missing_batch_is_an_error(tmp_path):
    for i in (1, 2, 4, 5):
        (tmp_path / f"data_batch_{i}.bin").write_bytes(bytes(3073))
    with pytest.raises(ValueError, match=r"no data_batch_3 or data_batch_3\.bin"):
        read_batches(tmp_path, ("train",))


def test_a_batch_beyond_all_measure_is_not_even_read(tmp_path, monkeypatch):
    monkeypatch.setattr(_cifar10_batches, "MAX_BATCH_BYTES", 3000)
    put(tmp_path, bytes(3073))
    with pytest.raises(ValueError, match="3073 bytes; a batch has at most 3000"):
        read_batches(tmp_path, ("test",))
