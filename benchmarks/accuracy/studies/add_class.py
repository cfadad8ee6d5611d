"""Section 7.2 of the report: does a network that knows six emotions learn the seventh faster?

Three ways to a network of seven, with the same held-out tenth of Training to watch: from scratch;
the six-emotion network with a class added, trained whole; the same with all but the last layers
frozen. The emotion added is neutral, the second most frequent and the easiest to take for others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split
from trial import Study, Trial

from fernet import FERCNNClassifier
from fernet.cli.train.recipes import RECIPES

NEW_CLASS = 6
WITHIN = 0.01
"""How near to the best validation accuracy from scratch counts as having caught up."""
RECIPE: dict[str, Any] = RECIPES["cnn-best"] | {"max_iter": 20}
# Weights that are good already want a gentler rate; fewer epochs are what is to be shown.
GOING_ON = {"learning_rate_init": 0.0005, "max_iter": 8}


class Split(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray

    def without(self, label: int) -> Split:
        rows, held_out = self.y != label, self.y_val != label
        return Split(self.X[rows], self.y[rows], self.X_val[held_out], self.y_val[held_out])


class Outcome(NamedTuple):
    """One way's figures; `curve` is the validation accuracy by epoch."""

    way: str
    accuracy: float
    recall: float
    curve: list[float]
    seconds: list[float]

    def line(self, enough: float) -> str:
        caught_up = next((i for i, value in enumerate(self.curve, 1) if value >= enough), None)
        after = (
            f"reached {100 * enough:.1f} % of validation after epoch {caught_up}, "
            f"{sum(self.seconds[:caught_up]):.0f} s"
            if caught_up
            else f"did not reach {100 * enough:.1f} % of validation"
        )
        curve = " ".join(f"{100 * value:.1f}" for value in self.curve)
        return (
            f"  {self.way}: {self.accuracy:.2f} %, new class found {self.recall:.1f} %, "
            f"{len(self.curve)} epochs, {sum(self.seconds):.0f} s; {after} (by epoch: {curve})"
        )


def split_training(trial: Trial) -> Split:
    X, y = trial.fer2013("Training")
    X, X_val, y, y_val = train_test_split(X, y, test_size=0.1, stratify=y, random_state=trial.seed)
    return Split(X, y, X_val, y_val)


def train(model: FERCNNClassifier, split: Split, trial: Trial, way: str) -> Outcome:
    """Fit, going on where the model has been trained before; test on all of PublicTest."""
    before = len(model.history_) if hasattr(model, "history_") else 0
    model.fit(**split._asdict())
    X, y = trial.fer2013("PublicTest")
    right = model.predict(X) == y
    epochs = model.history_.epochs
    return Outcome(
        way,
        100 * right.mean(),
        100 * right[y == NEW_CLASS].mean(),
        epochs["validation_accuracy"][before:],
        epochs["seconds"][before:],
    )


def add_class(trial: Trial) -> tuple[float, str]:
    """Compare the three ways; the figure is the accuracy of the one that is trained on whole."""
    split = split_training(trial)
    scratch = train(FERCNNClassifier(**trial.settings(RECIPE, "scratch")), split, trial, "scratch")
    six = FERCNNClassifier(**trial.settings(RECIPE, "six"))
    six.fit(**split.without(NEW_CLASS)._asdict())
    outcomes = [scratch]
    for way, freeze in (("added, whole", None), ("added, frozen", "backbone")):
        model = six.add_classes([NEW_CLASS])
        stage = "whole" if freeze is None else "frozen"
        settings = trial.settings(RECIPE | GOING_ON, stage)
        outcomes.append(train(model.set_params(freeze=freeze, **settings), split, trial, way))
    enough = max(scratch.curve) - WITHIN
    lines = [outcome.line(enough) for outcome in outcomes]
    known = f"  before, six emotions: {100 * max(six.validation_scores_):.2f} % of validation"
    return outcomes[1].accuracy, "\n".join(["", known, *lines, "  "])


STUDIES: dict[str, Study] = {"add-class": add_class}
