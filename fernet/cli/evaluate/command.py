"""``fernet evaluate``: how well a model does on labelled images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fernet.cli.data import Faces
    from fernet.metrics import PerEmotionReport


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet evaluate runs/mlp-1/model.safetensors --data fer2013.csv",
        "fernet evaluate model.safetensors --data fer2013.csv --subset PrivateTest --json",
        "fernet evaluate model.safetensors --data fer2013.csv --report report.html",
    ),
)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="FER2013 as CSV (also zipped or gzipped) or folders, or any folder of class folders.",
)
@click.option(
    "--subset",
    type=click.Choice(["Training", "PublicTest", "PrivateTest", "all"]),
    help="Split of FER2013; by default PublicTest. A plain folder of class folders has none.",
)
@click.option(
    "--report",
    "page",
    type=click.Path(path_type=Path),
    help="Write tables and pictures as a web page, one file that needs no network.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document and nothing else.")
def evaluate(model: Path, data: Path, subset: str | None, page: Path | None, as_json: bool) -> None:
    """Evaluate a model emotion by emotion.

    Prints accuracy, precision, recall and F1 of each emotion against all the others, their
    means, the confusion matrix and the overall accuracy.
    """
    from fernet.cli.data import load_for_evaluation
    from fernet.cli.models import load
    from fernet.cli.output import Screen

    screen = Screen(json_only=as_json)
    if page is not None:
        _check_page(page)
    estimator = load(model)
    faces = load_for_evaluation(data, subset)
    judgement = predict(estimator, faces, str(model))
    report = judgement.report
    screen.facts([("model", str(model)), ("data", f"{data}, {faces.split}")])
    screen.say()
    screen.report(report)
    screen.json(
        {"model": str(model), "data": str(data), "split": faces.split, **report_document(report)}
    )
    if page is not None:
        _write_page(page, model, data, estimator, faces, judgement)
        screen.remark(f"The report is in {page}.")


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
    """

    actual: NDArray[Any]
    predicted: NDArray[Any]
    confidence: NDArray[Any]
    report: PerEmotionReport

    @property
    def is_right(self) -> NDArray[Any]:
        return self.actual == self.predicted

    def surest(self, *, right: bool) -> NDArray[Any]:
        """Return the rows it is right, or wrong, about, the most confident first."""
        order = (-self.confidence).argsort(kind="stable")
        return order[self.is_right[order] == right]


def predict(estimator: Any, faces: Faces, model: str) -> Judgement:
    """Predict labelled faces and report; classes are matched by name.

    Raises
    ------
    InputError
        If the images have another size than the model's, or a class that it does not know.
    """
    import numpy as np

    from fernet.cli.models import class_names
    from fernet.metrics import per_emotion_report

    names = class_names(estimator)
    if faces.data.shape[1] != estimator.n_features_in_:
        raise InputError(
            f"{model}: the model takes {estimator.n_features_in_} values an image, but the "
            f"images of {faces.name} have {faces.data.shape[1]}"
        )
    present = [faces.target_names[label] for label in np.unique(faces.target)]
    unknown = [name for name in present if name not in names]
    if unknown:
        raise InputError(
            f"{faces.name} has the class {unknown[0]!r}, which the model does not know; "
            f"its classes are {', '.join(names)}"
        )
    actual = np.array(faces.target_names)[faces.target]
    proba = estimator.predict_proba(faces.data)
    predicted = np.array(names)[proba.argmax(axis=1)]
    report = per_emotion_report(actual, predicted, labels=names)
    return Judgement(actual, predicted, proba.max(axis=1), report)


def judge(estimator: Any, faces: Faces, model: str) -> PerEmotionReport:
    """Return the report alone of what `predict` finds, with its errors."""
    return predict(estimator, faces, model).report


def report_document(report: PerEmotionReport) -> dict[str, Any]:
    """Return what a report holds, fit for JSON."""
    return {
        "accuracy": report["accuracy"],
        "report": report.to_dict(),
        "target_names": report.target_names,
        "confusion_matrix": report.confusion_matrix.tolist(),
    }


def _check_page(page: Path) -> None:
    """Refuse what can't be written before the work is done, not after."""
    from fernet.plotting._display import require_matplotlib

    require_matplotlib()
    if page.is_dir():
        raise InputError(f"{page} is a folder, expected a file to write")
    if not page.parent.is_dir():
        raise InputError(f"{page.parent}: no such folder to write the report to")


def _write_page(
    page: Path, model: Path, data: Path, estimator: Any, faces: Faces, judgement: Judgement
) -> None:
    from fernet._io.files import atomic_writer
    from fernet.cli.evaluate.report_page import report_page
    from fernet.cli.evaluate.report_pictures import pictures
    from fernet.cli.info import model_facts

    facts = [("judged on", f"{data}, {faces.split}"), *model_facts(model, estimator)]
    drawn = pictures(estimator, faces, judgement)
    text = report_page(f"{model} on {faces.name}", judgement.report, drawn, facts)
    with atomic_writer(page, text=True) as file:
        file.write(text)
