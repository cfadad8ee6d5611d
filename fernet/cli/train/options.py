"""The options of ``fernet train`` that are a network's settings."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from fernet.cli.finite_float import FiniteFloat
from fernet.cli.toml_files import did_you_mean
from fernet.cli.train.recipes import recipe_of, without_effect
from fernet.cli.train.types import (
    AugmentationName,
    ClassWeights,
    FilterGroups,
    LayerSizes,
    Structured,
)

__all__ = [
    "SAID_ELSEWHERE",
    "check_effect",
    "check_together",
    "check_varied",
    "idle_settings",
    "network_options",
    "option_of",
    "parse_setting",
    "said_in",
]
__dir__ = __all__.copy

_PROBABILITY = FiniteFloat(0, 1, max_open=True)
_POSITIVE = FiniteFloat(0, min_open=True)

_KINDS = ("mlp", "vgg", "compact", "resnet18")

# Option, parameter of the estimator, type, help. Defaults are the recipe's.
_OPTIONS: list[tuple[str, str, Any, str]] = [
    ("--hidden", "hidden_layer_sizes", LayerSizes(), "Units of the hidden layers of mlp and vgg."),
    (
        "--filters",
        "filters",
        FilterGroups(),
        "Filters of vgg's groups and how many convolutions each has, such as 32x2,64x3.",
    ),
    (
        "--width",
        "width",
        click.IntRange(1),
        "Filters of the first group, of all networks but mlp and vgg; later ones have more.",
    ),
    ("--dropout", "dropout", _PROBABILITY, "Probability of dropping a hidden unit."),
    (
        "--batch-norm/--no-batch-norm",
        "batch_norm",
        bool,
        "Whether batch normalisation follows the convolutions and hidden layers of vgg.",
    ),
    ("--weight-decay", "weight_decay", FiniteFloat(0), "Factor of the L2 term."),
    ("--solver", "solver", click.Choice(["sgd", "adam", "muon"]), "How weights are updated."),
    ("--learning-rate", "learning_rate_init", _POSITIVE, "Learning rate of the first epoch."),
    (
        "--learning-rate-decay",
        "learning_rate_decay",
        FiniteFloat(0, 1, min_open=True),
        "Factor on the rate after each epoch.",
    ),
    (
        "--schedule",
        "schedule",
        click.Choice(["constant", "exponential", "cosine", "one_cycle"]),
        "Course of the learning rate.",
    ),
    ("--momentum", "momentum", _PROBABILITY, "Momentum of sgd and muon."),
    ("--batch-size", "batch_size", click.IntRange(1), "Images of a training step."),
    ("--epochs", "max_iter", click.IntRange(1), "Epochs at most."),
    (
        "--patience",
        "n_iter_no_change",
        click.IntRange(0),
        (
            "Stop after so many epochs without a better validation accuracy, and keep the best "
            "epoch's weights; 0 runs all epochs and keeps the last."
        ),
    ),
    (
        "--validation-fraction",
        "validation_fraction",
        _PROBABILITY,
        "Part of the training images kept for validation; 0 for none.",
    ),
    (
        "--monitor",
        "monitor",
        str,
        "What tells the best epoch: accuracy, loss, macro_f1 or a scorer of scikit-learn.",
    ),
    ("--label-smoothing", "label_smoothing", _PROBABILITY, "Smoothing of the labels."),
    (
        "--augment",
        "augmentation",
        AugmentationName(["none", "flip", "standard", "robust"]),
        (
            "Vary images while training: mirrored; also moved, turned, scaled and relit; or also "
            "blurred, noisy and hidden in part, as webcams have them."
        ),
    ),
    (
        "--average-flips/--no-average-flips",
        "average_flips",
        bool,
        "Whether predictions average those of an image and of its mirror image.",
    ),
    (
        "--scaling",
        "scaling",
        click.Choice(["none", "pixels", "per_pixel", "standard"]),
        "Pixels are divided by one standard deviation, or each by its own.",
    ),
    ("--scaled-std", "scaled_std", _POSITIVE, "Standard deviation of the scaled pixels."),
    (
        "--class-weight",
        "class_weight",
        ClassWeights(),
        (
            'What classes count: "none", "balanced", by which rare ones count for more, or a '
            'weight for some, "disgust=3,happy=0.5".'
        ),
    ),
]

SAID_ELSEWHERE = {
    "callbacks": "--log writes a line for each epoch",
    "checkpoint": "--checkpoint names the file",
    "random_state": "seed says it",
    "strategy": "it is for Python alone",
    "verbose": "--quiet says it",
    "warm_start": "from names a model to go on from",
}
"""Parameters that are no settings, and what says them."""

# Parameters that only some models have; other rules are the recipes'.
_ONLY_OF: dict[str, Callable[[str], bool]] = {
    "filters": lambda model: model == "vgg",
    "width": lambda model: model not in ("mlp", "vgg"),
    "architecture": lambda model: model != "mlp",
    "conv_algorithm": lambda model: model != "mlp",
}


# A setting, another, and whether the first does nothing beside such a value of the other. A
# patience of 0 asks for no more than what happens without validation.
_IDLE_BESIDE: list[tuple[str, str, Callable[[Any, Any], bool]]] = [
    ("n_iter_no_change", "validation_fraction", lambda share, patience: share == 0 < patience),
    ("monitor", "validation_fraction", lambda share, _: share == 0),
    ("monitor", "n_iter_no_change", lambda patience, _: patience == 0),
    ("momentum", "solver", lambda solver, _: solver == "adam"),
    (
        "learning_rate_decay",
        "schedule",
        lambda schedule, decay: schedule != "exponential" and decay != 1,
    ),
    ("scaled_std", "scaling", lambda scaling, _: scaling in (None, "none")),
]


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; those not given arrive as None."""
    for option, parameter, kind, text in reversed(_OPTIONS):
        default = _shown_default(parameter)
        note = f"{text}  [report: {default}]" if default else text
        command = click.option(option, parameter, type=kind, default=None, help=note)(command)
    return command


def parse_setting(name: str, value: Any) -> tuple[str, Any]:
    """Return the parameter that a name means, and a value of its type.

    Parameters
    ----------
    name : str
        An option without its dashes, such as ``"learning-rate"``, or any parameter of the
        estimators, such as ``"ema_decay"``.
    value : object
        Text, as on the command line, or a number, a truth value, a list or a table. Of what is no
        option, or any word, the estimators check the value.

    Returns
    -------
    parameter : str
    value : object

    Raises
    ------
    click.UsageError
        If there is no such option or parameter, or the value is none of the option's.

    Examples
    --------
    >>> from fernet.cli.train.options import parse_setting
    >>> parse_setting("learning-rate", "0.1"), parse_setting("hidden", [512, 256])
    (('learning_rate_init', 0.1), ('hidden_layer_sizes', (512, 256)))
    >>> parse_setting("clip_norm", "2.5")
    ('clip_norm', 2.5)
    """
    wanted = name.strip().replace("_", "-")
    known = {option_of(parameter): (parameter, kind) for _, parameter, kind, _ in _OPTIONS}
    for parameter, kind in list(known.values()):
        known.setdefault(parameter.replace("_", "-"), (parameter, kind))
    if wanted not in known:
        return _parse_parameter(wanted.replace("-", "_"), value)
    parameter, kind = known[wanted]
    if isinstance(value, bool) and kind is not bool:
        raise click.UsageError(f"{wanted}: {str(value).lower()} is no value of it")
    given = value if isinstance(kind, Structured) else str(value)
    try:
        found = click.types.convert_type(kind).convert(given, None, None)
    except click.BadParameter as error:
        raise click.UsageError(f"{wanted}: {error.message}") from None
    if kind is str:
        _check_value(parameter, found)
    return parameter, found


def _parse_parameter(name: str, value: Any) -> tuple[str, Any]:
    """Take what is no option as the estimators' parameter of that name."""
    from fernet.estimators import FERCNNClassifier, FERMLPClassifier

    if name in SAID_ELSEWHERE:
        raise click.UsageError(f"{name!r} is no setting: {SAID_ELSEWHERE[name]}")
    parameters = {**FERMLPClassifier().get_params(), **FERCNNClassifier().get_params()}
    if name not in parameters:
        options = [option_of(parameter) for _, parameter, *_ in _OPTIONS]
        others = sorted(set(parameters) - set(SAID_ELSEWHERE) - {row[1] for row in _OPTIONS})
        hint = did_you_mean(name, [*options, *(row[1] for row in _OPTIONS), *others])
        if not hint.endswith("?"):
            hint = f"expected one of {', '.join([*options, *others])}"
        raise click.UsageError(f"{name!r} is no setting; {hint}")
    if isinstance(value, str):
        # As the estimator wants it, "2.5" is a number and "none" is a word.
        with contextlib.suppress(ValueError):
            value = tomllib.loads(f"value = {value}")["value"]
    _check_value(name, value)
    return name, value


def _check_value(parameter: str, value: Any) -> None:
    """Refuse what an estimator that has a parameter would refuse as its value."""
    from fernet.estimators import FERCNNClassifier, FERMLPClassifier

    has_it = parameter in FERMLPClassifier().get_params()
    kind = FERMLPClassifier if has_it else FERCNNClassifier
    given: dict[str, Any] = {parameter: None if value == "none" else value}
    try:
        kind(**given)._check_parameters()
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def option_of(parameter: str) -> str:
    """Return a parameter's option without its dashes, or its name where it has none."""
    for option, name, *_ in _OPTIONS:
        if name == parameter:
            return option.split("/")[0].removeprefix("--")
    return parameter


def check_effect(
    model: str, given: dict[str, Any], called: str, said: Mapping[str, str] | None = None
) -> None:
    """Refuse settings that would do nothing to a model, by the name that the user called it.

    Parameters
    ----------
    model : str
        One of `fernet.cli.train.recipes.MODELS`.
    given : dict
        Settings.
    called : str
        The model, as the user said.
    said : mapping of str to str, default=None
        Where settings were said, for the error; by default on the command line.

    Raises
    ------
    click.UsageError
        Naming the first of them.
    """
    for parameter in idle_settings(model, given):
        option = (said or {}).get(parameter, f"--{option_of(parameter)}")
        raise click.UsageError(f"{option} does nothing to --model {called}")


def said_in(path: Path, settings: Iterable[str], typed: Mapping[str, Any]) -> dict[str, str]:
    """Return where a file says its settings, by parameter, but for those of the command line."""
    return {name: f"{option_of(name)} in {path}" for name in settings if typed.get(name) is None}


def check_together(chosen: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse settings of the command line that would do nothing beside the others.

    Parameters
    ----------
    chosen : mapping
        All settings of the training.
    given : mapping
        Those of the command line; None means not given.

    Raises
    ------
    click.UsageError
        Naming the first of them, and what keeps it idle.

    Examples
    --------
    >>> from fernet.cli.train.options import check_together
    >>> chosen = {"n_iter_no_change": 5, "validation_fraction": 0.1}
    >>> check_together(chosen, {"n_iter_no_change": 5})
    """
    check_varied(chosen, given, [])


def check_varied(
    chosen: Mapping[str, Any], given: Mapping[str, Any], steps: Sequence[Mapping[str, list]]
) -> None:
    """Refuse settings of a sweep that would do nothing, whichever of the others is tried.

    Parameters
    ----------
    chosen : mapping
        All settings, without those that are varied.
    given : mapping
        Those of the command line; None means not given.
    steps : sequence of mapping
        The values that are varied in each step. What an earlier one varies, its best may have.

    Raises
    ------
    click.UsageError
        Naming the first of them, and what keeps it idle.

    Examples
    --------
    >>> from fernet.cli.train.options import check_varied
    >>> check_varied({"solver": "adam"}, {}, [{"solver": ["sgd"]}, {"momentum": [0.1, 0.9]}])
    """
    possible = {name: [value] for name, value in chosen.items()}
    for step in steps:
        possible |= step
        for parameter, values in step.items():
            for value in values:
                _check_idle(f"--grid {option_of(parameter)}", parameter, value, possible)
    for parameter, value in given.items():
        if value is not None:
            _check_idle(f"--{option_of(parameter)}", parameter, value, possible)


def _check_idle(shown: str, name: str, value: Any, possible: Mapping[str, list]) -> None:
    """Refuse a value that does nothing beside any of those that other settings may have."""
    for parameter, other, is_idle in _IDLE_BESIDE:
        others = possible.get(other, [None])
        if parameter == name and all(is_idle(each, value) for each in others):
            raise click.UsageError(
                f"{shown} does nothing where {option_of(other)} is "
                f"{' or '.join(map(_as_text, others))}"
            )


def idle_settings(model: str, given: dict[str, Any]) -> list[str]:
    """List those of the settings that a model does not have; None counts as not given."""
    return without_effect(model, given) + [
        name for name, has in _ONLY_OF.items() if given.get(name) is not None and not has(model)
    ]


def _shown_default(parameter: str) -> str:
    """Show the report recipe's value; for each kind of model, if they differ."""
    values = {model: recipe_of(model, "report").get(parameter) for model in _KINDS}
    shown = {model: _as_text(value) for model, value in values.items() if value is not None}
    if len(shown) == len(_KINDS) and len(set(shown.values())) == 1:
        return next(iter(shown.values()))
    return ", ".join(f"{model} {value}" for model, value in shown.items())


def _as_text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
