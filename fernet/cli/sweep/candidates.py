"""Training a sweep's candidates, on this machine's cores or a dask cluster's."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from fernet._io.extras import import_extra
from fernet.cli.errors import InputError, reason
from fernet.cli.groups import split_by_group
from fernet.cli.held_out import hold_out_by_chance

if TYPE_CHECKING:
    import numpy as np

    from fernet.cli.faces import Faces

__all__ = ["Samples", "cluster", "evaluate", "lacks_processes", "outcomes"]
__dir__ = __all__.copy


@dataclass(slots=True)
class Samples:
    """What candidates learn from, and what they are judged by."""

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray

    @classmethod
    def split(cls, faces: Faces, fraction: float, seed: int) -> Samples:
        """Keep a share of each class for validation, of whole groups if there are any."""
        if faces.groups is not None:
            split = split_by_group(faces, fraction, seed)
        else:
            split = hold_out_by_chance(faces.target, fraction, seed)
        (X, y), (X_val, y_val) = (
            (part.images, part.labels()) for part in (faces.take(rows, "") for rows in split)
        )
        return cls(X, y, X_val, y_val)

    @property
    def arrays(self) -> list[np.ndarray]:
        return [self.X, self.y, self.X_val, self.y_val]


def evaluate(
    number: int,
    kind: str,
    settings: dict[str, Any],
    seed: int,
    X: np.ndarray,
    y: np.ndarray,
    X_val: np.ndarray,
    y_val: np.ndarray,
) -> tuple[int, dict[str, Any], list[str]]:
    """Train a candidate; return its number, what is recorded of it and what it warned of.

    Returns
    -------
    number : int
    outcome : dict
        ``validation_accuracy``, ``training_accuracy``, ``minimum_loss``, ``epochs``,
        ``seconds`` and ``error``; the first four are None, and the last says why, where the
        training diverged.
    messages : list of str
    """
    from fernet._training.interruption import InterruptionWarning
    from fernet.cli.train.fitting import make_estimator, telling_divergence
    from fernet.model_selection import report_scoring

    start = time.perf_counter()
    model = make_estimator(kind, settings, seed, verbose=0)
    names = ("validation_accuracy", "training_accuracy", "minimum_loss", "epochs")
    values: list[float | None] = [None] * len(names)
    failure = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(X, y, X_val=X_val, y_val=y_val)
            with telling_divergence():
                scores = report_scoring(model, X_val, y_val)
                accuracy = model.score(X, y)
        except ValueError as error:
            failure = " ".join(str(error).split())
    if any(issubclass(warning.category, InterruptionWarning) for warning in caught):
        raise KeyboardInterrupt
    if failure is None:
        values = [scores["score"], accuracy, -scores["neg_min_loss"], model.n_iter_]
    seconds = round(time.perf_counter() - start, 3)
    outcome = dict(zip(names, values, strict=True)) | {"seconds": seconds, "error": failure}
    return number, outcome, [str(warning.message) for warning in caught]


def outcomes(
    kind: str, candidates: Sequence[dict[str, Any]], seed: int, samples: Samples, n_jobs: int | None
) -> Iterator[tuple[int, dict[str, Any], list[str]]]:
    """Evaluate candidates at the same time; yield what `evaluate` returns as they are done."""
    import joblib

    work = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    try:
        yield from work(
            joblib.delayed(evaluate)(number, kind, settings, seed, *samples.arrays)
            for number, settings in enumerate(candidates)
        )
    except pickle.PicklingError as error:
        # The cause is a traceback as text, of joblib's own thread.
        cause = str(error.__cause__).strip('" \n').rpartition("\n")[2]
        if not cause.startswith("OSError"):
            raise
        raise click.ClickException(
            f"the images can't be handed to the processes of --n-jobs ({cause}): the environment "
            "variable JOBLIB_TEMP_FOLDER names a folder with room for them, --n-jobs 1 needs none"
        ) from error
    except UnboundLocalError as error:
        # What starts joblib's processes stumbles over an error of the system's on its way out.
        if not isinstance(error.__context__, OSError):
            raise
        raise error.__context__ from None


def lacks_processes(n_jobs: int | None) -> str | None:
    """Say why several trainings at a time are not to be had here.

    Parameters
    ----------
    n_jobs : int or None
        As for joblib.

    Returns
    -------
    str or None
        A sentence without a full stop; None where nothing is in the way.
    """
    import joblib

    if n_jobs in (1, None):
        return None
    try:
        n_processes = joblib.effective_n_jobs(n_jobs)
        joblib.cpu_count()
    except OSError as error:
        return (
            "one training at a time, as the system does not let this process ask which processors "
            f"it may use: {reason(error)}"
        )
    if n_processes == 1:
        try:
            multiprocessing.Lock()
        except OSError as error:
            return (
                "one training at a time, as locks between processes can't be made in shared "
                f"memory, /dev/shm on Linux: {reason(error)}"
            )
    return None


def import_dask() -> Any:
    """Return ``dask.distributed``, or raise an ImportError that names the extra."""
    return import_extra("dask.distributed", "--dask-scheduler", "dask", "dask")


@contextlib.contextmanager
def cluster(address: str | None, samples: Samples) -> Iterator[None]:
    """Let joblib work on a dask cluster, to each worker of which the samples go once.

    Parameters
    ----------
    address : str or None
        The scheduler's; None changes nothing.
    samples : Samples
        To send.

    Raises
    ------
    ImportError
        If dask is not installed.
    InputError
        If no scheduler answers.
    """
    if address is None:
        yield
        return
    import joblib

    dask = import_dask()
    try:
        client = dask.Client(address, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"--dask-scheduler {address}: no scheduler answers: {error}") from None
    with (
        client,
        joblib.parallel_config(backend="dask", client=client, scatter=samples.arrays),
    ):
        yield
