"""fernet: networks that recognise the emotion in a face, with scikit-learn's interface.

>>> from fernet import FERMLPClassifier
>>> from fernet.datasets import make_faces
>>> X, y = make_faces(300, random_state=0, return_X_y=True)
>>> model = FERMLPClassifier((32,), max_iter=3, random_state=0).fit(X, y)
>>> model.predict(X).shape
(300,)

Names are imported when they are first asked for, so that ``import fernet`` itself costs next to
nothing.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fernet import (
        architectures,
        augmentation,
        averaging,
        callbacks,
        checkpoint,
        cli,
        config,
        datasets,
        demo,
        distillation,
        emotions,
        estimators,
        export,
        faces,
        layers,
        metrics,
        model_selection,
        plotting,
        pretrained,
        schedules,
        tensorflow_backend,
        widening,
    )
    from fernet.augmentation import Augmentation
    from fernet.config import show_config
    from fernet.emotions import EMOTIONS
    from fernet.estimators import FERCNNClassifier, FERMLPClassifier
    from fernet.estimators.saving import save_model
    from fernet.faces.recognizer import EmotionRecognizer
    from fernet.pretrained import load_model, load_pretrained

    __version__: str

__all__ = [
    "EMOTIONS",
    "Augmentation",
    "EmotionRecognizer",
    "FERCNNClassifier",
    "FERMLPClassifier",
    "__version__",
    "architectures",
    "augmentation",
    "averaging",
    "callbacks",
    "checkpoint",
    "cli",
    "config",
    "datasets",
    "demo",
    "distillation",
    "emotions",
    "estimators",
    "export",
    "faces",
    "layers",
    "load_model",
    "load_pretrained",
    "metrics",
    "model_selection",
    "plotting",
    "pretrained",
    "save_model",
    "schedules",
    "show_config",
    "tensorflow_backend",
    "widening",
]

_HOME = {
    "EMOTIONS": "fernet.emotions",
    "Augmentation": "fernet.augmentation",
    "EmotionRecognizer": "fernet.faces.recognizer",
    "FERCNNClassifier": "fernet.estimators",
    "FERMLPClassifier": "fernet.estimators",
    "load_model": "fernet.pretrained",
    "load_pretrained": "fernet.pretrained",
    "save_model": "fernet.estimators.saving",
    "show_config": "fernet.config",
}
_MODULES = frozenset(__all__) - _HOME.keys() - {"__version__"}


def __getattr__(name: str) -> Any:
    value: Any
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        # Bundles that are made small leave out what an installer writes beside the packages.
        try:
            value = version("fernet-emotion")
        except PackageNotFoundError:
            value = "0+unknown"
    elif name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _MODULES:
        return importlib.import_module(f"fernet.{name}")
    else:
        raise AttributeError(f"module 'fernet' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _is_bare_checkout(folder: str) -> bool:
    """Tell whether a package's folder is of sources, which only a build makes importable."""
    return os.path.exists(os.path.join(folder, "meson.build"))


def _give_way_to_installed() -> None:
    """Where this is a checkout's folder of sources, load the installed package in its place.

    Python started in a checkout, or by ``python -m``, finds the sources first. All or nothing: the
    installed package brings its own Python files too, so that versions never mix. An editable
    install has another ``__path__`` than the sources' folder and is left alone.
    """
    folder = os.path.dirname(__file__)
    if __path__ != [folder] or not _is_bare_checkout(folder):
        return
    from importlib.util import module_from_spec

    for place in sys.path:
        spec = PathFinder.find_spec(__name__, [place])
        if spec is None or spec.loader is None or not spec.origin:
            continue
        if not _is_bare_checkout(os.path.dirname(spec.origin)):
            # The import system hands out what stands in sys.modules when this file has run.
            sys.modules[__name__] = installed = module_from_spec(spec)
            spec.loader.exec_module(installed)
            return


_give_way_to_installed()
