"""The course of a coordinate search: which points to try, and which of them is carried on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid

__all__ = ["Point", "as_grids", "follow_path", "same_point", "start_point"]
__dir__ = __all__.copy

Point = dict[str, Any]
"""A value for each parameter that is searched."""


def as_grids(param_grids: Any) -> list[dict[str, Any]]:
    """Return one grid for each step.

    Parameters
    ----------
    param_grids : mapping or sequence of mappings
        A mapping of names to values makes each of its parameters a step, in its order; of a
        sequence each mapping is a step, and its parameters, if several, are varied jointly.

    Returns
    -------
    list of dict

    Raises
    ------
    ValueError
        If there is no step, or a step has no parameter or no values.
    TypeError
        If values are not in a list, or steps no mappings.

    Examples
    --------
    >>> from fernet.model_selection.coordinate_path import as_grids
    >>> as_grids({"dropout": [0.0, 0.1], "weight_decay": [0.0, 0.01]})
    [{'dropout': [0.0, 0.1]}, {'weight_decay': [0.0, 0.01]}]
    """
    if isinstance(param_grids, Mapping):
        grids = [{name: values} for name, values in param_grids.items()]
    else:
        grids = list(param_grids)
    if not grids:
        raise ValueError(f"param_grids is {param_grids!r}; expected a parameter or more")
    for step, grid in enumerate(grids):
        if not isinstance(grid, Mapping) or not grid:
            raise TypeError(
                f"param_grids[{step}] is {grid!r}; expected a dict of parameters and their values"
            )
        ParameterGrid(dict(grid))  # says what is wrong with the values
    return [dict(grid) for grid in grids]


def start_point(grids: Sequence[Mapping[str, Any]], present: Mapping[str, Any]) -> Point:
    """Return where a search starts: the present values of all parameters that it will vary.

    A parameter of a part that is itself exchanged has no value yet, and is left out.

    Examples
    --------
    >>> from fernet.model_selection.coordinate_path import start_point
    >>> start_point([{"a": [1]}, {"part": [2]}, {"part__b": [3]}], {"a": 0, "part__b": 0})
    {'a': 0}
    """
    names = list(dict.fromkeys(name for grid in grids for name in grid))
    exchanged = tuple(f"{name}__" for name in names)
    return {
        name: present[name] for name in names if name in present and not name.startswith(exchanged)
    }


def follow_path(
    grids: Sequence[Mapping[str, Any]],
    start: Point,
    evaluate: Callable[[int, list[Point]], int],
) -> list[dict[str, Any]]:
    """Optimise parameters a step at a time, and carry each winner on.

    Parameters
    ----------
    grids : sequence of mappings
        A grid for each step.
    start : dict
        Values of the parameters before their steps.
    evaluate : callable
        Given the step's number and new points, maybe none, evaluates them and returns the index
        of the best of all points evaluated so far, in the order in which they were given.

    Returns
    -------
    list of dict
        Of each step ``step``, ``parameters`` (their names), ``candidates`` (indices of the
        points compared, the one carried on included), ``best_index``, ``chosen`` (values).

    Examples
    --------
    The best of a sum of squares:

    >>> from fernet.model_selection.coordinate_path import follow_path
    >>> points = []
    >>> def evaluate(step, new):
    ...     points.extend(new)
    ...     losses = [(p["a"] - 2) ** 2 + (p["b"] - 1) ** 2 for p in points]
    ...     return losses.index(min(losses))
    >>> path = follow_path([{"a": [0, 1, 2]}, {"b": [0, 1]}], {"a": 0, "b": 0}, evaluate)
    >>> [step["chosen"] for step in path], len(points)
    ([{'a': 2}, {'b': 1}], 4)
    """
    points: list[Point] = []
    path = []
    best: int | None = None
    for step, grid in enumerate(grids):
        carried = start if best is None else points[best]
        indices = [] if best is None else [best]
        new: list[Point] = []
        for values in ParameterGrid(dict(grid)):
            point = carried | values
            index = next((i for i, known in enumerate(points) if same_point(known, point)), None)
            if index is None:
                index = len(points)
                points.append(point)
                new.append(point)
            if index not in indices:
                indices.append(index)
        best = int(evaluate(step, new))
        chosen = {name: points[best].get(name) for name in grid}
        path.append(
            {
                "step": step,
                "parameters": list(grid),
                "candidates": indices,
                "best_index": best,
                "chosen": chosen,
            }
        )
    return path


def same_point(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two points have the same parameters and values.

    Examples
    --------
    >>> from fernet.model_selection.coordinate_path import same_point
    >>> same_point({"sizes": (512, 256)}, {"sizes": [512, 256]})
    True
    """
    return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if isinstance(one, bool) != isinstance(other, bool):
        return False  # 1 may mean something else than True
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return same_point(one, other)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    return bool(one == other)
