"""`CoordinateSearchCV`: one parameter after the other, as the report tuned its networks."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import joblib
import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, check_cv

from fernet._io.callers import levels_to_caller
from fernet.estimators.documentation import DocumentationLink
from fernet.model_selection.coordinate_path import Point, as_grids, follow_path, start_point
from fernet.model_selection.rows import Rows, travelling

__all__ = ["CoordinateSearchCV"]
__dir__ = __all__.copy

# The base of all searches has no public name of its own.
BaseSearchCV: Any = GridSearchCV.__base__


def _draw(cv: Any, X: Any, y: Any, split_params: Mapping[str, Any]) -> list[tuple]:
    """Draw the splits, as they travel to workers."""
    splits = [tuple(map(travelling, split)) for split in cv.split(X, y, **split_params)]
    if len(splits) == 1 and isinstance(X, Rows):
        X.keep(*map(np.asarray, splits[0]))
    return splits


class _DrawnOnce:
    """A splitter that repeats what it drew first."""

    def __init__(self, cv: Any) -> None:
        self._cv = cv
        self._drawn: list[tuple] | None = None

    def split(self, X: Any, y: Any = None, **split_params: Any) -> list[tuple]:
        if self._drawn is None:
            self._drawn = _draw(self._cv, X, y, split_params)
        return self._drawn


class CoordinateSearchCV(DocumentationLink, BaseSearchCV):
    """Search for hyper-parameters one at a time, the others held fixed.

    The first parameter's values are tried with the others at the estimator's own; the best one is
    carried on while the second parameter's are tried, and so on: the report's method (section 5).
    It needs the sum of the numbers of values, where a grid needs their product, and finds what a
    grid would as far as parameters do not depend on each other.

    No point is evaluated twice: the one carried on keeps its scores, and is only replaced by a
    better one, whether or not its value is among those listed. All candidates of a step are
    evaluated in parallel, and on the same splits; the results are the same for any `n_jobs`.

    Parameters
    ----------
    estimator : estimator
        As for `sklearn.model_selection.GridSearchCV`; its own parameters are where the search
        starts.
    param_grids : dict or sequence of dict
        Names of parameters and lists of values. Of a dict each parameter is a step, in the dict's
        order. Of a sequence each dict is a step: one of several parameters varies these jointly,
        and a parameter may come again.
    scoring : str, callable, list, tuple or dict, default=None
        As for GridSearchCV. `report_scoring` gives the report's columns.
    n_jobs : int, default=None
        Candidates and splits evaluated at the same time.
    refit : bool, str or callable, default=True
        As for GridSearchCV. With several metrics it names the one that chooses each winner; a
        callable chooses them itself.
    cv : int, cross-validation generator or iterable, default=None
        As for GridSearchCV. For a fixed validation set see `join_validation`. On one machine
        samples of a split are not copied for each candidate if their rows are consecutive or the
        split is the only one.
    verbose : int, default=0
        As for GridSearchCV.
    pre_dispatch : int or str, default="2*n_jobs"
        As for GridSearchCV.
    error_score : "raise" or float, default=nan
        Score of a candidate that could not be fitted, which is warned of; with ``"raise"`` the
        search ends.
    return_train_score : bool, default=False
        Whether candidates are also scored on what they learnt from.

    Attributes
    ----------
    path_ : list of dict
        What was chosen when. Of each step ``"step"``, its number; ``"parameters"``, the names of
        those it varied; ``"candidates"``, the rows of `cv_results_` it compared;
        ``"best_index"``, the best row; ``"chosen"``, that row's values; ``"score"``, its mean
        score.
    cv_results_ : dict
        As GridSearchCV's, with a column ``"step"``. Each candidate has all parameters of the
        search.
    best_params_, best_score_, best_index_, best_estimator_
        As GridSearchCV's: where the path ends.
    scorer_, n_splits_, refit_time_, multimetric_, classes_, n_features_in_, feature_names_in_
        As GridSearchCV's.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.model_selection import CoordinateSearchCV
    >>> X, y = make_faces(200, random_state=0, return_X_y=True)
    >>> search = CoordinateSearchCV(
    ...     FERMLPClassifier((16,), max_iter=3, random_state=0),
    ...     {"learning_rate_init": [0.0001, 0.01], "dropout": [0.0, 0.1]}, cv=2).fit(X, y)
    >>> [step["parameters"] for step in search.path_]
    [['learning_rate_init'], ['dropout']]
    >>> search.path_[0]["chosen"], len(search.cv_results_["params"])
    ({'learning_rate_init': 0.01}, 3)
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        **BaseSearchCV._parameter_constraints,
        "param_grids": [dict, list, tuple],
    }

    path_: list[dict[str, Any]]
    _checked_cv_orig: Any
    _own_splits: _DrawnOnce | None
    _evaluated: tuple[list[Point], int, list[dict], dict[str, list]]

    def __init__(
        self,
        estimator: Any,
        param_grids: Mapping[str, Sequence] | Sequence[Mapping[str, Sequence]],
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[[dict], int] = True,
        cv: int | Iterable | None = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: float | str = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_grids = param_grids

    def fit(self, X: ArrayLike, y: ArrayLike | None = None, **params: Any) -> Self:
        """Run the search, and fit the best candidate on all samples unless ``refit=False``.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Samples.
        y : array-like of shape (n_samples,), default=None
            Labels.
        **params
            Passed on as by GridSearchCV.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a parameter is not what is expected, or no candidate of the first step could be
            fitted.
        """
        self._own_splits = None if hasattr(super(), "_check_input_parameters") else self._splits(y)
        try:
            with _sent_once(X, y) as samples:
                return super().fit(samples, y, **params)
        finally:
            del self._own_splits
            self.__dict__.pop("_evaluated", None)

    def _splits(self, y: Any) -> _DrawnOnce | None:
        """Return what draws the splits where scikit-learn (before 1.9) lets nobody do it first."""
        if self.cv is not None and not isinstance(self.cv, int) and not hasattr(self.cv, "split"):
            return None  # a list of splits: it stays the same, and may be read a single time
        return _DrawnOnce(check_cv(self.cv, y, classifier=is_classifier(self.estimator)))

    def _check_input_parameters(self, X: Any, y: Any, split_params: Mapping[str, Any]) -> None:
        """Draw the splits once, so that scores of different steps compare."""
        self._checked_cv_orig = check_cv(_draw(self._checked_cv_orig, X, y, split_params))

    def _run_search(
        self, evaluate_candidates: Callable[..., dict], *, callback_ctx: Any = None
    ) -> None:
        grids = as_grids(self.param_grids)
        present = self.estimator.get_params(deep=True)
        metric = self.refit if isinstance(self.refit, str) else "score"
        results: dict[str, Any] = {}

        def evaluate(step: int, points: list[Point]) -> int:
            nonlocal results
            # for callbacks alone, which scikit-learn has where it has the number by now
            n_fits = len(points) * getattr(self, "n_splits_", 1)
            with _task(self, search_task, "coordinate-search-step", n_fits, False) as task:
                if points:
                    steps = {"step": [step] * len(points)}
                    extra: dict[str, Any] = {} if task is None else {"callback_ctx": task}
                    if self._own_splits is not None:
                        extra["cv"] = self._own_splits
                    try:
                        results = evaluate_candidates(points, more_results=steps, **extra)
                    except ValueError as error:
                        is_final = self.error_score == "raise" or not results
                        if is_final or not _says_all_failed(error):
                            raise
                        self._add_failed(points, step, results)
                        warnings.warn(
                            f"step {step}: {str(error).strip()}\nThe score of these candidates is "
                            f"set to {self.error_score}.",
                            FitFailedWarning,
                            stacklevel=levels_to_caller(),
                        )
            if not callable(self.refit) and f"rank_test_{metric}" not in results:
                names = [key[10:] for key in results if key.startswith("rank_test_")]
                raise ValueError(
                    f"refit is {self.refit!r}; expected one of the metrics {names} or a callable, "
                    "to choose each step's winner"
                )
            return self._select_best_index(self.refit, metric, results)

        with _task(self, callback_ctx, "search", len(grids), True) as search_task:
            self.path_ = follow_path(grids, start_point(grids, present), evaluate)
        for step in self.path_:
            scores = results.get(f"mean_test_{metric}")
            step["score"] = None if scores is None else float(scores[step["best_index"]])

    def _format_results(
        self,
        candidate_params: list[Point],
        n_splits: int,
        out: list[dict],
        more_results: dict[str, list],
    ) -> dict[str, Any]:
        # The lists are those that scikit-learn adds each step to.
        self._evaluated = (candidate_params, n_splits, out, more_results)
        return super()._format_results(candidate_params, n_splits, out, more_results)

    def _add_failed(self, points: list[Point], step: int, results: dict[str, Any]) -> None:
        """Add candidates none of which could be fitted: scikit-learn drops a step of these alone.

        `results`, which it keeps, are changed in place.
        """
        candidates, n_splits, out, more_results = self._evaluated
        failed = [_as_failed(row, self.error_score) for row in out[:n_splits]]
        candidates += points
        out += failed * len(points)
        more_results["step"] += [step] * len(points)
        results |= self._format_results(candidates, n_splits, out, more_results)


def _says_all_failed(error: ValueError) -> bool:
    """Tell whether scikit-learn refuses a step in which every fit failed."""
    return re.match(r"\s*All the \d+ fits failed", str(error)) is not None


def _as_failed(row: dict[str, Any], error_score: float | str) -> dict[str, Any]:
    """Return what is known of a failed fit on the split of another fit."""
    scores = {
        key: dict.fromkeys(row[key], error_score) if isinstance(row[key], dict) else error_score
        for key in ("test_scores", "train_scores")
        if key in row
    }
    return row | scores | {"fit_time": np.nan, "score_time": np.nan}


@contextlib.contextmanager
def _task(search: Any, parent: Any, name: str, n_subtasks: int, sequential: bool) -> Iterator[Any]:
    """Tell scikit-learn's callbacks, from 1.9 on, of a part of the search."""
    if parent is None:
        yield None
        return
    task = parent.subcontext(
        task_name=name, max_subtasks=n_subtasks, sequential_subtasks=sequential
    ).call_on_fit_task_begin(estimator=search)
    yield task
    task.call_on_fit_task_end(estimator=search)


@contextlib.contextmanager
def _sent_once(X: Any, y: Any) -> Iterator[Any]:
    """Give the samples as `Rows`, or send them to all workers of a dask cluster, if there is one.

    joblib would send them anew at each step, to one worker, whose end would be theirs.
    """
    if type(X) not in (np.ndarray, np.memmap):
        yield X
        return
    backend = joblib.parallel.get_active_backend()[0]
    sent_before = getattr(backend, "data_futures", None)
    if sent_before is None:
        yield Rows.of(X)
    elif id(X) in sent_before:
        yield X
    else:
        arrays = [X, y] if isinstance(y, np.ndarray) else [X]
        with joblib.parallel_config(backend="dask", client=backend.client, scatter=arrays):
            yield X
