"""``fernet train``: from images to a model file, its figures and its learning curve."""

from __future__ import annotations

import contextlib
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.data import Labels, labels_option
from fernet.cli.errors import INTERRUPTED
from fernet.cli.evaluate.judgement import judge, report_document
from fernet.cli.runs import Run, save_run
from fernet.cli.signals import ending_in_order
from fernet.cli.train.folder import output_folder
from fernet.cli.train.options import check_effect, network_options
from fernet.cli.train.recipes import MODELS, NAMES, settings

if TYPE_CHECKING:
    from fernet.cli.data import Faces
    from fernet.cli.output import Screen
    from fernet.metrics import PerEmotionReport

__all__ = ["load_faces", "make_estimator", "train"]
__dir__ = __all__.copy

_SECONDS_BETWEEN_SAVES = 5.0


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet train",
        "fernet train --data fer2013.csv --out runs/first",
        "fernet train --data fer2013.csv --model vgg --recipe best",
        "fernet train --data my_faces/ --hidden 256 --epochs 20 --augment standard",
    ),
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="FER2013 as CSV (also compressed) or folders, or any folder of class folders; "
    "by default faces that fernet draws itself.",
)
@labels_option
@click.option(
    "--model",
    "kind",
    type=click.Choice(MODELS),
    default="mlp",
    show_default=True,
    help="A perceptron, the report's convolutional network, a compact or a residual one.",
)
@click.option(
    "--recipe",
    type=click.Choice(NAMES),
    default="report",
    show_default=True,
    help="Settings to start from; the options below override them.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results; by default the first free of runs/mlp-1, runs/mlp-2, ...",
)
@click.option("--force", is_flag=True, help="Overwrite the model in --out, if there is one.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="File to save the training in as it goes, and to go on from; by default "
    "training.checkpoint in --out, which is removed once the training is done.",
)
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that each epoch adds a line of JSON to; many trainings may share one.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@network_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document and nothing else.")
@click.option("--quiet", is_flag=True, help="No progress and no remarks.")
@click.pass_context
def train(
    ctx: click.Context,
    /,
    data: Path | None,
    labels: Labels | None,
    kind: str,
    recipe: str,
    out: Path | None,
    force: bool,
    checkpoint: Path | None,
    log: Path | None,
    seed: int,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Train a network and judge it emotion by emotion.

    Writes model.safetensors, report.json and, where matplotlib is installed,
    learning_curve.png. FER2013 is trained on Training, a tenth of it kept for validation, and
    tested on PublicTest; of a plain folder of class folders a fifth is held out for the test.
    Ctrl-C ends the training, and what was learnt is saved; so do SIGTERM and SIGHUP, as they come
    from a batch system or when a terminal closes.

    The same command with the same --out goes on with a training that was interrupted or killed,
    and comes to the same model as one that was not. It goes on from the checkpoint, which is
    saved after the first epoch and then every few seconds. One named by --checkpoint stays after
    the training: with --force and more --epochs it is gone on from, if the schedule is constant
    or exponential.

    Files in folders that are no pictures are left out, and a remark counts them. Exit code: 0
    if the model was trained, also where files were left out; 2 if the data can't be used, such as
    a picture that can't be read; 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.
    """
    from fernet.cli.output import Screen

    screen = Screen(json_only=as_json, quiet=quiet)
    check_effect(kind, given)
    chosen = settings(recipe, given, kind)
    with ending_in_order() as ending, output_folder(out, kind, force, checkpoint) as folder:
        training, test = load_faces(data, seed, screen, labels)
        estimator = make_estimator(kind, chosen, seed, verbose=int(screen.shows_progress))
        _keep_in(estimator, folder.checkpoint, screen)
        if log is not None:
            _log_to(estimator, log, str(folder.path), {"model": kind, "recipe": recipe})
        model, interrupted = _fit(estimator, chosen, training, seed, screen)
        report = judge(model, test, "the trained model")
        run = Run(model, training, test, report, kind, recipe, chosen, seed, interrupted)
        files = save_run(folder.path, run, screen)
        if not interrupted:
            folder.finish()
    _show(screen, model, test, report, files)
    screen.json({"files": files, "split": test.split, **report_document(report)})
    if interrupted:
        screen.remark(folder.how_to_go_on())
        ctx.exit(ending.exit_code or INTERRUPTED)


def _keep_in(estimator: Any, path: Path, screen: Screen) -> None:
    """Have the estimator keep its training in a file, or go on from there."""
    from fernet.checkpoint import Checkpoint

    if path.exists():
        screen.remark(f"Going on from {path}")
    estimator.set_params(checkpoint=Checkpoint(path, seconds=_SECONDS_BETWEEN_SAVES))


def _log_to(estimator: Any, log: Path, run: str, about: dict[str, Any]) -> None:
    """Have the estimator write a line for each epoch, under the name of the folder."""
    from fernet.callbacks import JSONLinesLogger

    fields = about | {"seed": estimator.random_state}
    estimator.set_params(callbacks=JSONLinesLogger(log, run, fields))


def load_faces(
    data: Path | None, seed: int, screen: Screen, labels: Labels | None = None
) -> tuple[Faces, Faces]:
    """Load what to train on and what to test on, and say so."""
    from fernet.cli.data import load_for_training
    from fernet.datasets._class_folders import other_words

    screen.remark("Drawing faces ..." if data is None else f"Reading {data} ...")
    training, test = load_for_training(data, seed, labels)
    screen.remark(
        f"{training.name}: {len(training.target)} images to train on ({training.split}), "
        f"{len(test.target)} to test on ({test.split})"
    )
    if training.left_out:
        screen.remark(f"Note: {training.left_out}.")
    if words := other_words(training.target_names):
        pairs = ",".join(f"{name}={emotion}" for name, emotion in words.items())
        screen.remark(
            f'Note: these classes are learnt under their own names; --labels "{pairs}" makes them '
            "FER2013's emotions."
        )
    return training, test


def make_estimator(kind: str, chosen: dict[str, Any], seed: int, *, verbose: int) -> Any:
    """Make the network that a model's name and the command's settings ask for."""
    from fernet.estimators import FERCNNClassifier, FERMLPClassifier

    parameters = _estimator_parameters(chosen) | {"random_state": seed, "verbose": verbose}
    if kind == "mlp":
        return FERMLPClassifier(**parameters)
    return FERCNNClassifier(kind, **parameters)


def _fit(
    model: Any, chosen: dict[str, Any], training: Faces, seed: int, screen: Screen
) -> tuple[Any, bool]:
    """Train; return the model and whether Ctrl-C or a signal ended the training."""
    from sklearn.model_selection import train_test_split

    data, target = training.images, training.labels()
    extra = {}
    if chosen["validation_fraction"] > 0 and not model.early_stopping:
        # Without early stopping the estimator keeps no validation images of its own.
        data, extra["X_val"], target, extra["y_val"] = train_test_split(
            data,
            target,
            test_size=chosen["validation_fraction"],
            stratify=target,
            random_state=seed,
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # The bar is progress, not a result: it goes to stderr.
        with contextlib.redirect_stdout(sys.stderr):
            model.fit(data, target, **extra)
    messages = [str(warning.message) for warning in caught]
    for message in messages:
        screen.remark(f"Note: {message}.")
    return model, any("interrupted" in message for message in messages)


def _estimator_parameters(chosen: dict[str, Any]) -> dict[str, Any]:
    """Turn the command's settings into the estimator's, where the two differ."""
    parameters = {name: None if value == "none" else value for name, value in chosen.items()}
    watched = chosen["n_iter_no_change"] > 0 and chosen["validation_fraction"] > 0
    parameters["early_stopping"] = watched
    if not watched:
        del parameters["n_iter_no_change"], parameters["validation_fraction"]
    return parameters


def _show(
    screen: Screen, model: Any, test: Faces, report: PerEmotionReport, files: dict[str, str | None]
) -> None:
    screen.say(f"Test on {test.name}, {test.split}: {len(test.target)} images")
    screen.say()
    screen.report(report)
    if model.best_validation_score_ is not None:
        score = 100 * model.best_validation_score_
        screen.say(f"best validation accuracy: {score:.2f} %, epochs run: {model.n_iter_}")
    screen.say()
    screen.facts([(name.replace("_", " "), path) for name, path in files.items() if path])
