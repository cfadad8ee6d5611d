"""Models and settings that ``fernet train`` knows by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fernet.cli.train.parts import COURSES

__all__ = [
    "CONFIGURATIONS",
    "MODELS",
    "NAMES",
    "RECIPES",
    "check_recipe",
    "expand",
    "recipe_of",
    "settings",
    "without_effect",
]
__dir__ = __all__.copy

_DEPTHS = (18, 34, 50, 101, 152)
_RESIDUAL = tuple(f"{kind}resnet{depth}" for kind in ("", "preact_") for depth in _DEPTHS)
MODELS = ("mlp", "vgg", "compact", "detailed", "symmetric", *_RESIDUAL)
"""What ``--model`` takes: a perceptron, or an architecture of `FERCNNClassifier`."""

NAMES = ("report", "best", "again", "finish")
"""What ``--recipe`` takes."""

RECIPES: dict[str, dict[str, Any]] = {
    # The report's tuned network, section 5.5, for all its 50 epochs, the best one kept: stopping
    # after ten without a gain, as in section 5, costs a point of validation accuracy. It does not
    # tell how pixels were scaled: each to a std of 3 gave better validation accuracies than all
    # together to 1, 2, 3, 4 or 6, and each to 4.
    "report": {
        "hidden_layer_sizes": (512, 256),
        "dropout": 0.01,
        "weight_decay": 0.01,
        "solver": "sgd",
        "learning_rate_init": 0.01,
        "learning_rate_decay": 0.95,
        "momentum": 0.9,
        "batch_size": 100,
        "scaling": "per_pixel",
        "scaled_std": 3.0,
        "max_iter": 50,
        "n_iter_no_change": 50,
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
        "learning_rate_init": 0.01,
        "schedule": "cosine",
        "momentum": 0.9,
        "nesterov": True,
        "augmentation": {"flip": "random", "shift": 1.5, "rotation": 6.0, "scale": 0.06},
        "average_flips": True,
        "label_smoothing": 0.1,
        "scaled_std": 2.0,
        "batch_size": 100,
        "max_iter": 150,
        "n_iter_no_change": 150,
        "validation_fraction": 0.1,
    },
    # The report's convolutional network, section 6. What it does not tell is as in section 5.
    "cnn-report": {
        "hidden_layer_sizes": (512, 128),
        "dropout": 0.4,
        "solver": "adam",
        "learning_rate_init": 0.005,
        "batch_size": 100,
        "max_iter": 50,
        "n_iter_no_change": 10,
        "validation_fraction": 0.1,
    },
    # The same layers with normalisation, on faces in another pose and light at each epoch, and
    # labels that leave room for doubt: many of FER2013's are doubtful.
    "cnn-best": {
        "hidden_layer_sizes": (512, 128),
        "dropout": 0.4,
        "batch_norm": True,
        "weight_decay": 0.0005,
        "solver": "sgd",
        "learning_rate_init": 0.05,
        "schedule": "cosine",
        "momentum": 0.9,
        "nesterov": True,
        "label_smoothing": 0.1,
        "augmentation": {
            "flip": "random",
            "shift": 3.0,
            "rotation": 10.0,
            "scale": 0.1,
            "contrast": 0.2,
        },
        "average_flips": True,
        "batch_size": 100,
        "max_iter": 30,
        "n_iter_no_change": 30,
        "validation_fraction": 0.1,
    },
    # The report has no such network: the settings of its own, at Adam's usual rate.
    "compact-report": {
        "dropout": 0.4,
        "solver": "adam",
        "learning_rate_init": 0.001,
        "batch_size": 100,
        "max_iter": 50,
        "n_iter_no_change": 10,
        "validation_fraction": 0.1,
    },
    # As for the report's network; four times faster, so with more epochs. Also detailed's.
    "compact-best": {
        "dropout": 0.3,
        "weight_decay": 0.0005,
        "solver": "sgd",
        "learning_rate_init": 0.05,
        "schedule": "cosine",
        "momentum": 0.9,
        "nesterov": True,
        "label_smoothing": 0.1,
        "augmentation": {
            "flip": "random",
            "shift": 4.0,
            "rotation": 10.0,
            "scale": 0.1,
            "contrast": 0.2,
        },
        "average_flips": True,
        "batch_size": 100,
        "max_iter": 60,
        "n_iter_no_change": 60,
        "validation_fraction": 0.1,
    },
    # The report tells no settings of its residual networks: those of its other one.
    "resnet-report": {
        "dropout": 0.0,
        "solver": "adam",
        "learning_rate_init": 0.001,
        "batch_size": 100,
        "max_iter": 50,
        "n_iter_no_change": 10,
        "validation_fraction": 0.1,
    },
    # As He et al. trained theirs, with a cosine for their steps.
    "resnet-best": {
        "dropout": 0.0,
        "weight_decay": 0.0005,
        "solver": "sgd",
        "learning_rate_init": 0.05,
        "schedule": "cosine",
        "momentum": 0.9,
        "nesterov": True,
        "augmentation": {"flip": "random", "shift": 2.0, "rotation": 8.0, "scale": 0.08},
        "average_flips": True,
        "batch_size": 64,
        "max_iter": 40,
        "n_iter_no_change": 40,
        "validation_fraction": 0.1,
    },
}
"""Parameters of `FERMLPClassifier` or, with a prefix, `FERCNNClassifier`; `n_iter_no_change` 0
runs every epoch."""

# What webcams, distance and compression do to a face, each to one face in four; beside that poses,
# light and boxes as they come.
_EVERYDAY_FACES = {
    "flip": "random",
    "shift": 4.0,
    "rotation": 15.0,
    "scale": 0.15,
    "stretch": 0.15,
    "brightness": 40.0,
    "contrast": 0.4,
    "gamma": 0.3,
    "erase": 0.25,
    "erase_size": 0.5,
    "erase_fill": "random",
    "blur": 2.0,
    "coarsening": 2.7,
    "motion": 5.0,
    "noise": 20.0,
    "jpeg": 15.0,
    "degrade": 0.25,
}

_VARIED: dict[str, Any] = {
    "dropout": 0.2,
    "ema_decay": 0.999,
    "augmentation": _EVERYDAY_FACES,
    "validation_fraction": 0.0,
}

# A face's mirror image has the same answer.
RECIPES |= {
    name.replace("compact", "symmetric"): recipe | {"average_flips": False}
    for name, recipe in RECIPES.items()
    if name.startswith("compact-")
}

CONFIGURATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    # All of Training, its last weights: nothing is chosen on any image.
    "fast": ("compact", {"validation_fraction": 0.0}),
    "varied": ("compact", {"width": 80, **_VARIED}),
    "detailed-varied": ("detailed", {"width": 48, **_VARIED}),
}
"""Networks with settings of their own that ``fernet train --model`` also takes by name: one of
`MODELS`, and what differs from its recipe ``best``."""

# What a network that has learnt from varied faces learns last, with --from: a lower rate and less
# variation, which bring back what variation cost on faces as they are.
_FINISH: dict[str, Any] = {
    "learning_rate_init": 0.01,
    "schedule": "cosine",
    "ema_decay": 0.999,
    "max_iter": 16,
    "n_iter_no_change": 16,
    "augmentation": {
        **_EVERYDAY_FACES,
        "shift": 3.0,
        "rotation": 10.0,
        "scale": 0.1,
        "stretch": 0.1,
        "brightness": 25.0,
        "contrast": 0.25,
        "gamma": 0.2,
        "erase": 0.15,
        "degrade": 0.15,
    },
}

# Once more from the first rate down, with --from and --teacher. The teachers' answers leave room
# for doubt already.
_AGAIN: dict[str, Any] = {
    "learning_rate_init": 0.05,
    "schedule": "cosine",
    "ema_decay": 0.999,
    "max_iter": 54,
    "n_iter_no_change": 54,
    "label_smoothing": 0.0,
    "augmentation": _EVERYDAY_FACES,
}


_GOES_ON = {"again": _AGAIN, "finish": _FINISH}
"""Recipes for a network that is there, by what differs from the recipe ``best``."""

_PREFIXES = {"mlp": "", "vgg": "cnn-", "compact": "compact-", "detailed": "compact-"}
_PREFIXES |= {"symmetric": "symmetric-"}
_HAS_NO = {"mlp": ("batch_norm",), "vgg": ()}


def expand(
    model: str, recipe: str | None, given: dict[str, Any], said: str = "--recipe"
) -> tuple[str, str, dict[str, Any]]:
    """Return the model, recipe and settings that a configuration of that name stands for.

    Parameters
    ----------
    model : str
        One of `MODELS`, `CONFIGURATIONS` or `COURSES`, which stand for themselves.
    recipe : str or None
        One of `NAMES`, as the user said.
    given : dict
        Settings, which count for more than the configuration's.
    said : str, default="--recipe"
        Where the recipe was said, for the error.

    Returns
    -------
    model, recipe : str
        One of `MODELS`, one of `NAMES`.
    given : dict

    Raises
    ------
    click.UsageError
        If a configuration is to have another recipe.

    Examples
    --------
    >>> from fernet.cli.train.recipes import expand
    >>> expand("mlp", None, {"dropout": 0.5})
    ('mlp', 'report', {'dropout': 0.5})
    >>> expand("fast", None, {})
    ('compact', 'best', {'validation_fraction': 0.0})
    """
    if model not in CONFIGURATIONS and model not in COURSES:
        return model, recipe or "report", given
    if recipe is not None:
        raise click.UsageError(
            f"{said} does nothing to --model {model}, which has settings of its own"
        )
    if model in COURSES:
        return model, "best", given
    architecture, own = CONFIGURATIONS[model]
    return architecture, "best", own | given


def recipe_of(model: str, name: str) -> dict[str, Any]:
    """Return the recipe of that name for one of `MODELS`."""
    prefix = _PREFIXES.get(model, "resnet-")
    if name in _GOES_ON:
        return RECIPES[prefix + "best"] | _GOES_ON[name]
    return RECIPES[prefix + name]


def settings(name: str, given: dict[str, Any], model: str = "mlp") -> dict[str, Any]:
    """Return a recipe's settings, overridden by those that the user gave.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    given : dict
        Settings from the command line; None means not given.
    model : str, default="mlp"
        One of `MODELS`.

    Returns
    -------
    dict
        Parameters of the model's estimator.

    Examples
    --------
    >>> from fernet.cli.train.recipes import settings
    >>> chosen = settings("report", {"dropout": 0.5, "momentum": None})
    >>> chosen["dropout"], chosen["momentum"]
    (0.5, 0.9)
    """
    return recipe_of(model, name) | {k: value for k, value in given.items() if value is not None}


def check_recipe(
    typed: str | None, filed: Any, path: Path, given: dict[str, Any], model: str
) -> None:
    """Refuse a recipe of the command line of which a file's settings leave nothing.

    Parameters
    ----------
    typed : str or None
        One of `NAMES`, as the user said.
    filed : str or None
        The file's own; None for the first of them.
    path : Path
        The file.
    given : dict
        Its settings, and those of the command line.
    model : str
        One of `MODELS`.

    Raises
    ------
    click.UsageError
        Naming the file. One that a training left says all that a recipe does.
    """
    filed = filed or NAMES[0]
    if typed in (None, filed):
        return
    if settings(str(typed), given, model) == settings(filed, given, model):
        raise click.UsageError(
            f"--recipe {typed} does nothing beside {path}, whose [settings] say all that it would; "
            "expected a file without those that the recipe is to set"
        )


def without_effect(model: str, given: dict[str, Any]) -> list[str]:
    """List the settings that the user gave and the model does not have."""
    absent = _HAS_NO.get(model, ("batch_norm", "hidden_layer_sizes"))
    return [name for name in absent if given.get(name) is not None]
