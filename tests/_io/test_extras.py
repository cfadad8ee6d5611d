"""A package that is lacking is named with its extra, one that fails with its cause."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from fernet._io.extras import import_extra


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A function that makes a module of some code."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(code):
        Path(tmp_path, "fernet_test_extra.py").write_text(code)
        importlib.invalidate_caches()

    yield make
    sys.modules.pop("fernet_test_extra", None)


def bring():
    return import_extra("fernet_test_extra", "the moon", "cheese", "dairy")


def test_one_that_is_there_is_imported(package):
    package("answer = 42")
    assert bring().answer == 42


@pytest.mark.parametrize("module", ["fernet_test_extra", "fernet_test_extra.part"])
def test_one_that_is_lacking_names_the_extra(module):
    with pytest.raises(ImportError) as caught:
        import_extra(module, "the moon", "cheese", "dairy")
    expected = 'the moon needs cheese; install it with: pip install "fernet-emotion[dairy]"'
    assert str(caught.value) == expected


def test_one_that_lacks_another_names_that_too(package):
    package("import fernet_no_such_package")
    with pytest.raises(ImportError, match=r"dairy\]\" \(No module named 'fernet_no_such_package'"):
        bring()


def test_a_file_of_its_name_is_told(package, tmp_path):
    package("answer = 42")
    with pytest.raises(ImportError) as caught:
        import_extra("fernet_test_extra.part", "the moon", "cheese", "dairy")
    assert f"({tmp_path / 'fernet_test_extra.py'} is another)" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("raise ImportError('libGL.so.1: cannot open')", "ImportError: libGL.so.1: cannot open"),
        ("raise ValueError('no such backend')", "ValueError: no such backend"),
        ("from os import no_such_name", "ImportError: cannot import name 'no_such_name'"),
        ("None.value", "AttributeError: 'NoneType'"),
    ],
)
def test_one_that_fails_has_its_cause_and_no_advice_to_install(package, code, cause):
    package(code)
    with pytest.raises(ImportError) as caught:
        bring()
    assert "the moon needs cheese, which is there but can't be imported" in str(caught.value)
    assert cause in str(caught.value)
    assert "pip install" not in str(caught.value)
