"""What a model says of labelled faces, for its tables, its page and its pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fernet.cli.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fernet.cli.faces import Faces
    from fernet.metrics import GroupReport, PerEmotionReport, RobustnessReport

__all__ = [
    "Judgement",
    "judge_robustness",
    "predict",
    "remark_on_learnt",
    "remark_on_order",
    "report_document",
]
__dir__ = __all__.copy

_MOST_SHOWN = 20


@dataclass(slots=True)
class Judgement:
    """What a model says of labelled faces, by the names of the classes.

    Parameters
    ----------
    actual, predicted : ndarray of str of shape (n_samples,)
        What each face shows, and what the model sees in it.
    confidence : ndarray of shape (n_samples,)
        Its probability of that.
    report : PerEmotionReport
        The sum of it.
    people : GroupReport, default=None
        The sum of it for each person, if it is known whose the faces are.
    groups : (str, GroupReport), default=None
        What the faces were asked to be grouped by, and the sum of it for each group.
    robustness : RobustnessReport, default=None
        What it says of the faces made worse, if that was asked for.
    """

    actual: NDArray[Any]
    predicted: NDArray[Any]
    confidence: NDArray[Any]
    report: PerEmotionReport
    people: GroupReport | None = None
    groups: tuple[str, GroupReport] | None = None
    robustness: RobustnessReport | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """Of the accuracy: as if faces were independent, but for those of one person."""
        return self.report.accuracy_interval if self.people is None else self.people.interval

    @property
    def is_right(self) -> NDArray[Any]:
        return self.actual == self.predicted

    @property
    def calibration_error(self) -> float:
        """The expected calibration error."""
        from fernet.metrics.calibration import reliability_bins

        return reliability_bins(self.confidence, self.is_right).calibration_error

    def surest(self, *, right: bool) -> NDArray[Any]:
        """Return the rows it is right, or wrong, about, the most confident first."""
        order = (-self.confidence).argsort(kind="stable")
        return order[self.is_right[order] == right]


def predict(estimator: Any, faces: Faces, model: str, by: str | None = None) -> Judgement:
    """Predict labelled faces and report; classes are matched by name.

    Parameters
    ----------
    estimator : classifier
    faces : Faces
    model : str
        What to call the classifier in an error.
    by : str, default=None
        What the faces are to be judged apart by.

    Raises
    ------
    InputError
        If the images have another size than the model's, or a class that it does not know.
    """
    import numpy as np

    from fernet.cli.models import class_names
    from fernet.metrics import per_emotion_report, per_group_report

    names = class_names(estimator)
    if faces.data.shape[1] != estimator.n_features_in_:
        raise InputError(
            f"{model}: the model takes {estimator.n_features_in_} values an image, but the "
            f"images of {faces.name} have {faces.data.shape[1]}"
        )
    unknown = [name for name in faces.present if name not in names]
    if unknown:
        raise InputError(
            f"{faces.name} has the class {unknown[0]!r}, which the model does not know; "
            f"its classes are {', '.join(names)}{_how_to_match(unknown, names, faces)}"
        )
    actual = np.array(faces.target_names)[faces.target]
    proba = estimator.predict_proba(faces.data)
    predicted = np.array(names)[proba.argmax(axis=1)]
    report = per_emotion_report(actual, predicted, labels=names)
    judgement = Judgement(actual, predicted, proba.max(axis=1), report)
    if faces.groups is not None:
        judgement.people = per_group_report(actual, predicted, faces.groups)
    if by is not None and faces.by is not None:
        judgement.groups = by, per_group_report(actual, predicted, faces.by)
    return judgement


def _how_to_match(unknown: Sequence[str], known: Sequence[str], faces: Faces) -> str:
    """Say which option tells what classes are that a model does not know, where one does."""
    from fernet.datasets._emotion_words import other_words

    words = [word for word in map(faces.word_for, unknown[:_MOST_SHOWN]) if word is not None]
    if not words:
        return ""
    offered = {word: word.lower() for word in words} | other_words(words)
    meant = {word: name if name in known else "?" for word, name in offered.items()}
    pairs = ",".join(f"{word}={name}" for word, name in meant.items())
    doubtful = next((word for word, name in meant.items() if name == "?"), None)
    leave = "" if doubtful is None else f', and "{doubtful}=" leaves one out'
    return f'; --labels "{pairs}" says which of them each is{leave}'


def judge_robustness(estimator: Any, faces: Faces) -> RobustnessReport:
    """Return how well a model knows the faces when they are made worse.

    `predict` has found that it knows their classes and takes their size.
    """
    from fernet.cli.models import class_names
    from fernet.metrics import robustness_report

    places = {name: index for index, name in enumerate(class_names(estimator))}
    columns = [places.get(name, -1) for name in faces.target_names]
    labels = estimator.classes_[[columns[label] for label in faces.target]]
    return robustness_report(estimator, faces.images, labels)


def remark_on_learnt(estimator: Any, faces: Faces) -> str:
    """Say that a model is judged by what it has learnt from, as far as names tell; "" if not."""
    learnt = estimator.model_info_.get("training_data") or {}
    split = learnt.get("split", "all")
    if learnt.get("name") != faces.name or faces.split not in (split, "all"):
        return ""
    return (
        f"the model has learnt from images of {faces.name} ({split}), and may know them by heart: "
        "other images tell how good it is"
    )


def remark_on_order(report: PerEmotionReport, taken: Mapping[str, str]) -> str:
    """Say that numbers fit a model's answers far better in another order; "" if they do not.

    Parameters
    ----------
    report : PerEmotionReport
        On what the model says of the faces.
    taken : mapping of str to str
        The emotion that each number of the data is taken for, while nothing says so.

    Returns
    -------
    str
        With the order that fits best. What chance alone may gain by it is passed over.

    Examples
    --------
    >>> from fernet.cli.evaluate.judgement import remark_on_order
    >>> from fernet.metrics import per_emotion_report
    >>> report = per_emotion_report(["angry", "happy"] * 20, ["happy", "angry"] * 20)
    >>> print(remark_on_order(report, {"0": "angry", "3": "happy"})[-34:])
    --labels "0=happy,3=angry" says it
    >>> remark_on_order(report, {})
    ''
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    names = report.target_names
    numbers = [number for number, emotion in taken.items() if emotion in names]
    own = np.array([names.index(taken[number]) for number in numbers], int)
    counts = report.confusion_matrix[own]
    rows, best = linear_sum_assignment(counts, maximize=True)
    n_right, n_fitting = counts[rows, own].sum(), counts[rows, best].sum()
    n_faces = counts.sum()
    if n_fitting - n_right <= 3 * math.sqrt(n_faces):
        return ""
    meant = {number: names[place] for number, place in zip(numbers, best, strict=True)}
    pairs = ",".join(f"{number}={emotion}" for number, emotion in meant.items())
    return (
        "the model's answers fit the data far better if the numbers have another order: "
        f"{100 * n_fitting / n_faces:.0f} % of them would be right, and "
        f"{100 * n_right / n_faces:.0f} % are; look at some faces, and if it is so, "
        f'--labels "{pairs}" says it'
    )


def report_document(judgement: Judgement) -> dict[str, Any]:
    """Return what a report holds, fit for JSON."""
    report = judgement.report
    return {
        "accuracy": report["accuracy"],
        "accuracy_interval": list(judgement.interval),
        "report": report.to_dict(),
        "macro_avg_of_present": report.mean_of_present,
        "target_names": report.target_names,
        "confusion_matrix": report.confusion_matrix.tolist(),
    }
