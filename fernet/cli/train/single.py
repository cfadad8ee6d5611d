"""One training: from what it is to be to what it leaves in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.evaluate.judgement import Judgement, predict
from fernet.cli.runs import MODEL_NAME, Run, epochs_seen, save_run
from fernet.cli.train.config import TrainConfig, config_text
from fernet.cli.train.fitting import (
    all_settings,
    check_start,
    fit,
    kind_of,
    make_estimator,
    make_successor,
    start_of,
    telling_divergence,
    widened,
)
from fernet.cli.train.folder import Folder
from fernet.cli.train.recipes import settings
from fernet.cli.train.targets import give_classes, learning_targets, weigh_classes

if TYPE_CHECKING:
    from fernet.cli.faces import Faces
    from fernet.cli.output import Screen

__all__ = ["Outcome", "Planned", "Training", "plan_network", "text_of"]
__dir__ = __all__.copy

_SECONDS_BETWEEN_SAVES = 5.0


@dataclass(frozen=True, slots=True)
class Planned:
    """A network that is to be trained: its model's name, all its settings, and its estimator."""

    name: str
    chosen: dict[str, Any]
    estimator: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """A training that has ended, and the files that it left."""

    model: Any
    judgement: Judgement
    files: dict[str, str | None]
    interrupted: bool
    n_epochs_before: int = 0


def plan_network(plan: TrainConfig, *, verbose: int) -> Planned:
    """Return the network of a plan, checked before any work.

    Raises
    ------
    click.UsageError, InputError, ValueError
        If options don't go together, a model can't be read, or a setting is none.
    """
    if plan.soft_labels and plan.data is None:
        raise click.UsageError("--soft-labels learns votes on images: --data has to name them")
    if not plan.start:
        if plan.settings.get("freeze", "none") != "none":
            raise click.UsageError("--freeze keeps what a model has learnt: --from has to name it")
        if plan.classes != "model":
            raise click.UsageError(
                f"--classes {plan.classes} changes those of a model: --from has to name it"
            )
        name = str(plan.model)
        chosen = settings(plan.recipe, plan.settings, name)
        estimator = make_estimator(name, chosen, plan.seed, verbose=verbose)
    else:
        model = start_of(plan.start)
        name = kind_of(model)
        check_start(plan.start, name, plan.model, plan.settings)
        model = widened(model, plan.settings.get("width"), plan.start)
        chosen = settings(plan.recipe, plan.settings, name)
        estimator = make_successor(model, chosen, plan.seed, verbose=verbose)
    estimator._check_parameters()
    return Planned(name, chosen, estimator)


def text_of(plan: TrainConfig, network: Planned) -> str:
    """Return the file that repeats a training."""
    found = all_settings(network.name, network.estimator, network.chosen)
    return config_text(plan, network.name, found)


@dataclass(frozen=True, slots=True)
class Training:
    """What trainings on the same faces have in common.

    Parameters
    ----------
    faces : tuple of Faces
        To train on and to test on.
    screen : Screen
        Told how it goes.
    log : Path or None
        File that each epoch adds a line to.
    """

    faces: tuple[Faces, Faces]
    screen: Screen
    log: Path | None

    def run(self, plan: TrainConfig, network: Planned, folder: Folder, text: str) -> Outcome:
        """Train, judge, and write what is left into the folder.

        Parameters
        ----------
        plan : TrainConfig
            What is to be trained.
        network : Planned
            The plan's.
        folder : Folder
            Its checkpoint is gone on from, if there is one, and removed at the end.
        text : str
            The file that repeats the training.
        """
        training, test = self.faces
        name = network.name
        estimator = give_classes(
            network.estimator, training, self.screen, of_data=plan.classes == "data"
        )
        weigh_classes(estimator, training)
        self._keep_in(estimator, folder.checkpoint)
        about = {"model": name, "recipe": plan.recipe}
        if self.log is not None:
            _log_to(self.log, estimator, str(folder.path), about)
        targets = learning_targets(
            estimator, training, plan.soft_labels, plan.teachers, self.screen
        )
        before = estimator.history_.copy() if estimator.warm_start else None
        model, interrupted = fit(estimator, network.chosen, training, self.screen, targets)
        with telling_divergence():
            judgement = predict(model, test, "the trained model")
        run = Run(
            model, training, test, judgement, name, plan.recipe, network.chosen, plan.seed,
            text, interrupted, before,
        )  # fmt: skip
        files = self._save(folder.path, run)
        if not interrupted:
            folder.finish()
        n_epochs_before = 0 if before is None else len(before)
        return Outcome(model, judgement, files, interrupted, n_epochs_before)

    def _save(self, path: Path, run: Run) -> dict[str, str | None]:
        """Save what came of a training, unless an earlier run of it that was interrupted had more.

        Such a run leaves its checkpoint, but that may have been lost, or not been writable.
        """
        earlier, now = epochs_seen(path, run.config), len(run.model.history_)
        if run.interrupted and earlier > now:
            self.screen.remark(
                f"{path / MODEL_NAME} stays as it is: it has seen {earlier} epochs of this "
                f"training, and this run {now}."
            )
            return {}
        return save_run(path, run, self.screen)

    def _keep_in(self, estimator: Any, path: Path) -> None:
        """Have the estimator keep its training in a file, or go on from there."""
        from fernet.checkpoint import Checkpoint

        if path.exists():
            self.screen.remark(f"Going on from {path}")
        estimator.set_params(checkpoint=Checkpoint(path, seconds=_SECONDS_BETWEEN_SAVES))


def _log_to(log: Path, estimator: Any, run: str, about: dict[str, Any]) -> None:
    """Have the estimator write a line for each epoch, under the name of the folder."""
    from fernet.callbacks import JSONLinesLogger

    fields = about | {"seed": estimator.random_state}
    estimator.set_params(callbacks=JSONLinesLogger(log, run, fields))
