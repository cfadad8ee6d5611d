"""``fernet evaluate``: how well a model does on labelled images."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet._io.names import with_marks
from fernet.cli.commands import ExampleCommand
from fernet.cli.data import load_for_evaluation, numbers_of
from fernet.cli.errors import InputError
from fernet.cli.evaluate.judgement import (
    Judgement,
    judge_robustness,
    predict,
    remark_on_learnt,
    remark_on_order,
    report_document,
)
from fernet.cli.groups import by_option
from fernet.cli.labels import Labels, labels_option
from fernet.cli.models import METAVAR, MODEL, views_option
from fernet.cli.originals import Originals, check_is_own
from fernet.cli.paths import FilePath, check_folder

if TYPE_CHECKING:
    from fernet.cli.faces import Faces
    from fernet.cli.output import Screen

__all__ = ["evaluate"]
__dir__ = __all__.copy


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet evaluate cnn --data fer2013.csv",
        "fernet evaluate runs/mlp-1 --data fer2013.csv",
        "fernet evaluate model.safetensors --data fer2013.csv --subset PrivateTest --json",
        "fernet evaluate model.safetensors --data fer2013.csv --report report.html",
        "fernet evaluate cnn --data fer2013.csv --robustness",
        "fernet evaluate runs/mlp-1 --data faces.csv --by age",
    ),
)
@click.argument("model", type=MODEL, metavar=METAVAR)
@click.option(
    "--data",
    required=True,
    type=FilePath(path_type=Path),
    help="FER2013 as CSV (also compressed) or folders, any folder of class folders, a "
    "table of pictures and labels, or Parquet.",
)
@labels_option
@click.option(
    "--subset",
    type=click.Choice(["Training", "PublicTest", "PrivateTest", "all"]),
    help="Split of FER2013; by default PublicTest. A plain folder of class folders has none.",
)
@by_option
@views_option
@click.option(
    "--report",
    "page",
    type=FilePath(path_type=Path),
    help="Write tables and pictures as a web page, one file that needs no network.",
)
@click.option(
    "--robustness",
    is_flag=True,
    help="Judge the faces blurred, noisy, dark, turned, covered and so on as well: 65 times over.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document and nothing else.")
def evaluate(
    model: str,
    data: Path,
    labels: Labels | Path | None,
    subset: str | None,
    by: str | None,
    views: str | None,
    page: Path | None,
    robustness: bool,
    as_json: bool,
) -> None:
    """Evaluate a model emotion by emotion.

    The model is given by the name of one that comes with fernet, or by a file or folder that
    "fernet train" wrote.

    Prints accuracy, precision, recall and F1 of each emotion against all the others, their
    means, the confusion matrix, the overall accuracy, and the expected calibration error: how far,
    on average, the probability of an answer is from how often such answers are right. With --by
    also the accuracy on each group of faces, beside the one that its emotions let expect. With
    --robustness also the accuracy on the same faces made worse, each kind in five levels; it takes
    as long as 65 evaluations.
    """
    from fernet.cli.models import class_names, load
    from fernet.cli.output import Screen
    from fernet.faces.model_shapes import learnt_face_shape

    screen = Screen(json_only=as_json)
    if page is not None:
        _check_page(page, [Path(model), data, *([labels] if isinstance(labels, Path) else [])])
    estimator = load(model, views)
    faces = load_for_evaluation(data, subset, labels, learnt_face_shape(estimator), by)
    if isinstance(labels, Path) or faces.word_for("contempt") is None:
        faces = _without_contempt(faces, class_names(estimator), screen)
    for note in filter(None, [*faces.notes, remark_on_learnt(estimator, faces)]):
        screen.remark(f"Note: {note}.")
    judgement = predict(estimator, faces, model, by)
    if robustness:
        screen.remark(f"Judging {len(faces.target)} faces in 65 spoilt forms ...")
        judgement.robustness = judge_robustness(estimator, faces)
    if page is not None:
        _write_page(page, model, data, estimator, faces, judgement)
    screen.facts([("model", model), ("data", f"{data}, {faces.split}")])
    screen.say()
    screen.report(judgement.report)
    screen.interval(judgement.interval, judgement.report.n_samples, judgement.people)
    if order := remark_on_order(judgement.report, numbers_of(faces, labels)):
        screen.remark(f"Note: {order}.")
    screen.say(f"expected calibration error: {100 * judgement.calibration_error:.2f} %")
    about = {"model": model, "data": str(data), "split": faces.split}
    document = about | report_document(judgement)
    document["expected_calibration_error"] = judgement.calibration_error
    if judgement.groups is not None:
        screen.say()
        screen.groups(*judgement.groups)
        document["by"] = {"by": by, **judgement.groups[1].to_dict()}
    if judgement.robustness is not None:
        screen.say()
        screen.robustness(judgement.robustness)
        document["robustness"] = judgement.robustness.to_dict()
    screen.json(document)
    if page is not None:
        screen.remark(f"The report is in {page}.")


def _without_contempt(faces: Faces, known: list[str], screen: Screen) -> Faces:
    """Leave out the faces of contempt, an emotion of votes and of CK+ that FER2013 does not have.

    Of folders and tables ``--labels`` says so.
    """
    import numpy as np

    if "contempt" in known or "contempt" not in faces.target_names:
        return faces
    keeps = faces.target != faces.target_names.index("contempt")
    if count := np.count_nonzero(~keeps):
        screen.remark(f"Note: {count} faces of contempt left out, which the model does not know.")
    return faces.take(keeps, faces.split)


def _check_page(page: Path, read: Iterable[Path]) -> None:
    """Refuse what can't be written before the work is done, not after."""
    from fernet.cli.evaluate.report_page import begins_as_report
    from fernet.plotting._display import require_matplotlib

    require_matplotlib()
    if page.is_dir():
        raise InputError(f"{page} is a folder, expected a file to write")
    if page.suffix.lower() not in (".html", ".htm", ""):
        raise InputError(f"--report {page}: a web page is written; expected a name in .html")
    check_folder(page, "the report")
    option = f"--report {page}"
    Originals(path for path in read if path.is_file()).check(page, option)
    check_is_own(page, option, "fernet evaluate", begins_as_report)


def _write_page(
    page: Path,
    model: str,
    data: Path,
    estimator: Any,
    faces: Faces,
    judgement: Judgement,
) -> None:
    from datetime import datetime

    import fernet
    from fernet._io.files import atomic_writer
    from fernet.cli.evaluate.report_page import report_page
    from fernet.cli.evaluate.report_pictures import pictures
    from fernet.cli.info import model_facts

    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    about = f"{faces.split}; judged on {made} with fernet {fernet.__version__}"
    facts = [("judged on", f"{data}, {faces.split}"), *model_facts(model, estimator)]
    drawn = pictures(estimator, faces, judgement)
    title = f"{model} on {faces.name}"
    text = report_page(title, judgement, drawn, facts, about=about)
    with atomic_writer(page, text=True) as file:
        # Names of files may be no UTF-8, which the page is.
        file.write(with_marks(text))
