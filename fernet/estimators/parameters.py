"""Parameters that all classifiers have, said once: limits, meaning and assignment."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.random import RandomState
from sklearn.base import BaseEstimator

from fernet._engine.graph import Graph
from fernet._engine.network import Network
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.checkpoint import Checkpoint
from fernet.estimators.documentation import DocumentationLink
from fernet.estimators.images import ImageShape
from fernet.estimators.inputs import Features, guess_image_shape
from fernet.estimators.labels import plain
from fernet.estimators.limits import Interval, OneOf, check_parameters
from fernet.estimators.monitors import Scorer
from fernet.estimators.words import (
    AugmentationName,
    Backend,
    Freeze,
    Scaling,
    ScheduleName,
    Solver,
    ViewsName,
    one_of,
)
from fernet.layers import Layer, layer_from_config
from fernet.layers.kinds import check_kind
from fernet.schedules import Schedule

__all__ = [
    "ABOVE_0",
    "ABOVE_0_BELOW_1",
    "CONSTRAINTS",
    "FROM_0_BELOW_1",
    "MAX_PARAMETERS",
    "MAX_UNITS",
    "POSITIVE_INTEGER",
    "SIZES",
    "NetworkParameters",
    "given_layers",
    "hidden_sizes",
]
__dir__ = __all__.copy


POSITIVE_INTEGER = Interval(Integral, 1, None, closed="left")
"""Whole numbers from 1 on."""
FROM_0_BELOW_1 = Interval(Real, 0, 1, closed="left")
"""Numbers from 0, below 1."""
ABOVE_0_BELOW_1 = Interval(Real, 0, 1, closed="neither")
"""Numbers above 0, below 1."""
ABOVE_0 = Interval(Real, 0, None, closed="neither")
"""Numbers above 0."""

MAX_UNITS = 1 << 20
"""Units of a hidden layer at most, as model files have them."""
MAX_PARAMETERS = 1 << 29
"""Numbers that a network learns, at most: those of the largest model file."""
SIZES = ("architecture", "filters", "hidden_layer_sizes", "width", "batch_norm")
"""Those that say which weights a network has, as far as an estimator has them."""

CONSTRAINTS: dict[str, list] = {
    "dropout": [FROM_0_BELOW_1],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "solver": [one_of(Solver)],
    "learning_rate_init": [ABOVE_0],
    "learning_rate_decay": [Interval(Real, 0, 1, closed="right")],
    "schedule": [one_of(ScheduleName), Schedule],
    "momentum": [FROM_0_BELOW_1],
    "nesterov": ["boolean"],
    "beta_1": [FROM_0_BELOW_1],
    "beta_2": [FROM_0_BELOW_1],
    "epsilon": [ABOVE_0],
    "batch_size": [POSITIVE_INTEGER],
    "max_iter": [POSITIVE_INTEGER],
    "early_stopping": ["boolean"],
    "validation_fraction": [ABOVE_0_BELOW_1],
    "n_iter_no_change": [POSITIVE_INTEGER],
    "monitor": [str, Callable],
    "label_smoothing": [FROM_0_BELOW_1],
    "clip_norm": [ABOVE_0, None],
    "ema_decay": [FROM_0_BELOW_1, None],
    "augmentation": [one_of(AugmentationName), Augmentation, dict, None],
    "average_flips": ["boolean"],
    "average_views": [one_of(ViewsName), list, tuple, None],
    "scaling": [one_of(Scaling), None],
    "scaled_std": [ABOVE_0],
    "shuffle": ["boolean"],
    "warm_start": ["boolean"],
    "freeze": [one_of(Freeze), None],
    "backend": [one_of(Backend)],
    "strategy": [object],
    "class_weight": [dict, OneOf(frozenset({"balanced"})), None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
    "callbacks": [Callback, list, tuple, None],
    "checkpoint": [str, os.PathLike, Checkpoint, None],
}
"""Each parameter's limits, in scikit-learn's words."""


class NetworkParameters(DocumentationLink, BaseEstimator):
    """Parameters that all classifiers share, and what a subclass makes of its own: a network.

    They are described here, and assigned here; a subclass's signature says their defaults.

    Parameters
    ----------
    learning_rate_decay : float, default=1.0
        Factor on the rate after each epoch, with ``schedule="exponential"``.
    schedule : {"exponential", "constant", "cosine", "one_cycle"} or Schedule, \
    default="exponential"
        How the rate changes, see `fernet.schedules`. The last two plan for `max_iter` epochs.
    momentum : float, default=0.9
        For ``"sgd"`` and ``"muon"``, below 1.
    nesterov : bool, default=False
        Whether the momentum is Nesterov's.
    beta_1, beta_2 : float, default=0.9, 0.999
        For ``"adam"``: decay of the running means.
    epsilon : float, default=1e-8
        For ``"adam"``: added to the root of the second mean.
    batch_size : int, default=100
        Samples in a step.
    max_iter : int, default=50
        Epochs, at most. A training that goes on from a `checkpoint` may be given more, unless the
        schedule plans for them.
    early_stopping : bool, default=False
        Whether to stop once the validation data's figure, see `monitor`, has not become better for
        `n_iter_no_change` epochs. The best epoch's weights are kept. The validation data are
        `X_val` and `y_val` if `fit` is given them, else a share of the training data, stratified.
    validation_fraction : float, default=0.1
        That share.
    n_iter_no_change : int, default=10
        Epochs to wait.
    monitor : {"accuracy", "loss", "macro_f1"}, str or callable, default="accuracy"
        What tells how good an epoch is, for ``early_stopping``: the accuracy on the validation
        data, their loss, their F1 averaged over the classes; or any scorer of scikit-learn by its
        name, such as ``"balanced_accuracy"``, or one of your own: called with the estimator,
        images and labels it returns a finite number, higher for better. The images are an array,
        each of the shape that `fit` was given it in; those of a data frame, and those that are
        read as they are needed, as from a folder, are rows. The samples' weights count, but for
        one of your own and for those of scikit-learn's that take none. A scorer predicts as the
        estimator does, `average_flips` included; what it says is in
        ``history_.epochs["validation_score"]``. A file keeps its name alone.
    label_smoothing : float, default=0.0
        Share of the target spread evenly over all classes.
    clip_norm : float, default=None
        Longest gradient of the loss, as its Euclidean norm; a longer one is shortened. The L2 term
        of `weight_decay` is left out of it, and comes on top in full.
    ema_decay : float, default=None
        Decay of a running mean of the weights, such as 0.999. The mean is what is evaluated and
        kept.
    augmentation : {"flip", "standard", "robust"}, Augmentation or dict, default=None
        Random variation of the training images, see `fernet.augmentation.Augmentation`; a dict
        holds its arguments. For images, and for rows that read as square ones.
    average_flips : bool, default=False
        Whether predictions average the probabilities of the image and of its mirror image. It
        takes up to twice the time, and goes well with ``augmentation``. For images, and for rows
        that read as square ones. Accuracies during training are of the images alone.
    average_views : {"zooms", "shifts"} or sequence, default=None
        Views of an image whose probabilities are averaged: ``"zooms"`` takes three sizes of it,
        0.93, 1 and 1.07; ``"shifts"`` the image and the same moved up, down and sideways by a
        twenty-fourth of its size, nine in all. A sequence lists views of one's own: zooms, or
        triples of zoom, move down and move right, the moves as shares of height and width; to have
        the image itself among them, name 1. What moves in is the image's mirror. Of many images
        each view takes as long as a prediction without, and twice as long with `average_flips`,
        which adds its mirror image; of a few less, as their views go through the network together.
        For images, and for rows that read as square ones.
    scaling : {"pixels", "per_pixel", "standard"} or None, default="pixels"
        How numbers are scaled. The first two scale pixels, see `fit`, and take other floats as
        given: from each pixel its mean over the training images is subtracted, then
        ``"pixels"`` divides by one standard deviation, that of all pixels together, and
        ``"per_pixel"`` each pixel by its own, or by half of the common one if that is more.
        ``"standard"`` scales any numbers, each feature by its own standard deviation, as features
        of different sizes need it, such as those of a PCA. Numbers become float32 before that, of
        some seven digits: from those that are far from 0 for what they differ by, such as times in
        seconds, take the mean off first, as scikit-learn's `StandardScaler` does in a pipeline.
        None scales nothing.
    scaled_std : float, default=1.0
        Standard deviation of the scaled pixels, above 0. A larger one makes the first layer learn
        faster.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights and the scaling of the last fit, for `max_iter`
        epochs more, with a new schedule and without the old momentum. Any parameter may be another
        by then but those that say of which sizes the network is.
    freeze : {"backbone"}, default=None
        ``"backbone"`` leaves the first layers as they are, bit for bit: a fitted estimator's `fit`
        goes on, as with ``warm_start=True``, and trains what follows the last flattening or
        pooling, or else the last layer alone, in a fraction of the time; losses have the L2 term of
        what is trained. None trains all.
    backend : {"native", "tensorflow"}, default="native"
        What computes the training: fernet's own kernels, or TensorFlow, on a GPU where there is
        one (``pip install "fernet-emotion[tensorflow]"``). Weights start as the same, parameters
        mean the same, and predicting stays native.
    strategy : tf.distribute.Strategy, default=None
        For ``backend="tensorflow"``: how batches are split among devices or machines. None takes
        the one in whose scope `fit` is called. Neither a file nor a pickle keeps it.
    class_weight : dict or "balanced", default=None
        Weights of the classes. On FER2013 "balanced" helps macro-F1 and costs accuracy.
    random_state : int, RandomState or None, default=None
        Seed of weights, split, shuffling, dropout and augmentation.
    verbose : int, default=0
        1 shows a progress bar, or a line an epoch where output is not a terminal; 2 shows both.
    callbacks : Callback or list of Callback, default=None
        fernet's own hooks, see `fernet.callbacks`. scikit-learn's go to `set_callbacks`.
    checkpoint : path-like or Checkpoint, default=None
        File to save the training in after each epoch. If it is there when `fit` starts, the
        training goes on from it, see `fernet.checkpoint.Checkpoint`. The clones that a search
        or a cross-validation fits save in files of their own beside it.
    """

    _parameter_constraints: ClassVar[dict[str, list]] = CONSTRAINTS

    def _validate_params(self) -> None:
        values = self.get_params(deep=False)
        check_parameters(self._parameter_constraints, values, type(self).__name__)

    def __init__(
        self,
        *,
        dropout: float,
        weight_decay: float,
        solver: Solver,
        learning_rate_init: float,
        learning_rate_decay: float,
        schedule: ScheduleName | Schedule,
        momentum: float,
        nesterov: bool,
        beta_1: float,
        beta_2: float,
        epsilon: float,
        batch_size: int,
        max_iter: int,
        early_stopping: bool,
        validation_fraction: float,
        n_iter_no_change: int,
        monitor: str | Scorer,
        label_smoothing: float,
        clip_norm: float | None,
        ema_decay: float | None,
        augmentation: AugmentationName | Augmentation | dict[str, Any] | None,
        average_flips: bool,
        average_views: ViewsName | Sequence[float | tuple[float, float, float]] | None,
        scaling: Scaling | None,
        scaled_std: float,
        shuffle: bool,
        warm_start: bool,
        freeze: Freeze | None,
        backend: Backend,
        strategy: Any,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None,
        random_state: int | RandomState | None,
        verbose: int,
        callbacks: Callback | Sequence[Callback] | None,
        checkpoint: str | os.PathLike[str] | Checkpoint | None,
    ) -> None:
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.learning_rate_decay = learning_rate_decay
        self.schedule = schedule
        self.momentum = momentum
        self.nesterov = nesterov
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.monitor = monitor
        self.label_smoothing = label_smoothing
        self.clip_norm = clip_norm
        self.ema_decay = ema_decay
        self.augmentation = augmentation
        self.average_flips = average_flips
        self.average_views = average_views
        self.scaling = scaling
        self.scaled_std = scaled_std
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.freeze = freeze
        self.backend = backend
        self.strategy = strategy
        self.class_weight = class_weight
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.checkpoint = checkpoint

    def _layers(self, n_classes: int, input_shape: tuple[int, ...]) -> list[Layer]:
        """List the layers of a network."""
        raise NotImplementedError

    def _input_shape(self, features: Features) -> tuple[int, ...]:
        """Return the shape of the network's input: a row, or an image."""
        return (features.n_features,)

    def _guess_image_shape(self, n_features: int) -> ImageShape | None:
        """Tell how rows read as images, where only rows were given; None: not at all."""
        return guess_image_shape(n_features)

    def _make_network(self, n_classes: int, features: Features) -> Network:
        """Build the network, its parameters all 0.

        Raises
        ------
        ValueError
            If its outputs are not one for each class, or it has more than `MAX_PARAMETERS`.
        """
        input_shape = self._input_shape(features)
        layers = self._layers(n_classes, input_shape)
        self._check_count(layers, input_shape)
        network = Network(layers, input_shape)
        if network.output_shape != (n_classes,):
            raise ValueError(
                f"architecture ends in outputs of shape {network.output_shape}; expected "
                f"{(n_classes,)}, one for each class"
            )
        return network

    def _check_count(self, layers: list[Layer], input_shape: tuple[int, ...]) -> None:
        """Refuse a network that is too large before any of it is allocated."""
        graph = Graph(layers, input_shape)
        count = 0
        for node in graph.nodes:
            shape = graph.shapes[node.inputs[0]]
            parts = node.layer.decayed_shapes(shape) | node.layer.undecayed_shapes(shape)
            count += sum(map(math.prod, parts.values()))
        if count > MAX_PARAMETERS:
            given = [
                f"{name}={plain(getattr(self, name))!r}" for name in SIZES if hasattr(self, name)
            ]
            raise ValueError(
                f"{', '.join(given)} makes a network of {count} parameters; expected at most "
                f"{MAX_PARAMETERS}"
            )


def hidden_sizes(estimator: Any) -> list[int]:
    """Return `hidden_layer_sizes` as a list of whole numbers.

    Raises
    ------
    ValueError
        If it holds anything else, a number below 1, or one above `MAX_UNITS`.
    """
    given = estimator.hidden_layer_sizes
    sizes = np.atleast_1d(np.asarray(given, dtype=object)).ravel().tolist()
    if not all(isinstance(size, Integral) and 1 <= int(size) <= MAX_UNITS for size in sizes):
        raise ValueError(
            f"hidden_layer_sizes is {plain(given)!r}; expected whole numbers from 1 to {MAX_UNITS}"
        )
    return [int(size) for size in sizes]


def given_layers(architecture: Sequence[Any]) -> list[Layer]:
    """Return an architecture given as a list, each layer as an object or as its configuration.

    Raises
    ------
    ValueError
        If there is anything else among them, a class without a kind of its own, or nothing at all.
    """
    layers = []
    for position, entry in enumerate(architecture):
        if isinstance(entry, Mapping):
            entry = layer_from_config(entry)
        if not isinstance(entry, Layer):
            raise ValueError(
                f"architecture[{position}] is {plain(entry)!r}; expected a layer of fernet.layers, "
                "or what its config() returns"
            )
        try:
            check_kind(entry)
        except ValueError as error:
            raise ValueError(f"architecture[{position}]: {error}") from None
        layers.append(entry)
    if not layers:
        raise ValueError("architecture is an empty list; expected a name or a list of layers")
    return layers
