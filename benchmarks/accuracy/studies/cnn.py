"""The convolutional networks: section 6 of the report, and what goes beyond it."""

from __future__ import annotations

from typing import Any

from trial import Study, Trial

from fernet import FERCNNClassifier
from fernet.cli.train.recipes import RECIPES

# The report's rate of 0.005 may be too high for its network: the same at Adam's usual rate.
USUAL_RATE = {"learning_rate_init": 0.001}
# A few epochs to see that it learns, and how fast.
FEW_EPOCHS = {"max_iter": 4}


def fer(recipe: str, changes: dict[str, Any] | None = None) -> Study:
    """Train a recipe on Training with a tenth held out, test on PublicTest."""

    def study(trial: Trial) -> tuple[float, str]:
        settings = trial.settings(RECIPES[recipe] | (changes or {}))
        model = FERCNNClassifier(early_stopping=True, **settings)
        model.fit(*trial.fer2013("Training"))
        epochs = model.history_.epochs
        return 100 * model.score(*trial.fer2013("PublicTest")), (
            f"best validation {100 * model.best_validation_score_:.2f} %, epochs run "
            f"{model.n_iter_}, losses {rounded(epochs['loss'])}, "
            f"{sum(epochs['seconds']):.0f} s of training"
        )

    return study


def residual(architecture: str) -> Study:
    """Train a few epochs: does the loss fall, and how many images go through in a second?"""

    def study(trial: Trial) -> tuple[float, str]:
        X, y = trial.fer2013("Training")
        settings = trial.settings(RECIPES["resnet-best"] | FEW_EPOCHS)
        model = FERCNNClassifier(architecture, **settings).fit(X, y)
        epochs = model.history_.epochs
        speed = len(X) * len(model.history_) / sum(epochs["seconds"])
        return 100 * model.score(*trial.fer2013("PublicTest")), (
            f"losses by epoch {rounded(epochs['loss'])}, accuracy in training "
            f"{rounded(epochs['accuracy'])}, {speed:.1f} images a second"
        )

    return study


def rounded(values: list[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values)


STUDIES: dict[str, Study] = {
    "cnn-report": fer("cnn-report"),
    "cnn-report-usual-rate": fer("cnn-report", USUAL_RATE),
    "cnn-best": fer("cnn-best"),
    "resnet50": residual("resnet50"),
    "resnet101": residual("resnet101"),
}
