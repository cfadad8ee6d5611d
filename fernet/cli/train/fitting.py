"""From a command's settings to an estimator, and the estimator fitted."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from fernet._io.files import UnwrittenWarning
from fernet.cli.errors import InputError
from fernet.cli.groups import split_by_group
from fernet.cli.held_out import hold_out_by_chance
from fernet.cli.models import load
from fernet.cli.train.options import SAID_ELSEWHERE, idle_settings, option_of
from fernet.cli.train.targets import labels_of

if TYPE_CHECKING:
    import numpy as np

    from fernet.cli.faces import Faces
    from fernet.cli.output import Screen

__all__ = [
    "OF_THE_NETWORK",
    "all_settings",
    "check_start",
    "fit",
    "kind_of",
    "make_estimator",
    "make_successor",
    "start_of",
    "telling_divergence",
    "widened",
]
__dir__ = __all__.copy

OF_THE_NETWORK = (
    "architecture",
    "hidden_layer_sizes",
    "filters",
    "width",
    "batch_norm",
    "dropout",
    "conv_algorithm",
    "scaling",
    "scaled_std",
)
"""Settings that a network has for good: who goes on from it can't set them, but make it wider."""
# The command makes these of patience and of the share for validation.
_MADE_HERE = ("early_stopping", "n_iter_no_change", "validation_fraction")


def make_estimator(kind: str, chosen: dict[str, Any], seed: int, *, verbose: int) -> Any:
    """Make the network that a model's name and the command's settings ask for.

    Raises
    ------
    ValueError
        If a setting is none that the estimator takes.
    """
    from fernet.estimators import FERCNNClassifier, FERMLPClassifier

    parameters = _estimator_parameters(chosen) | {"random_state": seed, "verbose": verbose}
    if kind == "mlp":
        return FERMLPClassifier(**parameters)
    return FERCNNClassifier(**{"architecture": kind} | parameters)


def _estimator_parameters(chosen: dict[str, Any]) -> dict[str, Any]:
    """Turn the command's settings into the estimator's, where the two differ."""
    parameters = {
        name: None if isinstance(value, str) and value == "none" else value
        for name, value in chosen.items()
    }
    watched = chosen["n_iter_no_change"] > 0 and chosen["validation_fraction"] > 0
    parameters["early_stopping"] = watched and chosen.get("early_stopping", True)
    if not watched:
        del parameters["n_iter_no_change"], parameters["validation_fraction"]
    return parameters


def kind_of(model: Any) -> str:
    """Return the name in `MODELS` of a network; one of a user's own layers is a "network"."""
    if not hasattr(model, "architecture"):
        return "mlp"
    return model.architecture if isinstance(model.architecture, str) else "network"


def start_of(names: Sequence[str]) -> Any:
    """Return the model to go on from: of several, the mean.

    Raises
    ------
    InputError
        If one can't be read, or they have no mean.
    """
    models = [load(name) for name in names]
    if len(models) == 1:
        return models[0]
    from fernet.averaging import average_models

    try:
        return average_models(models)
    except ValueError as error:
        raise InputError(f"--from {', '.join(names)}: {error}") from None


def widened(model: Any, width: int | None, names: Sequence[str]) -> Any:
    """Return a model to go on from, of more filters where the user says so.

    Raises
    ------
    click.UsageError
        If it can't have that width.
    """
    if width is None:
        return model
    from fernet.widening import widen

    try:
        return widen(model, width)
    except ValueError as error:
        raise click.UsageError(f"--width with --from {', '.join(names)}: {error}") from None


def check_start(start: Sequence[str], kind: str, model: str | None, given: dict[str, Any]) -> None:
    """Refuse what a network that is there already has settled.

    Parameters
    ----------
    start : sequence of str
        What names the network.
    kind : str
        What it is.
    model : str or None
        What the user asked for.
    given : dict
        The settings that the user asked for.

    Raises
    ------
    click.UsageError
        Naming the option.
    """
    names = ", ".join(start)
    if model not in (None, kind):
        raise click.UsageError(f"--model {model}, but {names} is a {kind}; leave --model out")
    for name in OF_THE_NETWORK:
        if name != "width" and given.get(name) is not None:
            raise click.UsageError(
                f"--{option_of(name)} can't be set with --from: it stays as it is in {names}"
            )


def make_successor(model: Any, chosen: dict[str, Any], seed: int, *, verbose: int) -> Any:
    """Make the estimator that goes on from a model, with settings of its own.

    Parameters
    ----------
    model : FERMLPClassifier or FERCNNClassifier
        Fitted; left as it is.
    chosen : dict
        Settings; those of the network are the model's.
    seed, verbose : int

    Returns
    -------
    estimator
        Its `fit` starts from the model's weights and scaling.
    """
    own = {k: v for k, v in model.get_params(deep=False).items() if k in OF_THE_NETWORK}
    training = {name: value for name, value in chosen.items() if name not in OF_THE_NETWORK}
    estimator = make_estimator(kind_of(model), training | own, seed, verbose=verbose)
    return estimator.set_params(warm_start=True)._with(model._fitted)


def all_settings(kind: str, estimator: Any, chosen: dict[str, Any]) -> dict[str, Any]:
    """Return every setting that an estimator was made with, by the command's words.

    Parameters
    ----------
    kind : str
        The model.
    estimator : FERMLPClassifier or FERCNNClassifier
        Whose parameters count.
    chosen : dict
        The settings that it was made of.

    Returns
    -------
    dict
        Without those that say nothing of such a model, or are the network's that it goes on from.
    """
    values = estimator.get_params(deep=False)
    apart = {*SAID_ELSEWHERE, *_MADE_HERE, "architecture"}
    if values["warm_start"]:
        apart |= set(OF_THE_NETWORK)
        chosen = {
            name: value
            for name, value in chosen.items()
            if name == "width" or name not in OF_THE_NETWORK
        }
    found = {name: value for name, value in values.items() if name not in apart} | chosen
    return {name: found[name] for name in found if name not in idle_settings(kind, found)}


def fit(
    model: Any, chosen: dict[str, Any], training: Faces, screen: Screen, targets: np.ndarray | None
) -> tuple[Any, bool]:
    """Train; return the model and whether Ctrl-C or a signal ended the training."""
    from fernet._training.interruption import InterruptionWarning

    given: dict[str, Any] = {
        "X": training.images,
        "y": labels_of(model, training),
        "sample_weight": training.weight,
        "label_distribution": targets,
    }
    fraction = chosen["validation_fraction"]
    if model.early_stopping and round(fraction * len(training.target)) == 0:
        raise InputError(
            f"--validation-fraction {fraction:g} of {len(training.target)} images is none; "
            "expected more images, a larger fraction, or 0 for a training without"
        )
    if fraction > 0:
        _hold_groups_out(given, training, fraction, model.random_state, screen)
    if fraction > 0 and not model.early_stopping and "X_val" not in given:
        # Without early stopping the estimator keeps no validation images of its own.
        _part(given, *hold_out_by_chance(given["y"], fraction, model.random_state))
    # The bar is progress, not a result: it goes to stderr.
    with _told_at_once(screen) as told, contextlib.redirect_stdout(sys.stderr):
        model.fit(**given)
    return model, any(isinstance(warning, InterruptionWarning) for warning in told)


@contextlib.contextmanager
def telling_divergence() -> Iterator[None]:
    """Say of a new network whose answers overflow that its training diverged in its last steps.

    Raises
    ------
    ValueError
        In place of one that says so of the images.
    """
    from fernet.estimators.overflow import OutputOverflowError

    try:
        yield
    except OutputOverflowError as error:
        raise ValueError(
            "training diverged in its last steps: what the network answers is not finite; try a "
            "smaller learning rate, or clip-norm"
        ) from error


@contextlib.contextmanager
def _told_at_once(screen: Screen) -> Iterator[list[Warning | str]]:
    """Say warnings when they come, as that a disk is full in a training that goes on for hours.

    That a file lacks something is said with ``--quiet`` too.
    """
    told: list[Warning | str] = []

    def tell(message: Warning | str, *_: object, **__: object) -> None:
        told.append(message)
        say = screen.warn if isinstance(message, UnwrittenWarning) else screen.remark
        say(f"Note: {message}.")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        before, warnings.showwarning = warnings.showwarning, tell
        try:
            yield told
        finally:
            warnings.showwarning = before


def _hold_groups_out(
    given: dict[str, Any], training: Faces, fraction: float, seed: int, screen: Screen
) -> None:
    """Move whole groups, if there are any, from those to learn to those to validate on.

    They choose an epoch alone, so where no group can be spared chance may take them.
    """
    if training.groups is None:
        return
    try:
        rows, held_out = split_by_group(training, fraction, seed)
    except InputError as error:
        screen.remark(f"Note: images to validate on are taken by chance. {error.message}.")
        return
    _part(given, rows, held_out)


def _part(given: dict[str, Any], rows: np.ndarray, held_out: np.ndarray) -> None:
    """Move images, with their weights and votes, from those to learn to those to validate on."""
    arrays = {name: array for name, array in given.items() if array is not None}
    held = {name: array[held_out] for name, array in arrays.items()}
    given |= {name: array[rows] for name, array in arrays.items()}
    given |= {"X_val": held["X"], "y_val": held["y"]}
    if "sample_weight" in held and held["sample_weight"].any():
        given["sample_weight_val"] = held["sample_weight"]
    if "label_distribution" in held:
        given["label_distribution_val"] = held["label_distribution"]
