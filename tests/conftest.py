"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

# Interpreters that tests start shall not take the folder they start in for a place to import
# from: in a checkout, its `fernet` is sources that are not compiled.
os.environ["PYTHONSAFEPATH"] = "1"

# A shell starts its background jobs with Ctrl-C ignored, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def fernet_data() -> Path:
    """Folder with the real FER2013 and CIFAR-10, named by the variable ``FERNET_DATA``.

    It holds ``fer2013.csv``, Kaggle's ``fer2013/``, ``cifar-10-batches-bin/``,
    ``cifar-10-batches-py/`` and CIFAR-10's images in ``cifar10/``.
    """
    place = os.environ.get("FERNET_DATA")
    if not place:
        pytest.skip("set FERNET_DATA to a folder with the real FER2013 and CIFAR-10 to run this")
    return Path(place)
