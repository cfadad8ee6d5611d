"""Estimators with scikit-learn's interface."""

from __future__ import annotations

from fernet.estimators.cnn import FERCNNClassifier
from fernet.estimators.mlp import FERMLPClassifier

__all__ = ["FERCNNClassifier", "FERMLPClassifier"]
__dir__ = __all__.copy
