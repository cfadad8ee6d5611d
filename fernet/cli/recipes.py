"""Settings that ``fernet train --recipe`` knows by name."""

from __future__ import annotations

from typing import Any

RECIPES: dict[str, dict[str, Any]] = {
    # The report's tuned network, section 5.5, with the stopping rule of section 5.
    "report": {
        "hidden_layer_sizes": (512, 256),
        "dropout": 0.01,
        "weight_decay": 0.01,
        "solver": "sgd",
        "learning_rate_init": 0.01,
        "learning_rate_decay": 0.95,
        "momentum": 0.9,
        "batch_size": 100,
        "max_iter": 50,
        "n_iter_no_change": 10,
        "validation_fraction": 0.1,
    },
    # The furthest that a perceptron on FER2013's pixels was brought here: a wider network that
    # sees every face in another pose at each epoch. As it never overfits, all epochs run and the
    # best one's weights are kept.
    "best": {
        "hidden_layer_sizes": (1024, 512),
        "dropout": 0.2,
        "weight_decay": 0.0003,
        "solver": "sgd",
        "learning_rate_init": 0.02,
        "schedule": "cosine",
        "momentum": 0.9,
        "nesterov": True,
        "augmentation": {"flip": "random", "shift": 1.5, "rotation": 6.0, "scale": 0.06},
        "average_flips": True,
        "batch_size": 100,
        "max_iter": 60,
        "n_iter_no_change": 60,
        "validation_fraction": 0.1,
    },
}
"""For each recipe, parameters of `FERMLPClassifier`; `n_iter_no_change` 0 runs every epoch."""


def settings(recipe: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe's settings, overridden by those that the user gave.

    Parameters
    ----------
    recipe : str
        A key of `RECIPES`.
    given : dict
        Settings from the command line; None means not given.

    Returns
    -------
    dict
        Parameters of `FERMLPClassifier`.

    Examples
    --------
    >>> from fernet.cli.recipes import settings
    >>> chosen = settings("report", {"dropout": 0.5, "momentum": None})
    >>> chosen["dropout"], chosen["momentum"]
    (0.5, 0.9)
    """
    return RECIPES[recipe] | {name: value for name, value in given.items() if value is not None}
