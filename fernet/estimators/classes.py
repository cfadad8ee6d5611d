"""Adding, merging and dropping classes of a fitted estimator."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from fernet._engine.network import Network
from fernet.estimators.labels import as_labels, positions
from fernet.layers import Linear


@dataclass(slots=True)
class _Column:
    """What an output of the new network is made of: the mean of old ones, and a shift."""

    label: Any
    sources: Sequence[int]
    shift: float = 0.0


class ClassEditingMixin:
    """Gives an estimator `add_classes`, `merge_classes` and `drop_classes`.

    They change the output layer alone, of which each class owns a column of weights and a bias;
    everything before it stays bit for bit. Training then goes on: the next `fit` starts from the
    present weights, as with ``warm_start=True``, without the old momentum. With
    ``freeze="backbone"`` only the last layers learn.
    """

    classes_: NDArray
    network_: Network
    _goes_on = False

    def add_classes(self, classes: ArrayLike) -> Self:
        """Add classes to a fitted estimator, to be learnt by the next `fit` or `partial_fit`.

        A new class starts as the mean of the present ones: its logit is the mean of theirs. So
        until it is trained it never exceeds the most probable one, and predictions stay.

        Parameters
        ----------
        classes : sequence of labels
            New ones, of the type of `classes_`.

        Returns
        -------
        estimator
            Itself. `classes_` is sorted, as always.

        Raises
        ------
        ValueError
            If a label is a class already, or of another type. The estimator is left as it was.

        References
        ----------
        The report, section 7.2.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(200, random_state=0, return_X_y=True)
        >>> known = y != 6
        >>> model = FERMLPClassifier((16,), max_iter=2, random_state=0).fit(X[known], y[known])
        >>> model.add_classes([6]).classes_.tolist()
        [0, 1, 2, 3, 4, 5, 6]
        >>> model.set_params(freeze="backbone").fit(X, y).n_iter_
        4
        """
        check_is_fitted(self)
        new = as_labels(self.classes_, classes, "classes")
        known = self.classes_.tolist()
        if present := [label for label in new.tolist() if label in known]:
            raise ValueError(f"classes holds {present}; expected labels not among {known}")
        everyone = range(len(known))
        columns = _unchanged(self.classes_, everyone)
        self._take_columns(columns + [_Column(label, everyone) for label in new.tolist()], new)
        return self

    def merge_classes(self, groups: Mapping[Any, ArrayLike]) -> Self:
        """Make one class of several, for those who want fewer emotions.

        The weights of the new class are the mean of the old classes', its bias is the mean of
        theirs plus ``log(k)``, k being their count. So its probability is exact, their sum, where
        the old classes are equally probable, and too low where they differ: no weights are exact
        everywhere, the logarithm of a sum of exponentials being no linear function. Likely
        confusions merge well; train afterwards to mend the rest.

        Parameters
        ----------
        groups : mapping of label to sequence of labels
            For each new class the old ones that it takes the place of. The name may be one of
            theirs. A group of one is a class renamed.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a label is no class or in two groups, a new name is that of a class that remains,
            or fewer than two classes would remain. The estimator is left as it was.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(200, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((16,), max_iter=2, random_state=0).fit(X, y)
        >>> model.merge_classes({2: [2, 5]}).classes_.tolist()
        [0, 1, 2, 3, 4, 6]
        """
        check_is_fitted(self)
        if not isinstance(groups, Mapping):
            raise ValueError(
                f"groups is {groups!r}; expected a mapping of new labels to lists of old ones"
            )
        names = as_labels(self.classes_, list(groups), "groups")
        members = [positions(self.classes_, old, f"groups[{k!r}]") for k, old in groups.items()]
        merged = [index for group in members for index in group]
        if twice := sorted({i for i in merged if merged.count(i) > 1}):
            raise ValueError(f"groups holds {self.classes_[twice].tolist()} in two groups")
        rest = [i for i in range(len(self.classes_)) if i not in merged]
        remaining = self.classes_[rest].tolist()
        if clash := [name for name in names.tolist() if name in remaining]:
            raise ValueError(
                f"groups makes classes {clash}, which remain beside them; expected new names, or "
                "those of merged classes"
            )
        columns = [
            _Column(name, group, math.log(len(group)))
            for name, group in zip(names.tolist(), members, strict=True)
        ]
        self._take_columns(_unchanged(self.classes_, rest) + columns, names)
        return self

    def drop_classes(self, classes: ArrayLike) -> Self:
        """Forget classes; the probabilities of the others keep their ratios exactly.

        Parameters
        ----------
        classes : sequence of labels
            Present ones.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ValueError
            If a label is no class, or fewer than two would remain. The estimator is left as it
            was.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(200, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((16,), max_iter=2, random_state=0).fit(X, y)
        >>> model.drop_classes([1]).predict_proba(X).shape
        (200, 6)
        """
        check_is_fitted(self)
        dropped = positions(self.classes_, classes, "classes")
        rest = [i for i in range(len(self.classes_)) if i not in dropped]
        self._take_columns(_unchanged(self.classes_, rest), self.classes_[:0])
        return self

    def _take_columns(self, columns: list[_Column], new_labels: NDArray) -> None:
        if len(columns) < 2:
            raise ValueError(
                f"only {[column.label for column in columns]} would remain; expected two or more "
                "classes"
            )
        dtype = np.result_type(self.classes_, new_labels)
        labels = np.empty(len(columns), dtype=dtype)
        labels[:] = [column.label for column in columns]
        order = np.argsort(labels, kind="stable")
        network = _with_outputs(self.network_, [columns[i] for i in order])
        # All at once and last: nothing above has changed the estimator.
        vars(self).update(
            classes_=labels[order],
            network_=network,
            best_validation_score_=None,
            _training_state=None,
            _goes_on=True,
        )
        vars(self).pop("model_info_", None)


def _unchanged(classes: NDArray, which: Sequence[int]) -> list[_Column]:
    labels = classes.tolist()
    return [_Column(labels[i], [i]) for i in which]


def _with_outputs(network: Network, columns: Sequence[_Column]) -> Network:
    """Copy a network, its last layer's outputs made of the old ones."""
    last = network.layers[-1]
    if not isinstance(last, Linear):
        raise ValueError(
            f"the network ends in {last!r}; expected a Linear layer, whose columns are the classes"
        )
    use_bias = last.use_bias or any(column.shift for column in columns)
    layer = Linear(len(columns), last.initializer, use_bias)
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
