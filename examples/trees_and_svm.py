"""The network against a decision tree, a random forest and a linear SVM: the report's 7.1.

On pixels and on histograms of oriented gradients (HOG), with the time of fit and predict. The SVM
sees the first 200 principal components, without which it takes an hour. The report compares none
of them, and says that neither networks nor trees are better in general.
"""

from __future__ import annotations

import time
from typing import Any

import common
import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from fernet import FERMLPClassifier

NETWORK, TREE = "network", "decision tree"
MARKS = {"pixels": ("#1b3a6b", -14), "HOG": ("#d9730d", 7)}  # with the height of their names


def hog_features(X: np.ndarray) -> np.ndarray:
    """Describe each face by how strongly its edges run in each direction, cell by cell."""
    try:
        from skimage.feature import hog
    except ImportError as error:
        raise SystemExit('HOG needs scikit-image: pip install ".[examples]"') from error
    cells = {"orientations": 8, "pixels_per_cell": (8, 8), "cells_per_block": (2, 2)}
    return np.array([hog(face, **cells) for face in X.reshape(-1, 48, 48)], dtype=np.float32)


def classifiers(args: Any, n_features: int) -> dict[str, Any]:
    components = PCA(min(200, n_features // 4), random_state=0)
    return {
        NETWORK: FERMLPClassifier(**common.epochs(args, common.TUNED), random_state=0),
        TREE: DecisionTreeClassifier(random_state=0),
        "random forest": RandomForestClassifier(200, n_jobs=args.jobs, random_state=0),
        "linear SVM": make_pipeline(StandardScaler(), components, LinearSVC(C=0.01, dual=False)),
    }


def main() -> None:
    args = common.parser(__doc__, seeds=1).parse_args()
    X, y = common.faces(args, "Training")
    X_test, y_test = common.faces(args, "PublicTest")
    rows, axes = [], common.Figure(figsize=(6.4, 4.4), layout="constrained").subplots()
    wins: dict[str, list[str]] = {"accurate": [], "quick to fit": [], "quick to predict": []}
    for features, describe in (("pixels", np.asarray), ("HOG", hog_features)):
        A, B, figures = describe(X), describe(X_test), {}
        for name, classifier in classifiers(args, A.shape[1]).items():
            started = time.perf_counter()
            classifier.fit(A, y)
            fitted = time.perf_counter()
            accuracy = 100 * np.mean(classifier.predict(B) == y_test)
            figures[name] = (-accuracy, fitted - started, time.perf_counter() - fitted)
            rows.append([features, name, *(f"{abs(v):.2f}" for v in figures[name])])
            colour, above = MARKS[features]
            axes.plot(fitted - started, accuracy, "o", color=colour)
            place = {"xytext": (0, above), "textcoords": "offset points", "ha": "center"}
            axes.annotate(f"{name}, {features}", (fitted - started, accuracy), **place)
        for index, won in enumerate(wins.values()):
            won.append(min((NETWORK, TREE), key=lambda name: figures[name][index]))
    headings = ["features", "classifier", "PublicTest %", "fit, s", "predict all, s"]
    common.print_table("The report's section 7.1 (no figures there)", headings, rows)
    axes.margins(0.2, 0.15)
    axes.set(xscale="log", xlabel="time to fit (s)", ylabel="PublicTest (%)")
    common.save_picture(axes.figure, args, "trees_and_svm")
    split = len({who for won in wins.values() for who in won}) > 1
    here = "pixels, HOG: " + "; ".join(f"more {w}: {', '.join(who)}" for w, who in wins.items())
    common.verdict(args, common.Claim("neither is better in general, network or tree", split, here))


if __name__ == "__main__":
    common.run(main)
