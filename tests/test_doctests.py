"""The examples in docstrings run and print what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import fernet

PYTHON_MODULES = [
    module.name
    for module in pkgutil.walk_packages(fernet.__path__, "fernet.")
    if not module.name.endswith(("__main__", "libfernet_kernels"))
]


@pytest.mark.parametrize("name", ["fernet", *PYTHON_MODULES])
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0
