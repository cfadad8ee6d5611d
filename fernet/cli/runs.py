"""What a training leaves in its folder: model, figures, learning curve."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet._io.errors import one_line
from fernet.cli.errors import explain

if TYPE_CHECKING:
    from fernet._training.history import History
    from fernet.cli.evaluate.judgement import Judgement
    from fernet.cli.faces import Faces
    from fernet.cli.output import Screen

__all__ = [
    "CONFIG_NAME",
    "CURVE_NAME",
    "MODEL_NAME",
    "REPORT_NAME",
    "Run",
    "epochs_seen",
    "learnt_from",
    "save_run",
]
__dir__ = __all__.copy

MODEL_NAME = "model.safetensors"
"""The model's file, in a run's folder."""
REPORT_NAME = "report.json"
"""The file of its figures."""
CONFIG_NAME = "config.toml"
"""The file that repeats its training."""
CURVE_NAME = "learning_curve.png"
"""The picture of its learning curve."""


@dataclass(slots=True)
class Run:
    """A training that has ended and all that is known of it.

    `config` is a file to repeat it, `before` the history of what it went on from.
    """

    model: Any
    training: Faces
    test: Faces
    judgement: Judgement
    kind: str
    recipe: str
    settings: dict[str, Any]
    seed: int
    config: str
    interrupted: bool = False
    before: History | None = None


def save_run(folder: Path, run: Run, screen: Screen) -> dict[str, str | None]:
    """Write model, report and picture, each whole or not at all.

    Parameters
    ----------
    folder : Path
        Exists.
    run : Run
        What to write.
    screen : Screen
        Told if the picture can't be drawn, for want of matplotlib or for what that raises.

    Returns
    -------
    dict
        The paths of ``model``, ``report``, ``config`` and ``learning_curve``; None for a picture
        not drawn.

    Raises
    ------
    OSError
        If the folder can't be written to.
    click.ClickException
        The same, where the model could be saved elsewhere; the message says where.
    """
    from fernet._io.files import atomic_writer
    from fernet.estimators.saving import save_model
    from fernet.plotting import LearningCurveDisplay

    model, report, curve = (folder / name for name in (MODEL_NAME, REPORT_NAME, CURVE_NAME))
    scores = {
        run.test.split: {
            "accuracy": run.judgement.report["accuracy"],
            "confusion_matrix": run.judgement.report.confusion_matrix.tolist(),
        }
    }
    about: dict[str, Any] = {"training_data": run.training.description(), "scores": scores}
    try:
        save_model(run.model, model, **about)
    except OSError as error:
        _save_elsewhere(run.model, about, error)
        raise
    with atomic_writer(report, text=True) as file:
        json.dump(_document(run), file, indent=1, allow_nan=False)
        file.write("\n")
    with atomic_writer(folder / CONFIG_NAME, text=True) as file:
        file.write(run.config)
    files: dict[str, str | None] = {"model": str(model), "report": str(report)}
    files["config"] = str(folder / CONFIG_NAME)
    files["learning_curve"] = str(curve)
    title = f"{type(run.model).__name__} on {run.training.name}"
    try:
        LearningCurveDisplay.of(run.model, title=title, after=run.before).save(curve)
    except OSError:
        raise
    # What a user's matplotlib and its settings may raise is without bound; the model is worth more.
    except Exception as error:
        screen.remark(f"No learning curve: {one_line(error)}.")
        files["learning_curve"] = None
    return files


def epochs_seen(folder: Path, config: str) -> int:
    """Return how many epochs of a training the model in a folder has seen.

    Parameters
    ----------
    folder : Path
    config : str
        The file that repeats the training.

    Returns
    -------
    int
        0 if there is no model, or one of another training.
    """
    try:
        if (folder / CONFIG_NAME).read_text(encoding="utf-8") != config:
            return 0
        report = json.loads((folder / REPORT_NAME).read_text(encoding="utf-8"))
        epochs = len(report["history"]["epochs"]["epoch"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return epochs if (folder / MODEL_NAME).exists() else 0


def learnt_from(folder: Path) -> int | None:
    """Return the checksum of the faces that the model in a folder has learnt; None if untold."""
    try:
        report = json.loads((folder / REPORT_NAME).read_text(encoding="utf-8"))
        return int(report["data"]["checksum"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _save_elsewhere(model: Any, about: dict[str, Any], error: OSError) -> None:
    """Keep what hours may have gone into where there is room still, and say so."""
    import tempfile

    from fernet.estimators.saving import save_model

    with suppress(OSError):
        folder = Path(tempfile.mkdtemp(prefix="fernet-"))
        try:
            save_model(model, folder / MODEL_NAME, **about)
        except OSError:
            folder.rmdir()
            return
        raise click.ClickException(f"{explain(error)}; the model is in {folder}")


def _document(run: Run) -> dict[str, Any]:
    from fernet._io.model_files import installed_versions
    from fernet.cli.evaluate.judgement import report_document

    return {
        "data": {
            "training": run.training.description(),
            "test": run.test.description(),
            "checksum": run.training.checksum(),
        },
        "model": run.kind,
        "recipe": run.recipe,
        "settings": run.settings | {"random_state": run.seed},
        "versions": installed_versions(),
        "interrupted": run.interrupted,
        "test": report_document(run.judgement),
        "best_validation_accuracy": run.model.best_validation_score_,
        "history": run.model.history_.to_dict(),
    }
