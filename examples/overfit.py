"""Overfitting the first 50 images of CIFAR-10: the report's Figure 1.

Two hidden layers of 1024 and 512, learning rate 0.001 with a decay of 0.95, momentum 0.5, and no
regularisation. The report does not tell its batches; 5 images here. The accuracy after each epoch
is that of the 50 images, given as validation images as well.
"""

from __future__ import annotations

from typing import Any

import common

from fernet import FERMLPClassifier
from fernet.plotting import LearningCurveDisplay

SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (1024, 512),
    "learning_rate_init": 0.001,
    "learning_rate_decay": 0.95,
    "momentum": 0.5,
    "batch_size": 5,
    "max_iter": 20,
}
REPORTED_EPOCH = 6


def first_perfect(model: FERMLPClassifier) -> int | None:
    """Return the first epoch after which all images are right."""
    scores = model.history_.epochs["validation_accuracy"]
    return next((epoch for epoch, score in enumerate(scores, 1) if score == 1.0), None)


def main() -> None:
    args = common.parser(__doc__).parse_args()
    X, y = (array[:50] for array in common.things(args))
    models = [
        FERMLPClassifier(**common.epochs(args, SETTINGS), random_state=seed).fit(
            X, y, X_val=X, y_val=y
        )
        for seed in common.seeds(args)
    ]
    firsts = [first_perfect(model) for model in models]
    rows = [
        [f"here, seed {model.random_state}", epoch, f"{100 * model.score(X, y):.0f}"]
        for model, epoch in zip(models, firsts, strict=True)
    ]
    headings = ["", "all 50 right after epoch", f"right after {SETTINGS['max_iter']} epochs, %"]
    common.print_table(
        "Overfitting 50 images (Figure 1)", headings, [["report", REPORTED_EPOCH, 100], *rows]
    )
    common.save_picture(
        LearningCurveDisplay.of(models[0], title="50 images, seed 0"), args, "overfit"
    )

    reached = [epoch for epoch in firsts if epoch is not None]
    here = "here after epoch " + ", ".join(map(str, firsts))
    early = sum(epoch <= REPORTED_EPOCH for epoch in reached)
    by_then = f"{early} of {len(firsts)} seeds by epoch {REPORTED_EPOCH}"
    common.verdict(
        args,
        common.Claim("100 % of the training images", len(reached) == len(firsts), here),
        common.Claim("at the sixth epoch", early == len(firsts), by_then),
    )


if __name__ == "__main__":
    common.run(main)
