"""pandas, where it is and where it is not."""

from __future__ import annotations

import sys

import pytest

from fernet._io.frames import import_pandas
from fernet._training.history import History
from fernet.datasets import make_faces


def test_pandas_is_pandas():
    assert import_pandas("this").DataFrame is pytest.importorskip("pandas").DataFrame


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        (lambda: import_pandas("that"), "that"),
        (lambda: make_faces(7, random_state=0, as_frame=True), "as_frame=True"),
        (lambda: History().to_frame(), "to_frame"),
    ],
)
def test_who_asks_without_pandas_is_told_what_to_install(monkeypatch, call, asked):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=f"^{asked} needs pandas: pip install pandas$"):
        call()
