"""Features of a face: clusters of faces, and a linear model on top. The report has none of this.

The last hidden layer of the network that comes with fernet describes each face of PublicTest, none
of which it has learnt from. Beside the pixels it is asked two things: whether faces that lie near
each other show the same emotion, and how many labels a linear model wants that is put on top.
"""

from __future__ import annotations

from typing import Any

import common
import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fernet import EMOTIONS, FERMLPClassifier, load_pretrained

FEW = 70
PIXELS, FEATURES, MARKS = "pixels", "features", "v^so*Dx"


def features_of(args: Any, X: np.ndarray) -> np.ndarray:
    """Describe faces by the packaged network; for --quick by one that is trained here."""
    if not args.quick:
        return load_pretrained("cnn").transform(X)
    network = FERMLPClassifier((64, 16), max_iter=common.QUICK_EPOCHS, random_state=0)
    return network.fit(*common.faces(args, "Training")).transform(X)


def on_top(A: np.ndarray, y: np.ndarray, labelled: int, seed: int) -> float:
    """Put a linear model on top, by some labels, and judge it by the second half: percent."""
    split = common.held_out(A, y, size=0.5, seed=seed)
    linear = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    linear.fit(split["X"][:labelled], split["y"][:labelled])
    return 100 * linear.score(split["X_val"], split["y_val"])


def draw(spaces: dict[str, np.ndarray], y: np.ndarray) -> Any:
    """Draw the faces in the two directions in which they differ most."""
    figure = common.Figure(figsize=(9.6, 4.8), layout="constrained")
    for axes, (name, A) in zip(figure.subplots(1, 2), spaces.items(), strict=True):
        places = PCA(2, random_state=0).fit_transform(StandardScaler().fit_transform(A))
        for label, (emotion, mark) in enumerate(zip(EMOTIONS, MARKS, strict=True)):
            x = places[y == label]
            axes.plot(*x.T, mark, markersize=3, alpha=0.5, color=f"C{label}", label=emotion)
        axes.set(title=name, xticks=[], yticks=[])
    axes.legend(frameon=False, markerscale=2, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def main() -> None:
    args = common.parser(__doc__).parse_args()
    X, y = common.faces(args, "PublicTest")
    spaces = {PIXELS: X.astype(np.float32), FEATURES: features_of(args, X)}
    alike, few, half, rows = {}, {}, {}, []
    for name, A in spaces.items():
        groups = KMeans(7, n_init=3, random_state=0).fit_predict(StandardScaler().fit_transform(A))
        alike[name] = adjusted_rand_score(y, groups)
        few[name] = [on_top(A, y, FEW, seed) for seed in common.seeds(args)]
        half[name] = [on_top(A, y, len(A), seed) for seed in common.seeds(args)]
        scores = common.spread(few[name]), common.spread(half[name])
        rows.append([name, A.shape[1], f"{alike[name]:.3f}", *scores])
    headings = ["faces as", "numbers", "Rand index", f"{FEW} labels, %", "half, %"]
    common.print_table("Features of a face", headings, rows)
    common.save_picture(draw(spaces, y), args, "face_features")
    index = f"Rand index {alike[FEATURES]:.3f}, of pixels {alike[PIXELS]:.3f}"
    common.verdict(
        args,
        common.Claim("clusters follow the emotions", alike[FEATURES] > 2 * alike[PIXELS], index),
        common.better_claim(f"{FEW} labels do for more", few[FEATURES], half[PIXELS]),
    )


if __name__ == "__main__":
    common.run(main)
