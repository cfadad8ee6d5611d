"""A seventh emotion for a network that knows six: the report's section 7.2.

Neutral is the one added, as it is the easiest to take for others. Three ways to seven: from
scratch; the network of six with an output more, trained whole; the same with its last layer
trained alone. The report gives no figures: it expects the second way to converge faster.
"""

from __future__ import annotations

import copy
from typing import Any

import common
import numpy as np

from fernet import FERCNNClassifier, FERMLPClassifier

NEW = 6
SCRATCH, WHOLE, LAST = WAYS = ("from scratch", "added, all layers", "added, last layer")
WITHIN = 1.0
"""Points from the best validation accuracy from scratch that count as having caught up."""
# Weights that are good already want a gentler rate.
MODELS: dict[str, tuple[Any, dict[str, Any], float]] = {
    "mlp": (FERMLPClassifier, common.TUNED, 0.003),
    "cnn": (FERCNNClassifier, {"max_iter": 15, "early_stopping": True}, 0.0005),
}


def three_ways(args: Any, split: dict[str, Any], seed: int) -> dict[str, tuple[Any, np.ndarray]]:
    """Train a network of seven emotions in each way; return each with its validation accuracies."""
    make, settings, gentle = MODELS[args.model]
    model = make(**common.epochs(args, settings), random_state=seed)
    old, old_val = split["y"] != NEW, split["y_val"] != NEW
    rows = {"X": old, "y": old, "X_val": old_val, "y_val": old_val}
    known = copy.deepcopy(model).fit(**{name: split[name][rows[name]] for name in rows})
    models = {SCRATCH: model.fit(**split)}
    for way, freeze in ((WHOLE, None), (LAST, "backbone")):
        added = known.add_classes([NEW])
        models[way] = added.set_params(freeze=freeze, learning_rate_init=gentle).fit(**split)
    before = {SCRATCH: 0, WHOLE: known.n_iter_, LAST: known.n_iter_}
    scores = {way: model.validation_scores_[before[way] :] for way, model in models.items()}
    return {way: (models[way], 100 * np.array(scores[way])) for way in WAYS}


def main() -> None:
    options = common.parser(__doc__)
    options.add_argument("--model", choices=MODELS, default="mlp", help="(default %(default)s)")
    args = options.parse_args()
    split = common.held_out(*common.faces(args, "Training"))
    X, y = common.faces(args, "PublicTest")
    needed, accuracy, recall = ({way: [] for way in WAYS} for _ in range(3))
    for seed in common.seeds(args):
        runs = three_ways(args, split, seed)
        for way, (model, curve) in runs.items():
            reached = np.flatnonzero(curve >= runs[SCRATCH][1].max() - WITHIN)
            needed[way].append(int(reached[0]) + 1 if len(reached) else np.inf)
            right = model.predict(X) == y
            accuracy[way].append(100 * right.mean())
            recall[way].append(100 * right[y == NEW].mean())
    times = {way: str(needed[way])[1:-1].replace("inf", "never") for way in WAYS}
    rows = [[w, times[w], common.spread(accuracy[w]), common.spread(recall[w])] for w in WAYS]
    headings = ["way", "epochs to catch up, by seed", "PublicTest %", "of the new emotion %"]
    common.print_table("A seventh emotion (section 7.2, no figures there)", headings, rows)
    lines = {way: (np.arange(1, len(curve) + 1), curve) for way, (_, curve) in runs.items()}
    figure = common.curves(lines, "epoch", "validation accuracy (%)")
    common.save_picture(figure, args, f"seventh_{args.model}")

    faster = max(needed[WHOLE]) < min(needed[SCRATCH])
    here = f"epochs here {times[WHOLE]} against {times[SCRATCH]}"
    gap = np.mean(accuracy[SCRATCH]) - np.mean(accuracy[LAST])
    last = f"{gap:.1f} points behind scratch on PublicTest, 2 count as equal"
    common.verdict(
        args,
        common.Claim("a trained network converges faster", faster, here),
        common.Claim("training the last layer alone may do", bool(gap < 2), last),
    )


if __name__ == "__main__":
    common.run(main)
