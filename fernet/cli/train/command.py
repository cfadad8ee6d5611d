"""``fernet train``: from images to a model file, its figures and its learning curve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.data import check_test
from fernet.cli.errors import INTERRUPTED, InputError
from fernet.cli.evaluate.judgement import report_document
from fernet.cli.groups import groups_option
from fernet.cli.image_form import image_form_options
from fernet.cli.labels import Labels, labels_option
from fernet.cli.models import METAVAR, MODEL, class_names
from fernet.cli.paths import FilePath, real_path
from fernet.cli.runs import MODEL_NAME
from fernet.cli.signals import ending_in_order
from fernet.cli.train.config import CLASSES, TrainConfig, config_text, make_config
from fernet.cli.train.courses import steps_of, take_course
from fernet.cli.train.folder import output_folder
from fernet.cli.train.options import check_together, network_options
from fernet.cli.train.parts import COURSES
from fernet.cli.train.recipes import CONFIGURATIONS, MODELS, NAMES
from fernet.cli.train.single import Outcome, Planned, Training, plan_network, text_of

if TYPE_CHECKING:
    from fernet.cli.data import DataPlan
    from fernet.cli.faces import Faces
    from fernet.cli.output import Screen
    from fernet.datasets.face_shapes import FaceShape

__all__ = ["load_faces", "train"]
__dir__ = __all__.copy


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet train",
        "fernet train --data fer2013.csv --out runs/first",
        "fernet train --data fer2013.csv --model small",
        "fernet train --data fer2013.csv --model best --out runs/best",
        "fernet train --data fer2013.csv --model vgg --recipe best",
        "fernet train --data my_faces/ --hidden 256 --epochs 20 --augment standard",
        "fernet train --data my_faces/ --image-size 64 --color --model compact",
        "fernet train --data my_faces/ --from cnn --freeze backbone --epochs 5",
        "fernet train --data other_emotions/ --from cnn --classes data",
        "fernet train --data fer2013.csv --from runs/small --recipe finish",
        "fernet train --config runs/first/config.toml --epochs 100 --out runs/longer",
    ),
)
@click.option(
    "--config",
    type=FilePath(path_type=Path, dir_okay=False),
    help="TOML file with data, labels, model, recipe, seed and others of these options, and a "
    "table [settings] with any parameter of the estimators; the command line counts for more.",
)
@click.option(
    "--data",
    type=FilePath(path_type=Path),
    help="FER2013 as CSV (also compressed) or folders, any folder of class folders, a "
    "table of pictures and labels, or Parquet; by default faces that fernet draws itself.",
)
@labels_option
@groups_option
@image_form_options
@click.option(
    "--model",
    "kind",
    type=click.Choice((*CONFIGURATIONS, *COURSES, *MODELS)),
    help="A network with its settings, fast to train or varied, for everyday faces; small is the "
    "detailed one of these and its finish, best goes on from that, taught by two, light is the "
    "compact one that comes as cnn; or a perceptron, the report's convolutional network, a "
    "compact, detailed, symmetric or residual one.  [default: mlp]",
)
@click.option(
    "--recipe",
    type=click.Choice(NAMES),
    help="Settings to start from; the options below override them. Two go with --from: again "
    "varies faces much at a high rate, best with --teacher; finish varies them less at a lower "
    "rate.  [default: report; with --from finish]",
)
@click.option(
    "--from",
    "start",
    type=MODEL,
    metavar=METAVAR,
    multiple=True,
    help="Model to go on from: its network, weights and scaling, with a new schedule; of several "
    "that went on from the same one, the mean of their weights. A larger --width than its own "
    "makes it wider.",
)
@click.option(
    "--classes",
    type=click.Choice(CLASSES),
    help='With --from: "data" has the network know the classes of the data in place of its own; '
    "those of the same name keep what was learnt of them.  [default: model]",
)
@click.option(
    "--freeze",
    type=click.Choice(["none", "backbone"]),
    help='With --from: "backbone" trains the last layers alone.',
)
@click.option(
    "--sample-weight",
    type=FilePath(path_type=Path, dir_okay=False),
    help="Text file with a weight, 0 or more, a line, for each image of --data in its order. Of "
    "whole groups to validate on, and with --patience 0, it counts whether that is 0 alone.",
)
@click.option(
    "--soft-labels/--no-soft-labels",
    default=None,
    help="Learn the shares of the votes that --labels, or the table of --data, has, in place of "
    "their majority.",
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
    type=FilePath(path_type=Path, file_okay=False),
    help="Folder for the results; by default the first free of runs/mlp-1, runs/mlp-2, ...",
)
@click.option("--force", is_flag=True, help="Overwrite the model and other results in --out.")
@click.option(
    "--checkpoint",
    type=FilePath(path_type=Path),
    help="File to save the training in as it goes, and to go on from; by default "
    "training.checkpoint in --out, which is removed once the training is done.",
)
@click.option(
    "--log",
    type=FilePath(path_type=Path, dir_okay=False),
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
    groups: str | None,
    image_size: int | None,
    color: bool | None,
    kind: str | None,
    recipe: str | None,
    start: tuple[str, ...],
    classes: str | None,
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
    from fernet.callbacks.loggers import check_is_log
    from fernet.cli.output import Screen

    screen = Screen(json_only=as_json, quiet=quiet)
    options = {
        "data": data,
        "labels": labels,
        "groups": groups,
        "image_size": image_size,
        "color": color,
        "sample_weight": sample_weight,
        "soft_labels": soft_labels,
        "teachers": teachers,
        "start": start,
        "classes": classes,
        "model": kind,
        "recipe": recipe,
        "seed": seed,
    }
    plan = make_config(config, options, given)
    verbose = int(screen.shows_progress)
    network = plan_network(_first(plan), verbose=verbose)
    check_together(network.chosen, given)
    is_course = plan.model in COURSES
    name = str(plan.model) if is_course else network.name
    text = config_text(plan, name, plan.settings) if is_course else text_of(plan, network)
    _check_start_stays(plan, out)
    if log is not None:
        check_is_log(log)
    place = output_folder(out, name, force, checkpoint, text, log)
    with ending_in_order() as ending, place as folder:
        model = network.estimator if plan.start else None
        faces = load_faces(plan, screen, plan.sample_weight, model)
        of_model = [] if model is None or plan.classes == "data" else class_names(model)
        check_test(faces[1], faces[0].present + of_model)
        training = Training(faces, screen, log)
        last: tuple[TrainConfig, Planned] | None = (plan, network)
        if is_course:
            last = take_course(plan, folder, training, force, verbose=verbose)
        outcome = None if last is None else training.run(*last, folder, text)
    if outcome is not None:
        _show(screen, outcome, faces[1])
    if outcome is None or outcome.interrupted:
        screen.remark(folder.how_to_go_on())
        ctx.exit(ending.exit_code or INTERRUPTED)


def _check_start_stays(plan: TrainConfig, out: Path | None) -> None:
    """Refuse to write the model over one that it goes on from or is taught by.

    Interrupted, such a training had nothing to go on from, and its file could not repeat it.
    """
    if out is None:
        return
    written = real_path(out / MODEL_NAME)
    for option, models in (("--from", plan.start), ("--teacher", plan.teachers)):
        for model in map(Path, models):
            if real_path(model / MODEL_NAME if model.is_dir() else model) == written:
                raise InputError(
                    f"--out {out}: {option} {model} would be written over; choose another --out"
                )


def _check_fit(training: Faces, learnt: FaceShape | None) -> None:
    """Refuse faces that a model to go on from does not take."""
    from fernet.datasets.face_shapes import in_words, n_pixels

    if learnt is not None and training.data.shape[1] != n_pixels(learnt):
        raise InputError(
            f"--from: the model takes faces of {in_words(learnt)}; those of {training.name} are "
            f"{' x '.join(map(str, training.image_shape))}"
        )


def _first(plan: TrainConfig) -> TrainConfig:
    """Return the plan of the training that is the first, of a course or alone."""
    return next(steps_of(plan, Path())).plan if plan.model in COURSES else plan


def load_faces(
    plan: DataPlan, screen: Screen, weights: Path | None = None, start: Any = None
) -> tuple[Faces, Faces]:
    """Load what to train on and what to test on, and say so.

    Parameters
    ----------
    plan : TrainConfig or the plan of a sweep
        What is to be read.
    screen : Screen
        Told what is read.
    weights : Path, default=None
        As `load_for_training` takes it.
    start : estimator, default=None
        A model to go on from, whose images have its shape unless another is asked for.
    """
    from fernet.cli.data import load_for_training
    from fernet.datasets._emotion_words import other_words
    from fernet.datasets.face_shapes import asked_shape
    from fernet.faces.model_shapes import learnt_face_shape

    screen.remark("Drawing faces ..." if plan.data is None else f"Reading {plan.data} ...")
    shape = asked_shape(plan.image_size, plan.color)
    learnt = None if start is None else learnt_face_shape(start)
    training, test = load_for_training(
        plan.data, plan.seed, plan.labels, weights, shape, learnt, plan.groups
    )
    _check_fit(training, learnt)
    screen.remark(
        f"{training.name}: {len(training.target)} images to train on ({training.split}), "
        f"{len(test.target)} to test on ({test.split})"
    )
    for note in training.notes:
        screen.remark(f"Note: {note}.")
    if words := other_words(training.target_names):
        pairs = ",".join(f"{name}={emotion}" for name, emotion in words.items())
        screen.remark(
            f'Note: these classes are learnt under their own names; --labels "{pairs}" makes them '
            "FER2013's emotions."
        )
    return training, test


def _show(screen: Screen, outcome: Outcome, test: Faces) -> None:
    model, judgement, files = outcome.model, outcome.judgement, outcome.files
    screen.say(f"Test on {test.name}, {test.split}: {len(test.target)} images")
    screen.say()
    screen.report(judgement.report)
    screen.interval(judgement.interval, judgement.report.n_samples, judgement.people)
    if model.best_validation_score_ is not None:
        score = 100 * model.best_validation_score_
        n_epochs = model.n_iter_ - outcome.n_epochs_before
        screen.say(f"best validation accuracy: {score:.2f} %, epochs run: {n_epochs}")
    screen.say()
    screen.facts([(name.replace("_", " "), path) for name, path in files.items() if path])
    screen.json({"files": files, "split": test.split, **report_document(judgement)})
