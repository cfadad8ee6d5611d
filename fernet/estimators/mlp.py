"""`FERMLPClassifier`: a multi-layer perceptron for faces."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState
from sklearn.utils._param_validation import Interval, StrOptions

from fernet.architectures import mlp
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.checkpoint import Checkpoint
from fernet.estimators.base import BaseFERClassifier
from fernet.layers import Layer
from fernet.schedules import SCHEDULES, Schedule

_POSITIVE_INTEGER = Interval(Integral, 1, None, closed="left")
_FROM_0_BELOW_1 = Interval(Real, 0, 1, closed="left")
_ABOVE_0_BELOW_1 = Interval(Real, 0, 1, closed="neither")
_ABOVE_0 = Interval(Real, 0, None, closed="neither")


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
        biases, not divided by the batch.
    solver : {"sgd", "adam"}, default="sgd"
        How steps follow from gradients.
    learning_rate_init : float, default=0.01
        Initial learning rate; for ``"adam"`` 0.001 is usual.
    learning_rate_decay : float, default=1.0
        Factor on the rate after each epoch, with ``schedule="exponential"``.
    schedule : {"exponential", "constant", "cosine", "one_cycle"} or Schedule, \
default="exponential"
        How the rate changes, see `fernet.schedules`. The last two plan for `max_iter` epochs.
    momentum : float, default=0.9
        For ``"sgd"``, below 1.
    nesterov : bool, default=False
        Whether the momentum is Nesterov's.
    beta_1, beta_2 : float, default=0.9, 0.999
        For ``"adam"``: decay of the running means.
    epsilon : float, default=1e-8
        For ``"adam"``: added to the root of the second mean.
    batch_size : int, default=100
        Samples in a step.
    max_iter : int, default=50
        Epochs, at most.
    early_stopping : bool, default=False
        Whether to stop once validation accuracy has not risen for `n_iter_no_change` epochs. The
        best epoch's weights are kept. The validation data are `X_val` and `y_val` if `fit` is
        given them, else a share of the training data, stratified.
    validation_fraction : float, default=0.1
        That share.
    n_iter_no_change : int, default=10
        Epochs to wait.
    label_smoothing : float, default=0.0
        Share of the target spread evenly over all classes.
    clip_norm : float, default=None
        Longest gradient, as its Euclidean norm; a longer one is shortened.
    ema_decay : float, default=None
        Decay of a running mean of the weights, such as 0.999. The mean is what is evaluated and
        kept.
    augmentation : {"flip", "standard"}, Augmentation or dict, default=None
        Random variation of the training images, see `fernet.augmentation.Augmentation`; a dict
        holds its arguments. For square images only.
    average_flips : bool, default=False
        Whether predictions average the probabilities of the image and of its mirror image. It
        takes twice the time, and goes well with ``augmentation``; for square images only.
        Accuracies during training are of the images alone.
    pixel_spread : float, default=1.0
        Spread of the scaled pixels, above 0. A larger one makes the first layer learn faster.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights and the scaling of the last fit, for `max_iter`
        epochs more, with a new schedule and without the old momentum.
    freeze : {"backbone"}, default=None
        ``"backbone"`` leaves all layers but the last as they are, bit for bit: a fitted
        estimator's `fit` goes on, as with ``warm_start=True``, and trains the last layer alone,
        in a fraction of the time. None trains all.
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
        training goes on from it, see `fernet.checkpoint.Checkpoint`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    n_features_in_ : int
        Features of a sample; 2304 for 48x48 images.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names, if `X` was a data frame with names.
    network_ : Network
        The trained network.
    scaling_ : PixelScaling
        Learnt from whole-number pixels; of None for float input.
    history_ : History
        Loss of each iteration; losses, accuracies, learning rate and seconds of each epoch.
    loss_curve_ : list of float
        Loss of each epoch.
    validation_scores_ : list of float or None
        Validation accuracy after each epoch.
    best_validation_score_ : float or None
        The highest of them.
    n_iter_ : int
        Epochs run.
    coefs_, intercepts_ : list of ndarray
        Weights, (inputs, outputs) each, and biases; views of the network's parameters.
    n_layers_, n_outputs_, out_activation_ : int, int, str
        As in `sklearn.neural_network.MLPClassifier`; a softmax for two classes as well.

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
        "hidden_layer_sizes": ["array-like", _POSITIVE_INTEGER],
        "dropout": [_FROM_0_BELOW_1],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "solver": [StrOptions({"sgd", "adam"})],
        "learning_rate_init": [_ABOVE_0],
        "learning_rate_decay": [Interval(Real, 0, 1, closed="right")],
        "schedule": [StrOptions(set(SCHEDULES)), Schedule],
        "momentum": [_FROM_0_BELOW_1],
        "nesterov": ["boolean"],
        "beta_1": [_FROM_0_BELOW_1],
        "beta_2": [_FROM_0_BELOW_1],
        "epsilon": [_ABOVE_0],
        "batch_size": [_POSITIVE_INTEGER],
        "max_iter": [_POSITIVE_INTEGER],
        "early_stopping": ["boolean"],
        "validation_fraction": [_ABOVE_0_BELOW_1],
        "n_iter_no_change": [_POSITIVE_INTEGER],
        "label_smoothing": [_FROM_0_BELOW_1],
        "clip_norm": [_ABOVE_0, None],
        "ema_decay": [_FROM_0_BELOW_1, None],
        "augmentation": [StrOptions({"flip", "standard"}), Augmentation, dict, None],
        "average_flips": ["boolean"],
        "pixel_spread": [_ABOVE_0],
        "shuffle": ["boolean"],
        "warm_start": ["boolean"],
        "freeze": [StrOptions({"backbone"}), None],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "callbacks": [Callback, list, tuple, None],
        "checkpoint": [str, os.PathLike, Checkpoint, None],
    }

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (512, 256),
        *,
        dropout: float = 0.0,
        weight_decay: float = 0.0,
        solver: str = "sgd",
        learning_rate_init: float = 0.01,
        learning_rate_decay: float = 1.0,
        schedule: str | Schedule = "exponential",
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
        label_smoothing: float = 0.0,
        clip_norm: float | None = None,
        ema_decay: float | None = None,
        augmentation: str | Augmentation | dict[str, Any] | None = None,
        average_flips: bool = False,
        pixel_spread: float = 1.0,
        shuffle: bool = True,
        warm_start: bool = False,
        freeze: str | None = None,
        class_weight: Mapping[Any, float] | str | None = None,
        random_state: int | RandomState | None = None,
        verbose: int = 0,
        callbacks: Callback | Sequence[Callback] | None = None,
        checkpoint: str | os.PathLike[str] | Checkpoint | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
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
        self.label_smoothing = label_smoothing
        self.clip_norm = clip_norm
        self.ema_decay = ema_decay
        self.augmentation = augmentation
        self.average_flips = average_flips
        self.pixel_spread = pixel_spread
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.freeze = freeze
        self.class_weight = class_weight
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks
        self.checkpoint = checkpoint

    def _check_parameters(self) -> None:
        super()._check_parameters()
        sizes = np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=object))
        if not all(isinstance(size, Integral) and int(size) >= 1 for size in sizes.ravel()):
            raise ValueError(
                f"hidden_layer_sizes is {self.hidden_layer_sizes!r}; expected whole numbers of 1 "
                "or more"
            )

    def _layers(self, n_classes: int) -> list[Layer]:
        sizes = np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=np.int64)).tolist()
        return mlp(sizes, n_classes, dropout=self.dropout)
