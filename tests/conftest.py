"""Fixtures that every test may ask for."""

from __future__ import annotations

import importlib.util
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


# What TensorFlow has to say of a machine without a GPU is nobody's concern here.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HAS_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None


@pytest.fixture(autouse=True)
def _skip_without_tensorflow(request):
    if request.node.get_closest_marker("tensorflow") and not HAS_TENSORFLOW:
        pytest.skip('TensorFlow is not installed: pip install "fernet-emotion[tensorflow]"')


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
