"""`FERCNNClassifier`: a convolutional network for faces."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from numpy.random import RandomState

from fernet.architectures import ARCHITECTURES
from fernet.architectures.vgg import GROUPS
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.checkpoint import Checkpoint
from fernet.estimators.architecture import filter_groups, make_layers
from fernet.estimators.base import BaseFERClassifier
from fernet.estimators.doubtful_rows import side_of_image
from fernet.estimators.images import ImageShape
from fernet.estimators.inputs import Features, square_image_shape
from fernet.estimators.limits import OneOf
from fernet.estimators.monitors import Scorer
from fernet.estimators.parameters import (
    CONSTRAINTS,
    POSITIVE_INTEGER,
    given_layers,
    hidden_sizes,
)
from fernet.estimators.shared_text import with_shared_text
from fernet.estimators.words import (
    AugmentationName,
    Backend,
    ConvAlgorithm,
    Freeze,
    Scaling,
    ScheduleName,
    Solver,
    ViewsName,
    one_of,
)
from fernet.layers import Layer
from fernet.schedules import Schedule

__all__ = ["FERCNNClassifier"]
__dir__ = __all__.copy


@with_shared_text
class FERCNNClassifier(BaseFERClassifier):
    """Convolutional network that recognises the emotion in a face.

    Trained on compiled float32 kernels, its 3x3 convolutions by Winograd's algorithm. It is a
    scikit-learn classifier, as `FERMLPClassifier` is, and has all that one has. Nothing ties it
    to faces: images of any size and number of channels will do, of 2x2 pixels or more for
    ``"compact"``.

    Images are of shape (n_samples, height, width) or (n_samples, height, width, channels). Rows
    of features read as square grey images where their number is a square, such as 2304 for 48x48;
    as square colour images where it is that of 16, 20, 24 and so on pixels a side, such as the 6912
    of `fernet.faces.FaceCropper` with ``color=True``; else as images of one row.

    Parameters
    ----------
    architecture : str or list of Layer, default="vgg"
        ``"vgg"`` is the report's network: groups of 3x3 convolutions with ReLU, each followed by
        2x2 max pooling, then linear layers. ``"compact"`` is a small network that trains and
        predicts about three times faster, ``"detailed"`` one that looks at each pixel, where
        compact looks at squares of them, ``"symmetric"`` one as detailed whose channels come in
        pairs of mirror images: a face and its mirror image have the same answer, without the time
        that `average_flips` takes. ``"resnet18"``, ``"resnet34"``, ``"resnet50"``,
        ``"resnet101"`` and ``"resnet152"`` are residual networks, and the same with ``preact_``
        before, such as ``"preact_resnet18"``, those that normalise and rectify before they
        convolve; see `fernet.architectures`. A list holds all layers from the image to one output
        a class, or their configurations; then only the parameters from `weight_decay` on count.
    filters : sequence of (int, int), default=((32, 2), (64, 3), (128, 3), (256, 3))
        For ``"vgg"``: filters of each group's convolutions, and how many these are. Pooling is
        left out along a side that is a single pixel by then.
    hidden_layer_sizes : int or sequence of int, default=(512, 128)
        For ``"vgg"``: units of each hidden linear layer.
    dropout : float, default=0.4
        Probability of dropping an input of a linear layer in training, below 1. All but
        ``"vgg"`` have one such layer, the last.
    batch_norm : bool, default=False
        For ``"vgg"``: whether a batch normalisation follows each convolution and hidden linear
        layer. The other networks always have them.
    width : int, default=64
        For ``"compact"``, ``"detailed"``, ``"symmetric"`` and residual networks: filters of the
        first group or stage; further ones have twice as many each, detailed's last as many as its
        third. The first layer of compact and detailed, before the groups, has 32 whatever the
        width. ``"symmetric"`` takes an even one.
    conv_algorithm : {"auto", "direct", "winograd"}, default="auto"
        How 3x3 convolutions are computed; ``"auto"`` takes what is fastest for each shape.
    weight_decay : float, default=0.0
        L2 term: ``0.5 * weight_decay * ||W||^2`` is added to the loss, over weights and not
        biases, not divided by the batch. ``"muon"`` takes ``learning_rate * weight_decay`` of the
        weights away in each step instead.
    solver : {"sgd", "adam", "muon"}, default="adam"
        How steps follow from gradients; ``"muon"`` (Jordan et al., 2024) turns all directions
        of a weight alike, learns more in an epoch, and takes longer for it.
    learning_rate_init : float, default=0.001
        Initial learning rate; for ``"sgd"`` 0.01 and for ``"muon"`` 0.02 is usual.
    {shared_parameters}

    Attributes
    ----------
    {shared_attributes}

    See Also
    --------
    FERMLPClassifier : Trains many times faster, and is less accurate.

    References
    ----------
    The report, section 6; Kontogouris and Tarasiou, "CBC: Neural networks", Imperial College
    London, 2018. He et al., "Deep residual learning for image recognition", 2015, and "Identity
    mappings in deep residual networks", 2016. Lavin and Gray, "Fast algorithms for convolutional
    neural networks", 2015.

    Examples
    --------
    >>> from fernet import FERCNNClassifier
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(600, random_state=0, return_X_y=True)
    >>> model = FERCNNClassifier(
    ...     filters=[(8, 1), (16, 1)], hidden_layer_sizes=(), dropout=0.1, batch_norm=True,
    ...     max_iter=5, batch_size=20, random_state=0).fit(X[:500], y[:500])
    >>> model.score(X[500:], y[500:]) > 0.3
    True
    >>> [weight.shape for weight in model.coefs_]
    [(3, 3, 1, 8), (3, 3, 8, 16), (2304, 7)]

    A network of one's own:

    >>> from fernet.layers import Conv2D, GlobalAvgPool2D, Linear, MaxPool2D, ReLU
    >>> layers = [Conv2D(8), ReLU(), MaxPool2D(2), Conv2D(16), ReLU(), GlobalAvgPool2D(), Linear(7)]
    >>> FERCNNClassifier(layers, max_iter=1, random_state=0).fit(X, y).predict(X[:2]).shape
    (2,)
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        "architecture": [OneOf(frozenset(ARCHITECTURES)), list, tuple],
        "filters": ["array-like"],
        "hidden_layer_sizes": ["array-like", POSITIVE_INTEGER],
        "batch_norm": ["boolean"],
        "width": [POSITIVE_INTEGER],
        "conv_algorithm": [one_of(ConvAlgorithm)],
        **CONSTRAINTS,
    }

    def __init__(
        self,
        architecture: str | Sequence[Layer | Mapping[str, Any]] = "vgg",
        *,
        filters: Sequence[tuple[int, int]] = GROUPS,
        hidden_layer_sizes: int | Sequence[int] = (512, 128),
        dropout: float = 0.4,
        batch_norm: bool = False,
        width: int = 64,
        conv_algorithm: ConvAlgorithm = "auto",
        weight_decay: float = 0.0,
        solver: Solver = "adam",
        learning_rate_init: float = 0.001,
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
        self.architecture = architecture
        self.filters = filters
        self.hidden_layer_sizes = hidden_layer_sizes
        self.batch_norm = batch_norm
        self.width = width
        self.conv_algorithm = conv_algorithm

    def _check_parameters(self) -> None:
        super()._check_parameters()
        hidden_sizes(self)
        filter_groups(self)
        if not isinstance(self.architecture, str):
            given_layers(self.architecture)

    def _guess_image_shape(self, n_features: int) -> ImageShape | None:
        side = side_of_image(n_features / 3)
        return square_image_shape(n_features) or ((side, side, 3) if side else None)

    def _input_shape(self, features: Features) -> tuple[int, ...]:
        return features.image_shape or (1, features.n_features, 1)

    def _layers(self, n_classes: int, input_shape: tuple[int, ...]) -> list[Layer]:
        return make_layers(self, n_classes, input_shape)
