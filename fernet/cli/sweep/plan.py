"""What a sweep is to try: from options and a TOML file to grids of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from fernet.cli.errors import InputError
from fernet.cli.labels import Labels
from fernet.cli.train.config import KEYS, read_config
from fernet.cli.train.options import check_effect, check_varied, option_of, parse_setting, said_in
from fernet.cli.train.parts import COURSES
from fernet.cli.train.recipes import CONFIGURATIONS, MODELS, check_recipe, expand
from fernet.cli.train.recipes import settings as recipe_settings

__all__ = ["METHODS", "Plan", "make_plan"]
__dir__ = __all__.copy

METHODS = ("coordinate", "grid")
"""What ``--method`` takes: one parameter after the other, or all combinations."""
_DEFAULTS = {"model": "mlp", "method": "coordinate", "seed": 0}


@dataclass(slots=True)
class Plan:
    """A sweep: data, network, settings that stay, and a grid of settings for each step."""

    data: Path | None
    model: str
    recipe: str
    method: str
    seed: int
    labels: Labels | Path | None = None
    groups: str | None = None
    image_size: int | None = None
    color: bool | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    grids: list[dict[str, list]] = field(default_factory=list)

    def steps(self) -> list[dict[str, list]]:
        """Return the grids of the steps; of a full grid there is one."""
        if self.method == "coordinate":
            return self.grids
        return [{name: values for grid in self.grids for name, values in grid.items()}]


def make_plan(
    config: Path | None,
    options: Mapping[str, Any],
    settings: Mapping[str, Any],
    grid: Sequence[str],
) -> Plan:
    """Put a plan together; the command line has precedence over the file.

    Parameters
    ----------
    config : Path or None
        TOML with the keys ``data``, ``labels``, ``groups``, ``image_size``, ``color``, ``model``,
        ``recipe``, ``method`` and ``seed``, a table ``settings``, and a table ``grid`` or an
        array of tables of that name, each a step.
    options : mapping
        The same but the tables of the command line; None means not given.
    settings : mapping
        A network's settings from the command line; None means not given.
    grid : sequence of str
        Texts such as ``"dropout=0.01,0.1"``; if there are any, they replace the file's grid.

    Returns
    -------
    Plan

    Raises
    ------
    click.UsageError
        If a setting is unknown, has no effect on the model or beside the others, or can't be
        varied, or if there is no grid.
    InputError
        If the file can't be used.
    """
    document = _read(config) if config else {"settings": {}, "grid": []}
    chosen = {
        name: value if value is not None else document.get(name, _DEFAULTS.get(name))
        for name, value in options.items()
    }
    if chosen["model"] in COURSES:
        raise click.UsageError(
            f"model {chosen['model']} is several trainings, which a sweep can't vary; expected one "
            f"of {', '.join((*MODELS, *CONFIGURATIONS))}"
        )
    fixed = document["settings"] | {k: v for k, v in settings.items() if v is not None}
    called = chosen["model"]
    where = f"recipe in {config}" if options["recipe"] is None else "--recipe"
    chosen["model"], chosen["recipe"], fixed = expand(called, chosen["recipe"], fixed, where)
    tables = [_from_text(text) for text in grid] or document["grid"]
    grids = [_parsed(table) for table in tables]
    if not grids:
        raise click.UsageError("nothing to vary; expected --grid, or a grid in --config's file")
    names = [name for table in grids for name in table]
    if chosen["method"] == "grid" and len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise click.UsageError(
            f"the grid has {option_of(twice)} twice; expected all of its values at one place"
        )
    said = {} if config is None else said_in(config, document["settings"], settings)
    check_effect(chosen["model"], fixed, called, said)
    for table in grids:
        check_effect(chosen["model"], table, called)
    if config is not None:
        check_recipe(options["recipe"], document.get("recipe"), config, fixed, chosen["model"])
    for given in (fixed, *grids):
        if "freeze" in given:
            raise click.UsageError("freeze is no setting of a sweep: all candidates start anew")
    if any("validation_fraction" in table for table in grids):
        raise click.UsageError(
            "validation-fraction can't be varied: all candidates are judged by the same images"
        )
    plan = Plan(**chosen, settings=fixed, grids=grids)
    check_varied(recipe_settings(plan.recipe, fixed, plan.model), settings, plan.steps())
    return plan


def _read(path: Path) -> dict[str, Any]:
    """Read the file; return it with all tables, and a grid for each step."""
    document = read_config(path, (*KEYS, "method", "grid"))
    if (method := document.get("method", METHODS[0])) not in METHODS:
        raise InputError(f"{path}: method is {method!r}; expected one of {', '.join(METHODS)}")
    grid = document.get("grid", [])
    if isinstance(grid, dict):
        grid = [{name: values} for name, values in grid.items()]
    if not isinstance(grid, list) or not all(isinstance(table, dict) for table in grid):
        raise InputError(f"{path}: grid is {grid!r}; expected a table, [grid], or several")
    return document | {"grid": grid}


def _from_text(text: str) -> dict[str, list]:
    """Read an option's text; layers' sizes are joined by "x", as commas part the values."""
    name, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not values:
        raise click.UsageError(f"--grid {text!r}: expected a setting and values: dropout=0.01,0.1")
    parts, setting = values.split(","), name.replace("-", "_")
    if setting in ("hidden", "hidden_layer_sizes"):
        parts = [part.replace("x", ",") for part in parts]
    elif _may_be_one_value(setting, parts):
        raise click.UsageError(
            f"--grid {text!r}: commas part values here, as they do within a value of {name}; "
            f'expected a grid in --config\'s file, such as {name} = ["{values}"] below [grid]'
        )
    return {name: parts}


def _may_be_one_value(setting: str, parts: Sequence[str]) -> bool:
    """Tell whether what commas part may be meant as a single value of several classes or groups."""
    if setting == "class_weight":
        return len({part.partition("=")[0].strip() for part in parts if "=" in part}) > 1
    return setting == "filters" and len(parts) > 1


def _parsed(table: Mapping[str, Any]) -> dict[str, list]:
    parsed: dict[str, list] = {}
    for name, values in table.items():
        if not isinstance(values, list) or not values:
            raise click.UsageError(f"grid: {name} is {values!r}; expected a list of values")
        pairs = [parse_setting(name, value) for value in values]
        parameter = pairs[0][0]
        if parameter in parsed:
            raise click.UsageError(f"grid: {name} is {parameter}, which is there by another name")
        parsed[parameter] = [value for _, value in pairs]
    return parsed
