"""What faces have a network learn: classes, what each counts, and shares in place of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fernet.cli.errors import InputError
from fernet.cli.models import load
from fernet.cli.toml_files import did_you_mean

if TYPE_CHECKING:
    import numpy as np

    from fernet.cli.faces import Faces
    from fernet.cli.output import Screen

__all__ = [
    "give_classes",
    "labels_by_name",
    "labels_of",
    "learning_targets",
    "weigh_classes",
    "weights_of_labels",
]
__dir__ = __all__.copy


def give_classes(model: Any, training: Faces, screen: Screen, *, of_data: bool) -> Any:
    """Return a model that knows the classes of the faces that it is to learn.

    Parameters
    ----------
    model : FERMLPClassifier or FERCNNClassifier
        Not fitted, or to be gone on from.
    training : Faces
    screen : Screen
        Told which classes of the model will have no faces.
    of_data : bool
        Whether a model to go on from takes these classes in place of its own.

    Raises
    ------
    InputError
        If it is to keep its classes and does not have one of these.
    """
    import numpy as np

    from fernet.cli.models import class_names

    if not model.warm_start:
        return model
    if of_data:
        return model.with_classes(np.unique(training.labels()))
    known = class_names(model)
    if unknown := [name for name in training.present if name not in known]:
        raise InputError(
            f"{training.name} has the class {unknown[0]!r}, which the model to go on from does "
            f"not know; its classes are {', '.join(known)}. With --classes data its outputs "
            f"become those of {training.name}"
        )
    if absent := [name for name in known if name not in training.present]:
        screen.remark(
            f"Note: {training.name} has no images of {', '.join(absent)}, which the model knows "
            "and may go on to say; with --classes data it forgets them."
        )
    return model


def weigh_classes(estimator: Any, training: Faces) -> None:
    """Give the weights of classes, named by the user, the labels that are learnt.

    Raises
    ------
    InputError
        If there is no such class.
    """
    weights = estimator.class_weight
    if isinstance(weights, dict):
        label_of = labels_by_name(estimator, training)
        estimator.set_params(class_weight=weights_of_labels(weights, label_of, training.name))


def weights_of_labels(
    weights: Mapping[str, float], label_of: Mapping[str, Any], data: str
) -> dict[Any, float]:
    """Return the weights of classes by what is learnt of them in place of their names.

    Parameters
    ----------
    weights : mapping of str to float
        By the names that the user gave.
    label_of : mapping of str to label
        As `labels_by_name` returns it.
    data : str
        What the data set is called.

    Raises
    ------
    InputError
        If there is no such class.
    """
    for name in weights:
        if name not in label_of:
            raise InputError(
                f"--class-weight names {name!r}, which {data} has not; "
                f"{did_you_mean(name, label_of)}"
            )
    return {label_of[name]: weight for name, weight in weights.items()}


def labels_by_name(model: Any, training: Faces) -> dict[str, Any]:
    """Return what the model calls the classes of the faces: one to go on from by its own labels."""
    from fernet.cli.models import class_names
    from fernet.emotions import EMOTIONS

    if model.warm_start:
        return dict(zip(class_names(model), model.classes_.tolist(), strict=True))
    if training.target_names == list(EMOTIONS):
        return {name: number for number, name in enumerate(EMOTIONS)}
    return {name: name for name in training.target_names}


def labels_of(model: Any, training: Faces) -> np.ndarray:
    """Return each face's label, by those that a model has or will have.

    Parameters
    ----------
    model : FERMLPClassifier or FERCNNClassifier
        Not fitted, or to be gone on from; it knows the classes of the faces.
    training : Faces
    """
    import numpy as np

    if not model.warm_start:
        return training.labels()
    label_of = labels_by_name(model, training)
    names, places = np.unique(training.target, return_inverse=True)
    return np.array([label_of[training.target_names[name]] for name in names])[places]


def learning_targets(
    model: Any, training: Faces, soft_labels: bool, teachers: Sequence[str], screen: Screen
) -> np.ndarray | None:
    """Return the distributions to learn in place of labels, or None.

    Parameters
    ----------
    model : FERMLPClassifier or FERCNNClassifier
        Not fitted yet.
    training : Faces
    soft_labels : bool
        Whether they are shares of votes.
    teachers : sequence of str
        Models whose answers, beside the labels or the votes, they are.
    screen : Screen
        Told which classes a teacher does not know.

    Raises
    ------
    InputError
        If there are no votes, or a teacher knows none of the classes.
    """
    import numpy as np

    y = labels_of(model, training)
    shares = _soft_targets(model, training, y, screen) if soft_labels else None
    if not teachers:
        return shares
    from fernet.distillation import teacher_distribution

    beside = y if shares is None else shares
    classes = model.classes_ if model.warm_start else np.unique(y)
    known = [load(name) for name in teachers]
    try:
        targets = teacher_distribution(known, training.images, beside, classes=classes)
    except ValueError as error:
        raise InputError(f"--teacher {', '.join(teachers)}: {error}") from None
    for name, teacher in zip(teachers, known, strict=True):
        _remark_on_unknown(name, teacher, training, screen)
    return targets


def _remark_on_unknown(name: str, teacher: Any, training: Faces, screen: Screen) -> None:
    """Say which classes of the faces a teacher has no answer for."""
    from fernet.cli.models import class_names

    answers = class_names(teacher)
    if unknown := [label for label in training.present if label not in answers]:
        screen.remark(
            f"Note: {name} does not know {', '.join(unknown)}; it teaches nothing on their images."
        )


def _soft_targets(model: Any, training: Faces, y: np.ndarray, screen: Screen) -> np.ndarray:
    """Return the shares of votes for the classes that are learnt, in their order."""
    import numpy as np

    shares = training.distribution
    if shares is None:
        raise InputError(
            f"--soft-labels learns votes, and {training.name} has none: --labels has to name a "
            "file of them, or a table of pictures has a column of them for each class, and none of "
            "labels"
        )
    label_of = labels_by_name(model, training)
    column_of = {label_of.get(name): i for i, name in enumerate(training.target_names)}
    classes = model.classes_.tolist() if model.warm_start else np.unique(y).tolist()
    found = np.zeros((len(shares), len(classes)), np.float32)
    for column, label in enumerate(classes):
        if label in column_of:
            found[:, column] = shares[:, column_of[label]]
    learnt = [column_of[label] for label in classes if label in column_of]
    _remark_on_lost_votes(shares, learnt, training, screen)
    return found / found.sum(axis=1, keepdims=True)


def _remark_on_lost_votes(
    shares: np.ndarray, learnt: Sequence[int], training: Faces, screen: Screen
) -> None:
    """Say for which classes votes are left out, as no image to learn is of them."""
    lost = {
        name: float(shares[:, column].mean())
        for column, name in enumerate(training.target_names)
        if column not in learnt and shares[:, column].any()
    }
    if lost:
        screen.remark(
            f"Note: votes for {', '.join(lost)}, {100 * sum(lost.values()):.1f} % of all, are left "
            "out of the shares: no image to train on has such a label."
        )
