"""What a training is to be: from options and a TOML file, and back into a file that repeats it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from fernet._io.addresses import NOT_FETCHED, is_address
from fernet._io.names import with_marks
from fernet.cli.errors import InputError
from fernet.cli.labels import Labels, parse_labels
from fernet.cli.models import comes_with_fernet
from fernet.cli.paths import from_home
from fernet.cli.toml_files import read_toml, toml_text
from fernet.cli.train.options import check_effect, parse_setting, said_in
from fernet.cli.train.parts import COURSES
from fernet.cli.train.recipes import CONFIGURATIONS, MODELS, NAMES, check_recipe, expand
from fernet.emotions import MAX_IMAGE_SIZE

__all__ = [
    "CLASSES",
    "FIRST_LINE",
    "KEYS",
    "TrainConfig",
    "config_text",
    "make_config",
    "read_config",
]
__dir__ = __all__.copy

KEYS = ("data", "labels", "groups", "image_size", "color", "model", "recipe", "seed")
"""What a file says of any training, beside its settings."""
CLASSES = ("model", "data")
"""Whose classes a network has that goes on from a model: that model's, or those of the data."""
_TRAIN_KEYS = (*KEYS, "from", "classes", "sample_weight", "soft_labels", "teachers")
# At a rate for a network from scratch it would forget much of what it knows.
_GOING_ON = "finish"
_CHOICES = {
    "model": (*MODELS, *CONFIGURATIONS, *COURSES),
    "recipe": NAMES,
    "classes": CLASSES,
}
_PATHS = ("data", "sample_weight")
_OPTIONS = {"start": "--from", "teachers": "--teacher"}
FIRST_LINE = "# Repeats this training: fernet train --config ... --out another/folder"
"""Of the file that a training leaves."""
_NO_UTF8 = (
    "# A path below is no UTF-8, which this file can't hold: give it on the command line as well\n"
)


@dataclass(slots=True)
class TrainConfig:
    """A training: data, network, and the settings that differ from the recipe's.

    Parameters
    ----------
    data, sample_weight : Path or None
        Files or folders.
    labels : mapping or Path or None
        What folders stand for, or the file of votes.
    soft_labels : bool
        Whether shares of votes are learnt in place of the majority.
    teachers : sequence of str
        Models whose answers are learnt beside the labels.
    start : sequence of str
        Models to go on from, at the mean of their weights.
    model : str or None
        None: that of `start`.
    recipe : str
    seed : int
    image_size : int, default=None
        Pixels a side that images in folders are brought to. None, as in `color`, if not given.
    color : bool, default=None
        Whether these keep their colours.
    classes : str, default="model"
        One of `CLASSES`.
    groups : str, default=None
        What tells whose face each image is.
    settings : dict
        Parameters of the estimator.
    """

    data: Path | None
    labels: Labels | Path | None
    sample_weight: Path | None
    soft_labels: bool
    teachers: tuple[str, ...]
    start: tuple[str, ...]
    model: str | None
    recipe: str
    seed: int
    image_size: int | None = None
    color: bool | None = None
    classes: str = "model"
    groups: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def make_config(
    path: Path | None, options: Mapping[str, Any], settings: Mapping[str, Any]
) -> TrainConfig:
    """Put a training together; the command line has precedence over the file.

    Parameters
    ----------
    path : Path or None
        TOML with the keys ``data``, ``labels``, ``groups``, ``image_size``, ``color``,
        ``sample_weight``, ``soft_labels``, ``teachers``, ``from``, ``classes``, ``model``,
        ``recipe`` and ``seed``, and a table ``settings``.
    options : mapping
        The same of the command line, ``start`` in place of ``from``; None means not given.
    settings : mapping
        A network's settings from the command line; None means not given.

    Raises
    ------
    click.UsageError
        If a setting of the command line has no effect.
    InputError
        If the file can't be used.
    """
    document = read_config(path, _TRAIN_KEYS) if path else {"settings": {}}
    if "from" in document:
        document["start"] = document.pop("from")
    fixed = document.pop("settings")
    said = {} if path is None else said_in(path, fixed, settings)
    defaults = {
        "seed": 0, "soft_labels": False, "teachers": (), "start": (), "classes": "model",
    }  # fmt: skip
    given = {name: value for name, value in options.items() if value not in (None, ())}
    chosen: dict[str, Any] = dict.fromkeys(options) | defaults | document | given
    if chosen["model"] is None and not chosen["start"]:
        chosen["model"] = "mlp"
    fixed |= {name: value for name, value in settings.items() if value is not None}
    if chosen["start"] and chosen["model"] in (None, *MODELS):
        chosen["recipe"] = chosen["recipe"] or _GOING_ON
    if chosen["model"] is not None:
        model = chosen["model"]
        where = "--recipe" if "recipe" in given else f"recipe in {path}"
        chosen["model"], chosen["recipe"], fixed = expand(model, chosen["recipe"], fixed, where)
        for name in ("start", "teachers") if model in COURSES else ():
            if chosen[name]:
                raise click.UsageError(
                    f"{_OPTIONS[name]} does nothing to --model {model}, whose trainings go on from "
                    "one another"
                )
        network = COURSES[model].configuration if model in COURSES else chosen["model"]
        check_effect(network, fixed, model, said)
    if path is not None and chosen["model"] not in COURSES:
        filed = document.get("recipe") or (_GOING_ON if chosen["start"] else None)
        check_recipe(given.get("recipe"), filed, path, fixed, chosen["model"] or "compact")
    return TrainConfig(**chosen, settings=fixed)


def read_config(path: Path, known: Iterable[str]) -> dict[str, Any]:
    """Read a file's keys that `KEYS` and their like are, and its table of settings.

    Parameters
    ----------
    path : Path
        TOML.
    known : iterable of str
        Keys beside ``settings``; others are returned as they stand.

    Returns
    -------
    dict
        Paths are read from the file's folder on; ``"settings"`` has the parameters of the
        estimator, and is always there.

    Raises
    ------
    InputError
        Naming the file and the key.
    """
    document = read_toml(path, [*known, "settings"])
    for name, value in document.items():
        document[name] = _checked(path, name, value)
    table = document.setdefault("settings", {})
    if not isinstance(table, dict):
        raise InputError(f"{path}: settings is {table!r}; expected a table, [settings]")
    try:
        document["settings"] = _settings(table)
    except click.UsageError as error:
        raise InputError(f"{path}: {error.message}") from None
    return document


def _settings(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a table of settings means, each once."""
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    for name, value in table.items():
        parameter, parsed = parse_setting(name, value)
        if parameter in found:
            raise click.UsageError(
                f"{names[parameter]!r} and {name!r} are one setting; expected one"
            )
        found[parameter], names[parameter] = parsed, name
    return found


def _checked(path: Path, name: str, value: Any) -> Any:
    """Return the value of a key of the file's top, or say what is wrong with it."""
    choices = _CHOICES.get(name)
    if choices is not None and value not in choices:
        raise _wrong(path, name, value, f"one of {', '.join(choices)}")
    if name == "seed" and not (type(value) is int and 0 <= value < 2**32):
        raise _wrong(path, name, value, f"a whole number from 0 to {2**32 - 1}")
    if name == "image_size" and not (type(value) is int and 1 <= value <= MAX_IMAGE_SIZE):
        raise _wrong(path, name, value, f"a whole number from 1 to {MAX_IMAGE_SIZE}")
    if name in ("soft_labels", "color") and type(value) is not bool:
        raise _wrong(path, name, value, "true or false")
    if name == "groups" and not isinstance(value, str):
        raise _wrong(path, name, value, "a regular expression, or the name of a column")
    if name in _PATHS:
        if not isinstance(value, str) or not value:
            raise _wrong(path, name, value, "a path")
        if is_address(value):
            raise InputError(f"{path}: {name} is {value!r}, {NOT_FETCHED}")
        return path.parent / from_home(value, path.parent)
    if name in ("from", "teachers"):
        return _models(path, name, value)
    return _labels(path, value) if name == "labels" else value


def _models(path: Path, name: str, value: Any) -> tuple[str, ...]:
    """Return what names models: files beside this one, or those that come with fernet."""
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(model, str) and model for model in names):
        raise _wrong(path, name, value, "a model's path or name, or a list of these")
    folder = path.parent
    return tuple(
        each if comes_with_fernet(each) else str(folder / from_home(each, folder)) for each in names
    )


def _labels(path: Path, value: Any) -> Labels | Path:
    if isinstance(value, dict) and value:
        return {name: _meaning(path, name, meant) for name, meant in value.items()}
    if not isinstance(value, str):
        raise _wrong(path, "labels", value, "a path, or a table of folders' names")
    try:
        return parse_labels(value, path.parent)
    except ValueError as error:
        raise InputError(f"{path}: labels: {error}") from None


def _meaning(path: Path, name: str, meant: Any) -> str | None:
    """Return what a table says that a folder is; None for one to leave out."""
    # The command suggests question marks, each to be replaced.
    if type(meant) not in (str, int) or meant == "?":
        raise _wrong(path, f"labels: {name!r}", meant, 'an emotion, or "" to leave it out')
    return str(meant) or None


def _wrong(path: Path, name: str, value: Any, expected: str) -> InputError:
    return InputError(f"{path}: {name} is {value!r}; expected {expected}")


def config_text(config: TrainConfig, kind: str, settings: Mapping[str, Any]) -> str:
    """Write the file that repeats a training.

    Parameters
    ----------
    config : TrainConfig
        The training.
    kind : str
        Its model, or a course's name.
    settings : mapping
        All the parameters that it was trained with, in place of those of `config`; of a course,
        those that the user gave.

    Returns
    -------
    str
        TOML; paths are absolute, so that the file may be moved. Of those that are no UTF-8 a
        comment says that they can't be told.
    """
    labels = config.labels
    start, teachers = map(_absolute_models, (config.start, config.teachers))
    document = {
        "data": _absolute(config.data),
        "labels": _absolute(labels) if isinstance(labels, Path) else None,
        "groups": config.groups,
        "image_size": config.image_size,
        "color": config.color,
        "sample_weight": _absolute(config.sample_weight),
        "soft_labels": config.soft_labels or None,
        "teachers": teachers or None,
        "from": start[0] if len(start) == 1 else start or None,
        "classes": config.classes if start else None,
        "model": None if start else kind,
        "recipe": None if kind in COURSES else config.recipe,
        "seed": config.seed,
        "settings": {k: "none" if v is None else v for k, v in settings.items()},
    }
    if isinstance(labels, Mapping):
        document["labels"] = {name: meant or "" for name, meant in labels.items()}
    text = toml_text(document)
    marked = with_marks(text)
    return f"{FIRST_LINE}\n{'' if marked == text else _NO_UTF8}{marked}"


def _absolute_models(models: Iterable[str]) -> list[str]:
    return [each if comes_with_fernet(each) else str(Path(each).absolute()) for each in models]


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())
