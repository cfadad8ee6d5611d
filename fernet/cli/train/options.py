"""The options of ``fernet train`` that are a network's settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from fernet.cli.train.recipes import recipe_of, without_effect

__all__ = ["LayerSizes", "check_effect", "network_options", "parse_setting"]
__dir__ = __all__.copy


class LayerSizes(click.ParamType):
    """Sizes of hidden layers, such as 512,256; "none" for a network without any."""

    name = "sizes"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            sizes = tuple(int(part) for part in value.split(","))
        except ValueError:
            sizes = (0,)
        if min(sizes) < 1:
            self.fail(f"{value!r} is not a list of sizes such as 512,256, or none", param, ctx)
        return sizes


_PROBABILITY = click.FloatRange(0, 1, max_open=True)
_POSITIVE = click.FloatRange(0, min_open=True)

_KINDS = ("mlp", "vgg", "compact", "resnet18")

# Option, parameter of the estimator, type, help. Defaults are the recipe's.
_OPTIONS: list[tuple[str, str, Any, str]] = [
    ("--hidden", "hidden_layer_sizes", LayerSizes(), "Units of the hidden layers of mlp and vgg."),
    ("--dropout", "dropout", _PROBABILITY, "Probability of dropping a hidden unit."),
    (
        "--batch-norm/--no-batch-norm",
        "batch_norm",
        bool,
        "Whether batch normalisation follows the convolutions and hidden layers of vgg.",
    ),
    ("--weight-decay", "weight_decay", click.FloatRange(0), "Factor of the L2 term."),
    ("--solver", "solver", click.Choice(["sgd", "adam"]), "How weights are updated."),
    ("--learning-rate", "learning_rate_init", _POSITIVE, "Learning rate of the first epoch."),
    (
        "--learning-rate-decay",
        "learning_rate_decay",
        click.FloatRange(0, 1, min_open=True),
        "Factor on the rate after each epoch.",
    ),
    (
        "--schedule",
        "schedule",
        click.Choice(["constant", "exponential", "cosine", "one_cycle"]),
        "Course of the learning rate.",
    ),
    ("--momentum", "momentum", _PROBABILITY, "Momentum of sgd."),
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
    ("--label-smoothing", "label_smoothing", _PROBABILITY, "Smoothing of the labels."),
    (
        "--augment",
        "augmentation",
        click.Choice(["none", "flip", "standard"]),
        "Vary images while training: mirrored, or also moved, turned, scaled and relit.",
    ),
    (
        "--class-weight",
        "class_weight",
        click.Choice(["none", "balanced"]),
        "Whether rare emotions count for more.",
    ),
]


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; those not given arrive as None."""
    for option, parameter, kind, text in reversed(_OPTIONS):
        default = _shown_default(parameter)
        note = f"{text}  [report: {default}]" if default else text
        command = click.option(option, parameter, type=kind, default=None, help=note)(command)
    return command


def parse_setting(name: str, value: Any) -> tuple[str, Any]:
    """Return the parameter that an option sets, and a value of the option's type.

    Parameters
    ----------
    name : str
        An option without its dashes, such as ``"learning-rate"``, or the parameter's name.
    value : object
        Text, as on the command line, or a number, a truth value or a list.

    Returns
    -------
    parameter : str
    value : object

    Raises
    ------
    click.UsageError
        If there is no such option, or the value is none of its values.

    Examples
    --------
    >>> from fernet.cli.train.options import parse_setting
    >>> parse_setting("learning-rate", "0.1"), parse_setting("hidden", [512, 256])
    (('learning_rate_init', 0.1), ('hidden_layer_sizes', (512, 256)))
    """
    wanted = name.strip().replace("_", "-")
    known = {}
    for option, parameter, kind, _ in _OPTIONS:
        known[option.split("/")[0].removeprefix("--")] = parameter, kind
    by_parameter = {
        parameter.replace("_", "-"): (parameter, kind) for parameter, kind in known.values()
    }
    found = known.get(wanted) or by_parameter.get(wanted)
    if found is None:
        raise click.UsageError(f"{name!r} is no setting; expected one of {', '.join(known)}")
    parameter, kind = found
    text = (",".join(map(str, value)) or "none") if isinstance(value, list | tuple) else str(value)
    try:
        return parameter, click.types.convert_type(kind).convert(text, None, None)
    except click.BadParameter as error:
        raise click.UsageError(f"{wanted}: {error.message}") from None


def check_effect(model: str, given: dict[str, Any]) -> None:
    """Refuse options that would do nothing to a model.

    Raises
    ------
    click.UsageError
        Naming the first of them.
    """
    for parameter in without_effect(model, given):
        option = next(option for option, name, *_ in _OPTIONS if name == parameter)
        raise click.UsageError(f"{option.split('/')[0]} does nothing to --model {model}")


def _shown_default(parameter: str) -> str:
    """Show the report recipe's value; for each kind of model, if they differ."""
    values = {model: recipe_of(model, "report").get(parameter) for model in _KINDS}
    shown = {model: _as_text(value) for model, value in values.items() if value is not None}
    if len(shown) == len(_KINDS) and len(set(shown.values())) == 1:
        return next(iter(shown.values()))
    return ", ".join(f"{model} {value}" for model, value in shown.items())


def _as_text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
