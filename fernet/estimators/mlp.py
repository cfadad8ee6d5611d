"""`FERMLPClassifier`: a multi-layer perceptron for faces."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from numpy.random import RandomState

from fernet.architectures import mlp
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.checkpoint import Checkpoint
from fernet.estimators.base import BaseFERClassifier
from fernet.estimators.monitors import Scorer
from fernet.estimators.parameters import (
    CONSTRAINTS,
    POSITIVE_INTEGER,
    hidden_sizes,
)
from fernet.estimators.shared_text import with_shared_text
from fernet.estimators.words import (
    AugmentationName,
    Backend,
    Freeze,
    Scaling,
    ScheduleName,
    Solver,
    ViewsName,
)
from fernet.layers import Layer
from fernet.schedules import Schedule

__all__ = ["FERMLPClassifier"]
__dir__ = __all__.copy


@with_shared_text
class FERMLPClassifier(BaseFERClassifier):
    """Multi-layer perceptron that recognises the emotion in a face.

    Linear layers with ReLU between them and a softmax at the end, trained on compiled float32
    kernels. It is a scikit-learn classifier: it clones, searches, pickles and sits in a pipeline
    as one. Nothing ties it to faces: any rows of numbers, or square images, will do.

    The same `random_state` gives the same bits for any number of threads or parallel jobs.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(512, 256)
        Units of each hidden layer; an empty sequence makes softmax regression.
    dropout : float, default=0.0
        Probability of dropping a hidden unit in training, below 1.
    weight_decay : float, default=0.0
        L2 term: ``0.5 * weight_decay * ||W||^2`` is added to the loss, over weights and not
        biases, not divided by the batch. ``"muon"`` takes ``learning_rate * weight_decay`` of the
        weights away in each step instead.
    solver : {"sgd", "adam", "muon"}, default="sgd"
        How steps follow from gradients; ``"muon"`` (Jordan et al., 2024) turns all directions
        of a weight alike, learns more in an epoch, and takes longer for it.
    learning_rate_init : float, default=0.01
        Initial learning rate; for ``"adam"`` 0.001 and for ``"muon"`` 0.02 is usual.
    {shared_parameters}

    Attributes
    ----------
    {shared_attributes}

    References
    ----------
    The report, section 5; Kontogouris and Tarasiou, "CBC: Neural networks", Imperial College
    London, 2018.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(600, random_state=0, return_X_y=True)
    >>> X.dtype, X.shape
    (dtype('uint8'), (600, 2304))
    >>> model = FERMLPClassifier((64,), max_iter=10, random_state=0).fit(X[:500], y[:500])
    >>> model.score(X[500:], y[500:]) > 0.3
    True
    >>> model.predict_proba(X[:2]).shape
    (2, 7)

    The report's tuned network, to be fitted on FER2013:

    >>> report = FERMLPClassifier(
    ...     hidden_layer_sizes=(512, 256), dropout=0.01, weight_decay=0.01, solver="sgd",
    ...     learning_rate_init=0.01, learning_rate_decay=0.95, momentum=0.9, batch_size=100,
    ...     max_iter=50, early_stopping=True, n_iter_no_change=10, random_state=0)
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        "hidden_layer_sizes": ["array-like", POSITIVE_INTEGER],
        **CONSTRAINTS,
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (512, 256),
        *,
        dropout: float = 0.0,
        weight_decay: float = 0.0,
        solver: Solver = "sgd",
        learning_rate_init: float = 0.01,
        learning_rate_decay: float = 1.0,
        schedule: ScheduleName | Schedule = "exponential",
        momentum: float = 0.9,
        nesterov: bool = False,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        batch_size: int = 100,
        max_iter: int = 50,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        monitor: str | Scorer = "accuracy",
        label_smoothing: float = 0.0,
        clip_norm: float | None = None,
        ema_decay: float | None = None,
        augmentation: AugmentationName | Augmentation | dict[str, Any] | None = None,
        average_flips: bool = False,
        average_views: ViewsName | Sequence[float | tuple[float, float, float]] | None = None,
        scaling: Scaling | None = "pixels",
        scaled_std: float = 1.0,
        shuffle: bool = True,
        warm_start: bool = False,
        freeze: Freeze | None = None,
        backend: Backend = "native",
        strategy: Any = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        random_state: int | RandomState | None = None,
        verbose: int = 0,
        callbacks: Callback | Sequence[Callback] | None = None,
        checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    ) -> None:
        super().__init__(
            dropout=dropout,
            weight_decay=weight_decay,
            solver=solver,
            learning_rate_init=learning_rate_init,
            learning_rate_decay=learning_rate_decay,
            schedule=schedule,
            momentum=momentum,
            nesterov=nesterov,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            batch_size=batch_size,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            monitor=monitor,
            label_smoothing=label_smoothing,
            clip_norm=clip_norm,
            ema_decay=ema_decay,
            augmentation=augmentation,
            average_flips=average_flips,
            average_views=average_views,
            scaling=scaling,
            scaled_std=scaled_std,
            shuffle=shuffle,
            warm_start=warm_start,
            freeze=freeze,
            backend=backend,
            strategy=strategy,
            class_weight=class_weight,
            random_state=random_state,
            verbose=verbose,
            callbacks=callbacks,
            checkpoint=checkpoint,
        )
        self.hidden_layer_sizes = hidden_layer_sizes

    def _check_parameters(self) -> None:
        super()._check_parameters()
        hidden_sizes(self)

    def _layers(self, n_classes: int, input_shape: tuple[int, ...]) -> list[Layer]:
        return mlp(hidden_sizes(self), n_classes, dropout=self.dropout)
