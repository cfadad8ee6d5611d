"""What a training leaves for its learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from fernet._io.frames import import_pandas

if TYPE_CHECKING:
    import pandas as pd

ITERATION_COLUMNS = ("loss",)
EPOCH_COLUMNS = (
    "epoch",
    "loss",
    "accuracy",
    "validation_loss",
    "validation_accuracy",
    "validation_score",
    "learning_rate",
    "seconds",
    "last_iteration",
)
NEWER_COLUMNS = ("last_iteration", "validation_score")
"""Those of epochs that files of earlier versions do not have."""


class History:
    """Figures per iteration and per epoch, as columns.

    Attributes
    ----------
    iterations : dict of str to list
        ``"loss"``: loss of each batch, the L2 term included.
    epochs : dict of str to list
        - ``"epoch"``: 1, 2, ...
        - ``"loss"``: mean over the epoch's batches, the L2 term included;
        - ``"accuracy"``: over the epoch's batches, each as it was when its turn came, with
          dropout and augmentation acting; so it lags behind the accuracy of the epoch's last
          weights. Each sample that weighs anything counts once;
        - ``"validation_loss"``: plain cross-entropy, with neither label smoothing nor L2 term,
          so that it compares across settings; None without validation data. Where the validation
          samples have distributions, it is against these, and accuracy against their labels;
        - ``"validation_accuracy"``: by the samples' weights, if they have any; None without
          validation data;
        - ``"validation_score"``: what the scorer said that was to be monitored; None without one;
        - ``"learning_rate"``: of the epoch's last step;
        - ``"seconds"``: wall time of the epoch, validation included;
        - ``"last_iteration"``: of its last batch, counted from 1 as `iterations` are; None where
          these are not known, as of the networks that come with fernet.

    Examples
    --------
    >>> from fernet._training.history import History
    >>> history = History()
    >>> history.add_iteration(loss=1.9)
    >>> history.add_epoch(epoch=1, loss=1.9, accuracy=0.2, learning_rate=0.01, seconds=0.5)
    >>> history.epochs["accuracy"], history.epochs["validation_accuracy"]
    ([0.2], [None])
    >>> History.from_dict(history.to_dict()) == history
    True
    """

    def __init__(self) -> None:
        self.iterations: dict[str, list] = {name: [] for name in ITERATION_COLUMNS}
        self.epochs: dict[str, list] = {name: [] for name in EPOCH_COLUMNS}

    def __len__(self) -> int:
        return len(self.epochs["epoch"])

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickles of earlier versions are read as their files are.
        self.__dict__.update(vars(History.from_dict(state)))

    def add_iteration(self, loss: float) -> None:
        """Add a batch's loss."""
        self.iterations["loss"].append(loss)

    def add_epoch(self, **values: Any) -> None:
        """Add a row to `epochs`; a column not given reads None.

        Raises
        ------
        ValueError
            If a column is unknown.
        """
        if unknown := sorted(set(values) - set(EPOCH_COLUMNS)):
            raise ValueError(f"columns {unknown} are unknown; expected {list(EPOCH_COLUMNS)}")
        for name in EPOCH_COLUMNS:
            self.epochs[name].append(values.get(name))

    def cut(self, n_epochs: int, n_iterations: int | None = None) -> None:
        """Forget what came after so many epochs, and iterations if they are given."""
        for column in self.epochs.values():
            del column[n_epochs:]
        if n_iterations is not None:
            for column in self.iterations.values():
                del column[n_iterations:]

    def last_epoch(self) -> dict[str, Any]:
        """Return the last row of `epochs`, empty before the first."""
        return {name: column[-1] for name, column in self.epochs.items() if column}

    def copy(self) -> History:
        """Return a history that grows apart from this one."""
        return History.from_dict(self.to_dict())

    def to_dict(self) -> dict[str, dict[str, list]]:
        """Return ``{"iterations": ..., "epochs": ...}``, fit for JSON."""
        return {
            "iterations": {name: list(column) for name, column in self.iterations.items()},
            "epochs": {name: list(column) for name, column in self.epochs.items()},
        }

    def to_frame(self, part: Literal["epochs", "iterations"] = "epochs") -> pd.DataFrame:
        """Return the figures as a data frame.

        Parameters
        ----------
        part : {"epochs", "iterations"}, default="epochs"
            Which of them.

        Returns
        -------
        pandas.DataFrame
            With `part`'s columns, figures as float64 and NaN for None. The index counts from 1
            and is named ``"epoch"``, which is no column then, or ``"iteration"``.

        Raises
        ------
        ImportError
            If pandas is not installed.
        ValueError
            If `part` is neither.

        Examples
        --------
        >>> from fernet import FERMLPClassifier
        >>> from fernet.datasets import make_faces
        >>> X, y = make_faces(100, random_state=0, return_X_y=True)
        >>> model = FERMLPClassifier((8,), max_iter=3, random_state=0).fit(X, y)
        >>> frame = model.history_.to_frame()
        >>> frame.index.tolist(), frame.columns[:2].tolist()
        ([1, 2, 3], ['loss', 'accuracy'])
        """
        if part not in ("epochs", "iterations"):
            raise ValueError(f"part is {part!r}; expected 'epochs' or 'iterations'")
        pandas = import_pandas("to_frame")
        columns = {name: column for name, column in getattr(self, part).items() if name != "epoch"}
        numbers = self.epochs["epoch"] if part == "epochs" else range(1, len(columns["loss"]) + 1)
        index = pandas.Index(numbers, dtype="int64", name=part.removesuffix("s"))
        frame: pd.DataFrame = pandas.DataFrame(columns, index=index, dtype="float64")
        return frame

    @classmethod
    def from_dict(cls, values: Mapping[str, Mapping[str, list]]) -> History:
        """Build the history that `to_dict` described.

        Raises
        ------
        ValueError
            If columns are missing, unknown, or of different lengths.
        """
        history = cls()
        for part in ("iterations", "epochs"):
            columns = dict(values.get(part, {}))
            wanted = list(getattr(history, part))
            if part == "epochs" and "epoch" in columns:
                for name in NEWER_COLUMNS:
                    columns.setdefault(name, [None] * len(columns["epoch"]))
            if sorted(columns) != sorted(wanted):
                raise ValueError(f"history's {part} are {sorted(columns)}; expected {wanted}")
            if len({len(column) for column in columns.values()}) > 1:
                raise ValueError(f"history's {part} have columns of different lengths")
            setattr(history, part, {name: list(columns[name]) for name in wanted})
        return history

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.to_dict() == other.to_dict()

    def __repr__(self) -> str:
        return f"History({len(self)} epochs, {len(self.iterations['loss'])} iterations)"
