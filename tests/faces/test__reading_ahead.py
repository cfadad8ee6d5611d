"""In which order pictures are read ahead, and where errors come."""

from __future__ import annotations

import threading
import time

import pytest

from fernet.faces import _reading_ahead
from fernet.faces._reading_ahead import Read, read_ahead
from fernet.faces.sources import Source


def sources(n):
    return (Source(str(i), i) for i in range(n))


def read(source):
    return Read(source.file, "ok")


@pytest.mark.parametrize("batch_size", [1, 5, 16, 40, 1000])
def test_all_are_given_in_order_some_at_a_time(batch_size):
    batches = list(read_ahead(sources(103), read, batch_size))

    assert [picture.file for batch in batches for picture in batch] == [*map(str, range(103))]
    assert all(len(batch) == batch_size for batch in batches[:-1])


@pytest.mark.parametrize("place", [0, 3, 21, 40])
@pytest.mark.parametrize("batch_size", [1, 8, 256])
def test_an_error_comes_after_what_was_read_before_it(batch_size, place):
    def failing(source):
        if source.picture >= place:
            raise KeyError(source.picture)
        return read(source)

    found = []
    with pytest.raises(KeyError, match=f"^{place}$"):
        for batch in read_ahead(sources(60), failing, batch_size):
            found += batch
    assert [picture.file for picture in found] == [*map(str, range(place))]


@pytest.mark.parametrize("place", [0, 3, 21, 40])
@pytest.mark.parametrize("batch_size", [1, 8, 256])
def test_so_does_one_of_what_gives_the_pictures(batch_size, place):
    def broken():
        yield from sources(place)
        raise OSError("no signal")

    found = []
    with pytest.raises(OSError, match="no signal"):
        for batch in read_ahead(broken(), read, batch_size):
            found += batch
    assert [picture.file for picture in found] == [*map(str, range(place))]


def test_few_wait_to_be_read_however_large_a_batch_is(monkeypatch):
    monkeypatch.setattr(_reading_ahead, "count_processors", lambda: 1)
    n_given = n_read = most = 0

    def given():
        nonlocal n_given
        for source in sources(320):
            n_given += 1
            yield source

    def slow(source):
        nonlocal n_read, most
        time.sleep(0.0005)
        most = max(most, n_given - n_read)
        n_read += 1
        return read(source)

    assert len(next(read_ahead(given(), slow, 1000))) == 320
    assert most <= 4 * 16


def test_names_of_files_do_not_wait_for_those_before_them(monkeypatch):
    monkeypatch.setattr(_reading_ahead, "count_processors", lambda: 1)
    all_named = threading.Event()

    def named():
        yield from (Source(str(n), f"{n}.jpg") for n in range(200))
        all_named.set()

    def read_once_all_are_named(source):
        return Read(source.file, "ok" if all_named.wait(timeout=20) else "alone")

    batches = list(read_ahead(named(), read_once_all_are_named, 1000))
    assert {picture.status for picture in batches[0]} == {"ok"}
