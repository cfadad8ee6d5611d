"""Imports, each in a fresh interpreter."""

from __future__ import annotations


def timeraw_sklearn_base():
    return "import sklearn.base"


def timeraw_fernet_beyond_sklearn_base():
    return "import fernet", "import sklearn.base"


def timeraw_classifier_beyond_sklearn_base():
    return "from fernet import FERMLPClassifier", "import sklearn.base"


def timeraw_command_line():
    return "import fernet.cli"
