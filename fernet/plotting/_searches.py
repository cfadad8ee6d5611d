"""Reading a search's results: the scores of each value of one parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def runs_by_value(
    search: Any, param_name: str | None, metric: str
) -> tuple[str, list[Any], NDArray[np.float64], NDArray[np.float64] | None]:
    """Collect the scores of each value of a parameter, the others being fixed.

    The others are where most values of this one were tried: in a grid, where that is so for all,
    at their best; in a search step by step, as they were in the step that varied this one.

    Parameters
    ----------
    search : estimator
        With ``cv_results_`` and ``best_index_``, or with the former alone, where the best is the
        candidate of rank 1.
    param_name : str or None
        The parameter, with or without the steps before it; None: the only one that varies.
    metric : str
        ``"score"`` or the name of one of several metrics.

    Returns
    -------
    name : str
        The parameter, without the steps before it.
    values : list
        Its values, each once.
    scores : ndarray of shape (n_values, n_runs)
        Validation scores; rows with fewer runs end in NaN.
    training_scores : ndarray of the same shape, or None
        None where the search did not keep them.

    Raises
    ------
    ValueError
        If the search is not fitted or has no such parameter or metric.
    """
    results = getattr(search, "cv_results_", None)
    if results is None:
        raise ValueError(f"{type(search).__name__} has no cv_results_ to plot; fit it first")
    candidates = list(results["params"])
    key = _full_name(candidates, param_name)
    groups: dict[str, dict[str, list[int]]] = {}
    for index in _last_of_each(candidates):
        if key in candidates[index]:
            group = groups.setdefault(_others(candidates[index], key), {})
            group.setdefault(repr(candidates[index][key]), []).append(index)
    best = _others(candidates[_best(search, results, metric)], key)
    chosen = max(groups, key=lambda others: (len(groups[others]), others == best))
    rows = list(groups[chosen].values())
    scores = _scores(results, f"test_{metric}", rows)
    if scores is None:
        raise ValueError(f"metric is {metric!r}, but the search has no scores of that name")
    training = _scores(results, f"train_{metric}", rows)
    values = [candidates[indices[0]][key] for indices in rows]
    return key.rsplit("__", 1)[-1], values, scores, training


def _full_name(candidates: list[Mapping[str, Any]], param_name: str | None) -> str:
    searched = list(dict.fromkeys(name for candidate in candidates for name in candidate))
    if param_name is None:
        varied = [n for n in searched if len({repr(c.get(n)) for c in candidates}) > 1]
        varied = [name for name in varied if not _is_seed(name)] or searched
        if len(varied) != 1:
            raise ValueError(f"param_name is None, but the search varied {varied}; name one")
        return varied[0]
    found = [name for name in searched if name == param_name or name.endswith(f"__{param_name}")]
    if param_name in found:
        return param_name
    if len(found) != 1:
        raise ValueError(f"param_name is {param_name!r}; expected one of {searched}")
    return found[0]


def _last_of_each(candidates: list[Mapping[str, Any]]) -> list[int]:
    """Return a row for each candidate: a halving search judges one again on more samples."""
    return list({repr(candidate): index for index, candidate in enumerate(candidates)}.values())


def _best(search: Any, results: Mapping[str, Any], metric: str) -> int:
    index = getattr(search, "best_index_", None)
    if index is None and f"rank_test_{metric}" not in results:
        raise ValueError(f"metric is {metric!r}, but the search has no scores of that name")
    return int(np.argmin(results[f"rank_test_{metric}"]) if index is None else index)


def _is_seed(name: str) -> bool:
    return name.rsplit("__", 1)[-1] == "random_state"


def _others(candidate: Mapping[str, Any], key: str) -> str:
    """Return what a candidate has beside one parameter and its seeds, to compare."""
    kept = {k: v for k, v in candidate.items() if k != key and not _is_seed(k)}
    return repr(sorted(kept.items()))


def _scores(
    results: Mapping[str, Any], name: str, rows: list[list[int]]
) -> NDArray[np.float64] | None:
    """Return each value's runs in a row, filled up with NaN: one a split and pooled candidate."""
    splits: list[NDArray[np.float64]] = []
    while f"split{len(splits)}_{name}" in results:
        splits.append(np.asarray(results[f"split{len(splits)}_{name}"], dtype=np.float64))
    if not splits and f"mean_{name}" in results:
        splits = [np.asarray(results[f"mean_{name}"], dtype=np.float64)]
    if not splits:
        return None
    table = np.stack(splits, axis=1)
    longest = max(map(len, rows)) * table.shape[1]
    out = np.full((len(rows), longest), np.nan)
    for runs, indices in zip(out, rows, strict=True):
        runs[: len(indices) * table.shape[1]] = table[indices].ravel()
    return out
