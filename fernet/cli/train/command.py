"""``fernet train``: from images to a model file, its figures and its learning curve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.errors import INTERRUPTED
from fernet.cli.evaluate.judgement import judge, report_document
from fernet.cli.labels import Labels, labels_option
from fernet.cli.models import METAVAR, MODEL, load
from fernet.cli.runs import Run, save_run
from fernet.cli.signals import ending_in_order
from fernet.cli.train.config import TrainConfig, config_text, make_config
from fernet.cli.train.fitting import (
    all_settings,
    check_start,
    fit,
    kind_of,
    learning_targets,
    make_estimator,
    make_successor,
    weigh_classes,
)
from fernet.cli.train.folder import output_folder
from fernet.cli.train.options import network_options
from fernet.cli.train.recipes import CONFIGURATIONS, MODELS, NAMES, settings

if TYPE_CHECKING:
    from fernet.cli.data import Faces
    from fernet.cli.output import Screen
    from fernet.metrics import PerEmotionReport

__all__ = ["load_faces", "train"]
__dir__ = __all__.copy

_SECONDS_BETWEEN_SAVES = 5.0


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet train",
        "fernet train --data fer2013.csv --out runs/first",
        "fernet train --data fer2013.csv --model small",
        "fernet train --data fer2013.csv --model vgg --recipe best",
        "fernet train --data my_faces/ --hidden 256 --epochs 20 --augment standard",
        "fernet train --data my_faces/ --from cnn --freeze backbone --epochs 5",
        "fernet train --data fer2013.csv --from runs/small --recipe finish",
        "fernet train --config runs/first/config.toml --epochs 100 --out runs/longer",
    ),
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with data, labels, model, recipe, seed and others of these options, and a "
    "table [settings] with any parameter of the estimators; the command line counts for more.",
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
    type=click.Choice((*CONFIGURATIONS, *MODELS)),
    help="A network with its settings, quick to train or small and for everyday faces; or a "
    "perceptron, the report's convolutional network, a compact or a residual one.  "
    "[default: mlp]",
)
@click.option(
    "--recipe",
    type=click.Choice(NAMES),
    help="Settings to start from; the options below override them. Two go with --from: again "
    "varies faces much at a high rate, best with --teacher; finish varies them less at a lower "
    "rate.  [default: report]",
)
@click.option(
    "--from",
    "start",
    type=MODEL,
    metavar=METAVAR,
    help="Model to go on from: its network, weights and scaling, with a new schedule.",
)
@click.option(
    "--freeze",
    type=click.Choice(["none", "backbone"]),
    help='With --from: "backbone" trains the last layers alone.',
)
@click.option(
    "--sample-weight",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Text file with a weight, 0 or more, a line, for each image of --data in its order.",
)
@click.option(
    "--soft-labels/--no-soft-labels",
    default=None,
    help="Learn the shares of the votes that --labels has, in place of their majority.",
)
@click.option(
    "--teacher",
    "teachers",
    type=MODEL,
    metavar=METAVAR,
    multiple=True,
    help="Model whose answers are learnt beside the labels or the votes; several are averaged.",
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
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="[default: 0]")
@network_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document and nothing else.")
@click.option("--quiet", is_flag=True, help="No progress and no remarks.")
@click.pass_context
def train(
    ctx: click.Context,
    /,
    config: Path | None,
    data: Path | None,
    labels: Labels | Path | None,
    kind: str | None,
    recipe: str | None,
    start: str | None,
    sample_weight: Path | None,
    soft_labels: bool | None,
    teachers: tuple[str, ...],
    out: Path | None,
    force: bool,
    checkpoint: Path | None,
    log: Path | None,
    seed: int | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Train a network and judge it emotion by emotion.

    Writes model.safetensors, report.json, config.toml, which repeats the training with --config,
    and, where matplotlib is installed, learning_curve.png. FER2013 is trained on Training, a tenth
    of it kept for validation, and tested on PublicTest; of a plain folder of class folders a fifth
    is held out for the test. Ctrl-C ends the training, and what was learnt is saved; so do SIGTERM
    and SIGHUP, as they come from a batch system or when a terminal closes.

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
    options = {
        "data": data,
        "labels": labels,
        "sample_weight": sample_weight,
        "soft_labels": soft_labels,
        "teachers": teachers,
        "start": start,
        "model": kind,
        "recipe": recipe,
        "seed": seed,
    }
    plan = make_config(config, options, given)
    name, chosen, estimator = _plan_network(plan, verbose=int(screen.shows_progress))
    with ending_in_order() as ending, output_folder(out, name, force, checkpoint) as folder:
        training, test = load_faces(plan.data, plan.seed, screen, plan.labels, plan.sample_weight)
        weigh_classes(estimator, training)
        _keep_in(estimator, folder.checkpoint, screen)
        if log is not None:
            _log_to(estimator, log, str(folder.path), {"model": name, "recipe": plan.recipe})
        targets = learning_targets(estimator, training, plan.soft_labels, plan.teachers)
        model, interrupted = fit(estimator, chosen, training, screen, targets)
        report = judge(model, test, "the trained model")
        text = config_text(plan, name, all_settings(name, estimator, chosen))
        run = Run(
            model, training, test, report, name, plan.recipe, chosen, plan.seed, text, interrupted
        )
        files = save_run(folder.path, run, screen)
        if not interrupted:
            folder.finish()
    _show(screen, model, test, report, files)
    screen.json({"files": files, "split": test.split, **report_document(report)})
    if interrupted:
        screen.remark(folder.how_to_go_on())
        ctx.exit(ending.exit_code or INTERRUPTED)


def _plan_network(plan: TrainConfig, *, verbose: int) -> tuple[str, dict[str, Any], Any]:
    """Return the model's name, all its settings, and the estimator, checked before any work."""
    if plan.soft_labels and not isinstance(plan.labels, Path):
        raise click.UsageError("--soft-labels learns votes: --labels has to name a file of them")
    if plan.start is None:
        if plan.settings.get("freeze", "none") != "none":
            raise click.UsageError("--freeze keeps what a model has learnt: --from has to name it")
        name = str(plan.model)
        chosen = settings(plan.recipe, plan.settings, name)
        estimator = make_estimator(name, chosen, plan.seed, verbose=verbose)
    else:
        model = load(plan.start)
        name = kind_of(model)
        check_start(plan.start, name, plan.model, plan.settings)
        chosen = settings(plan.recipe, plan.settings, name)
        estimator = make_successor(model, chosen, plan.seed, verbose=verbose)
    estimator._check_parameters()
    return name, chosen, estimator


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
    data: Path | None,
    seed: int,
    screen: Screen,
    labels: Labels | Path | None = None,
    weights: Path | None = None,
) -> tuple[Faces, Faces]:
    """Load what to train on and what to test on, and say so."""
    from fernet.cli.data import load_for_training
    from fernet.datasets._class_folders import other_words

    screen.remark("Drawing faces ..." if data is None else f"Reading {data} ...")
    training, test = load_for_training(data, seed, labels, weights)
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
