"""Classes added to what is fitted, merged and dropped: functions from one state to a new one.

They change the output layer alone, of which each class owns a column of weights and a bias;
everything before it stays bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet._engine.network import Network
from fernet.emotions import class_names, match_classes, plain_labels
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.labels import (
    announced_classes,
    as_labels,
    check_storable,
    plain,
    positions,
    read_labels,
)
from fernet.layers import Linear

__all__ = ["add_classes", "drop_classes", "merge_classes", "with_classes"]
__dir__ = __all__.copy


@dataclass(slots=True)
class _Column:
    """What an output of the new network is made of: the mean of old ones, and a shift."""

    label: Any
    sources: Sequence[int]
    shift: float = 0.0


def add_classes(fitted: FittedState, classes: ArrayLike) -> FittedState:
    """Add classes, each the mean of the present ones.

    Parameters
    ----------
    fitted : FittedState
        Unchanged.
    classes : sequence of labels
        New ones.

    Returns
    -------
    FittedState

    Raises
    ------
    ValueError
        If a label is a class already, or of another type.
    """
    new = as_labels(fitted.classes, classes, "classes")
    known = fitted.classes.tolist()
    if present := [label for label in new.tolist() if label in known]:
        raise ValueError(f"classes holds {present}; expected labels not among {known}")
    everyone = range(len(known))
    columns = _unchanged(fitted.classes, everyone)
    columns += [_Column(label, everyone) for label in new.tolist()]
    return _with_columns(fitted, columns, np.result_type(fitted.classes, new))


def merge_classes(fitted: FittedState, groups: Mapping[Any, ArrayLike]) -> FittedState:
    """Make one class of several: the mean of their columns, and the logarithm of their count.

    Parameters
    ----------
    fitted : FittedState
        Unchanged.
    groups : mapping of label to sequence of labels
        For each new class the old ones that it takes the place of.

    Returns
    -------
    FittedState

    Raises
    ------
    ValueError
        If a label is no class or in two groups, a new name is that of a class that remains,
        or fewer than two classes would remain.
    """
    if not isinstance(groups, Mapping):
        raise ValueError(
            f"groups is {plain(groups)!r}; expected a mapping of new labels to lists of old ones"
        )
    classes = fitted.classes
    members = [positions(classes, old, f"groups[{plain(k)!r}]") for k, old in groups.items()]
    merged = [index for group in members for index in group]
    if twice := sorted({i for i in merged if merged.count(i) > 1}):
        raise ValueError(f"groups holds {classes[twice].tolist()} in two groups")
    rest = [i for i in range(len(classes)) if i not in merged]
    remaining = classes[rest].tolist()
    names = as_labels(classes, list(groups), "groups") if rest else _all_new(groups)
    if clash := [name for name in names.tolist() if name in remaining]:
        raise ValueError(
            f"groups makes classes {clash}, which remain beside them; expected new names, or "
            "those of merged classes"
        )
    columns = [
        _Column(name, group, fitted.temperature * math.log(len(group)))
        for name, group in zip(names.tolist(), members, strict=True)
    ]
    dtype = np.result_type(classes, names) if rest else names.dtype
    return _with_columns(fitted, _unchanged(classes, rest) + columns, dtype)


def _all_new(groups: Mapping[Any, ArrayLike]) -> NDArray:
    """Return the labels of groups that leave no old one, so that they may be of any type."""
    names = plain_labels(read_labels(list(groups), "groups"))
    check_storable(names, "groups holds")
    return names


def drop_classes(fitted: FittedState, classes: ArrayLike) -> FittedState:
    """Leave classes out.

    Parameters
    ----------
    fitted : FittedState
        Unchanged.
    classes : sequence of labels
        Present ones.

    Returns
    -------
    FittedState

    Raises
    ------
    ValueError
        If a label is no class, or fewer than two would remain.
    """
    dropped = positions(fitted.classes, classes, "classes")
    rest = [i for i in range(len(fitted.classes)) if i not in dropped]
    return _with_columns(fitted, _unchanged(fitted.classes, rest), fitted.classes.dtype)


def with_classes(fitted: FittedState, classes: ArrayLike) -> FittedState:
    """Make exactly these classes: those of a known name stay, each other is the mean of the old.

    Parameters
    ----------
    fitted : FittedState
        Unchanged.
    classes : sequence of labels
        Of any type.

    Returns
    -------
    FittedState

    Raises
    ------
    ValueError
        If a label or a name stands twice, or there are fewer than two.
    """
    labels = announced_classes(classes)
    check_storable(labels.tolist(), "classes holds")
    names = class_names(labels)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"classes holds {twice[0]} twice; expected each class once")
    everyone = range(len(fitted.classes))
    places = match_classes(labels, fitted.classes)
    named = zip(labels.tolist(), places, strict=True)
    if same := [label for label, place in named if place >= 0 and places.count(place) > 1]:
        raise ValueError(f"classes holds {same}, which name a class twice; expected each once")
    columns = [
        _Column(label, everyone if place < 0 else [place])
        for label, place in zip(labels.tolist(), places, strict=True)
    ]
    return _with_columns(fitted, columns, labels.dtype)


def _with_columns(fitted: FittedState, columns: list[_Column], dtype: np.dtype) -> FittedState:
    if len(columns) < 2:
        raise ValueError(
            f"only {[column.label for column in columns]} would remain; expected two or more "
            "classes"
        )
    labels = np.empty(len(columns), dtype=dtype)
    labels[:] = [column.label for column in columns]
    order = np.argsort(labels, kind="stable")
    network = _with_outputs(fitted.network, [columns[i] for i in order])
    return fitted.edited(classes=labels[order], network=network)


def _unchanged(classes: NDArray, which: Sequence[int]) -> list[_Column]:
    labels = classes.tolist()
    return [_Column(labels[i], [i]) for i in which]


def _with_outputs(network: Network, columns: Sequence[_Column]) -> Network:
    """Copy a network, its last layer's outputs made of the old ones."""
    last = network.layers[-1]
    if not (isinstance(last, Linear) and type(last).forward is Linear.forward):
        raise ValueError(
            f"the network ends in {last!r}; expected a Linear layer, whose columns are the classes"
        )
    use_bias = last.use_bias or any(column.shift for column in columns)
    layer = Linear(len(columns), last.initializer, use_bias, last.mirrored)
    other = Network(
        [*network.layers[:-1], layer],
        network.input_shape,
        dtype=network.dtype,
        kernels=network.kernels,
    )
    arrays = dict(network.named_parameters() + network.named_state())
    name = f"{network.names[-1]}.weight", f"{network.names[-1]}.bias"
    weight = arrays[name[0]]
    bias = arrays.get(name[1], np.zeros(weight.shape[1], weight.dtype))
    arrays[name[0]] = _mean_columns(weight, columns)
    if use_bias:
        arrays[name[1]] = _mean_columns(bias, columns) + np.array([c.shift for c in columns])
    other.load_parameters(arrays)
    return other


def _mean_columns(values: NDArray, columns: Sequence[_Column]) -> NDArray:
    """Average over the last axis; a mean of one is that one, bit for bit."""
    wide = values.astype(np.float64)
    return np.stack([wide[..., list(c.sources)].mean(axis=-1) for c in columns], axis=-1)
