"""Errors' messages on one line."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fernet._io.errors import ModelFileError, is_out_of_memory, naming_memory, one_line


@given(st.text())
def test_a_message_is_one_short_line_that_is_never_empty(text):
    line = one_line(ValueError(text))
    assert 0 < len(line) <= 300
    assert len(line.splitlines()) == 1
    assert line == " ".join(text.split()) or line.endswith("...") or line == "ValueError"


def test_callers_may_catch_it_as_a_value_error():
    assert issubclass(ModelFileError, ValueError)


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError("out of memory when reading image file"), True),
        (FileNotFoundError(errno.ENOENT, "No such file", "out of memory.jpg"), False),
        (ValueError("array 'out of memory' is not finite"), False),
    ],
)
def test_too_little_memory_is_told_from_words_of_files(error, is_one):
    assert is_out_of_memory(error) is is_one
    with pytest.raises(MemoryError if is_one else type(error)), naming_memory("a.jpg"):
        raise error


def test_too_little_memory_names_a_file_once():
    message = r"^a\.jpg: there is no room for it in memory$"
    with pytest.raises(MemoryError, match=message), naming_memory("a.jpg"), naming_memory("a.jpg"):
        raise MemoryError
