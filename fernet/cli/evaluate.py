"""``fernet evaluate``: how well a model does on labelled images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.errors import InputError

if TYPE_CHECKING:
    from fernet.cli.data import Faces
    from fernet.metrics import PerEmotionReport


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet evaluate runs/mlp-1/model.safetensors --data fer2013.csv",
        "fernet evaluate model.safetensors --data fer2013.csv --subset PrivateTest --json",
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
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document and nothing else.")
def evaluate(model: Path, data: Path, subset: str | None, as_json: bool) -> None:
    """Evaluate a model emotion by emotion.

    Prints accuracy, precision, recall and F1 of each emotion against all the others, their
    means, the confusion matrix and the overall accuracy.
    """
    from fernet.cli.data import load_for_evaluation
    from fernet.cli.models import load
    from fernet.cli.output import Screen

    screen = Screen(json_only=as_json)
    estimator = load(model)
    faces = load_for_evaluation(data, subset)
    report = judge(estimator, faces, str(model))
    screen.facts([("model", str(model)), ("data", f"{data}, {faces.split}")])
    screen.say()
    screen.report(report)
    screen.json(
        {"model": str(model), "data": str(data), "split": faces.split, **report_document(report)}
    )


def judge(estimator: Any, faces: Faces, model: str) -> PerEmotionReport:
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
    predicted = np.array(names)[estimator.predict_proba(faces.data).argmax(axis=1)]
    return per_emotion_report(actual, predicted, labels=names)


def report_document(report: PerEmotionReport) -> dict[str, Any]:
    """Return what a report holds, fit for JSON."""
    return {
        "accuracy": report["accuracy"],
        "report": report.to_dict(),
        "target_names": report.target_names,
        "confusion_matrix": report.confusion_matrix.tolist(),
    }
