"""One run of a study: which data, which seed, where to save it, and whether it is a short trial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fernet.datasets import load_fer2013


@dataclass(frozen=True)
class Trial:
    """What a study is given.

    `limit` and `epochs` cut it short: at most so many rows of Training, and so many epochs. With
    `work`, each of its trainings goes on from where it stood when it was killed.
    """

    study: str
    data: Path
    seed: int
    work: Path | None = None
    limit: int | None = None
    epochs: int | None = None

    def fer2013(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return images and labels; `limit` cuts Training, whose rows are in no order."""
        X, y = load_fer2013(self.data / "fer2013.csv", split, return_X_y=True)
        return (X[: self.limit], y[: self.limit]) if split == "Training" else (X, y)

    def settings(self, recipe: dict[str, Any], stage: str = "fit") -> dict[str, Any]:
        """Complete a recipe by seed, checkpoint and the limit on epochs."""
        settings = {**recipe, "random_state": self.seed}
        if self.epochs is not None:
            settings["max_iter"] = min(self.epochs, recipe["max_iter"])
        if self.work is not None:
            self.work.mkdir(parents=True, exist_ok=True)
            settings["checkpoint"] = self.work / f"{self._name()}-{stage}.checkpoint"
        return settings

    def _name(self) -> str:
        cuts = [
            f"{what}-{count}"
            for what, count in (("limit", self.limit), ("epochs", self.epochs))
            if count is not None
        ]
        return "-".join([self.study, f"seed-{self.seed}", *cuts])

    @property
    def remark(self) -> str:
        """What is to be said beside each figure of a short trial."""
        cuts = []
        if self.limit is not None:
            cuts.append(f"only {self.limit} rows of Training")
        if self.epochs is not None:
            cuts.append(f"at most {self.epochs} epochs")
        return f" [SHORT TRIAL: {', '.join(cuts)}]" if cuts else ""

    def __str__(self) -> str:
        return f"{self.study} seed {self.seed}{self.remark}"


Study = Callable[[Trial], tuple[float, str]]
"""Returns an accuracy in percent and a remark."""
