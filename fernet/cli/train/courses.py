"""Trainings that follow on one another, each from the one before, by one name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fernet.cli.errors import InputError
from fernet.cli.runs import CONFIG_NAME, MODEL_NAME, learnt_from
from fernet.cli.train.config import TrainConfig
from fernet.cli.train.fitting import OF_THE_NETWORK
from fernet.cli.train.folder import Folder, is_finished, output_folder
from fernet.cli.train.parts import COURSES, Part
from fernet.cli.train.recipes import expand
from fernet.cli.train.single import Planned, Training, plan_network, text_of

if TYPE_CHECKING:
    from fernet.cli.faces import Faces

__all__ = ["Step", "steps_of", "take_course"]
__dir__ = __all__.copy

_TEACHER_NAME = "teacher.safetensors"


class Step(NamedTuple):
    """A part of a course, its folder, the plan to train it by, and whether it is to be halved."""

    part: Part
    folder: Path
    plan: TrainConfig
    is_halved: bool


def steps_of(plan: TrainConfig, folder: Path) -> Iterator[Step]:
    """Give the steps of a course.

    Parameters
    ----------
    plan : TrainConfig
        Whose model is a course; its settings count for each step, those of the network for those
        that begin anew.
    folder : Path
        The course's; the last step is trained there.

    Yields
    ------
    Step
        Its plan names files that the steps before have to have written.
    """
    configuration, parts, in_half = COURSES[str(plan.model)]
    # Others go on from those, too, in half precision.
    halved = {name for part in parts for name in part.teachers} if in_half else set()
    later = {name: v for name, v in plan.settings.items() if name not in OF_THE_NETWORK}

    def models(names: tuple[str, ...]) -> tuple[str, ...]:
        places = [folder / name for name in names]
        return tuple(str(p / _TEACHER_NAME if p.name in halved else p) for p in places)

    for part in parts:
        place = folder if part is parts[-1] else folder / part.folder
        seed = (plan.seed + part.seed) % 2**32
        if not part.start:
            model, recipe, given = expand(configuration, None, plan.settings)
            own = replace(plan, model=model, recipe=recipe, seed=seed, settings=given)
        else:
            given = {"validation_fraction": 0.0, **part.settings, **later}
            own = replace(
                plan, model=None, start=models(part.start), teachers=models(part.teachers),
                recipe=part.recipe, seed=seed, settings=given,
            )  # fmt: skip
        yield Step(part, place, own, part.folder in halved)


def take_course(
    plan: TrainConfig, folder: Folder, training: Training, force: bool, *, verbose: int
) -> tuple[TrainConfig, Planned] | None:
    """Train all steps but the last; those that were trained before are left as they are.

    Parameters
    ----------
    plan : TrainConfig
        Whose model is a course.
    folder : Folder
        The course's.
    training : Training
        The faces, and where to log.
    force : bool
        Whether another training's model in a step's folder may be overwritten.
    verbose : int
        As for estimators.

    Returns
    -------
    tuple of TrainConfig and Planned, or None
        The last step; None if a step before it was interrupted.

    Raises
    ------
    InputError
        If a step's folder has another training's model, or that of other faces.
    """
    steps = list(steps_of(plan, folder.path))
    for number, step in enumerate(steps, 1):
        training.screen.remark(f"Training {number} of {len(steps)}, in {step.folder}")
        network = plan_network(step.plan, verbose=verbose)
        if step is steps[-1]:
            break
        text = text_of(step.plan, network)
        if not _is_done(step, text, training.faces[0], force):
            with output_folder(step.folder, network.name, force, None, text) as own:
                if training.run(step.plan, network, own, text).interrupted:
                    return None
        if step.is_halved:
            _write_teacher(step.folder)
    return step.plan, network


def _is_done(step: Step, text: str, faces: Faces, force: bool) -> bool:
    """Tell whether a step is trained already, as its plan says and from what is there."""
    if not is_finished(step.folder):
        return False
    other = "of another training"
    if (step.folder / CONFIG_NAME).read_text(encoding="utf-8") == text:
        if learnt_from(step.folder) in (None, faces.checksum()):
            before = (*step.plan.start, *step.plan.teachers)
            newer = next((m for m in before if _is_older(step.folder, Path(m))), None)
            if newer is None:
                return True
            other = f"whose file is older than that of {newer}, which it comes from"
        else:
            other = f"that learnt when {faces.name} had other images, labels, weights or votes"
    if force:
        return False
    raise InputError(f"{step.folder} has a model {other}; choose another --out, or --force")


def _is_older(path: Path, other: Path) -> bool:
    """Tell whether a model's file, or that in a folder, was written before another's."""
    files = [each / MODEL_NAME if each.is_dir() else each for each in (path, other)]
    return files[0].stat().st_mtime_ns < files[1].stat().st_mtime_ns


def _write_teacher(folder: Path) -> None:
    """Write a network as the package keeps its own: so those that come with fernet were taught."""
    from fernet import load_model
    from fernet.pretrained import save_pretrained

    path = folder / _TEACHER_NAME
    if not path.exists() or _is_older(path, folder):
        save_pretrained(load_model(folder / MODEL_NAME), path)
