"""Parameters and fitted attributes that all classifiers have, said once: limits and texts."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.checkpoint import Checkpoint
from fernet.layers import Layer, layer_from_config
from fernet.schedules import SCHEDULES, Schedule

Class = TypeVar("Class", bound=type)

POSITIVE_INTEGER = Interval(Integral, 1, None, closed="left")
FROM_0_BELOW_1 = Interval(Real, 0, 1, closed="left")
ABOVE_0_BELOW_1 = Interval(Real, 0, 1, closed="neither")
ABOVE_0 = Interval(Real, 0, None, closed="neither")

CONSTRAINTS: dict[str, list] = {
    "dropout": [FROM_0_BELOW_1],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "solver": [StrOptions({"sgd", "adam"})],
    "learning_rate_init": [ABOVE_0],
    "learning_rate_decay": [Interval(Real, 0, 1, closed="right")],
    "schedule": [StrOptions(set(SCHEDULES)), Schedule],
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
    "label_smoothing": [FROM_0_BELOW_1],
    "clip_norm": [ABOVE_0, None],
    "ema_decay": [FROM_0_BELOW_1, None],
    "augmentation": [StrOptions({"flip", "standard"}), Augmentation, dict, None],
    "average_flips": ["boolean"],
    "scaling": [StrOptions({"pixels", "per_pixel"})],
    "scaled_std": [ABOVE_0],
    "shuffle": ["boolean"],
    "warm_start": ["boolean"],
    "freeze": [StrOptions({"backbone"}), None],
    "backend": [StrOptions({"native", "tensorflow"})],
    "strategy": [object],
    "class_weight": [dict, StrOptions({"balanced"}), None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
    "callbacks": [Callback, list, tuple, None],
    "checkpoint": [str, os.PathLike, Checkpoint, None],
}
"""Each parameter's limits, in scikit-learn's words."""

_PARAMETERS = """\
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
scaling : {"pixels", "per_pixel"}, default="pixels"
    How whole-number pixels are scaled. Either way each pixel's mean over the training images is
    subtracted first. ``"pixels"`` divides by one standard deviation, that of all pixels together;
    ``"per_pixel"`` divides each pixel by its own, or by half of the common one if that is more.
scaled_std : float, default=1.0
    Standard deviation of the scaled pixels, above 0. A larger one makes the first layer learn
    faster.
shuffle : bool, default=True
    Whether each epoch takes the samples in a new order.
warm_start : bool, default=False
    Whether `fit` goes on from the weights and the scaling of the last fit, for `max_iter`
    epochs more, with a new schedule and without the old momentum.
freeze : {"backbone"}, default=None
    ``"backbone"`` leaves the first layers as they are, bit for bit: a fitted estimator's `fit`
    goes on, as with ``warm_start=True``, and trains what follows the last flattening or pooling,
    or else the last layer alone, in a fraction of the time. None trains all.
backend : {"native", "tensorflow"}, default="native"
    What computes the training: fernet's own kernels, or TensorFlow, on a GPU where there is one
    (``pip install "fernet-emotion[tensorflow]"``). Weights start as the same, parameters mean the
    same, and predicting stays native.
strategy : tf.distribute.Strategy, default=None
    For ``backend="tensorflow"``: how batches are split among devices or machines. None takes the
    one in whose scope `fit` is called. Neither a file nor a pickle keeps it.
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
"""

_ATTRIBUTES = """\
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
    Weights, (inputs, outputs) each, (height, width, channels, filters) for convolutions, and
    biases; views of the network's parameters.
n_layers_, n_outputs_, out_activation_ : int, int, str
    As in `sklearn.neural_network.MLPClassifier`; a softmax for two classes as well.
"""


def with_shared_text(cls: Class) -> Class:
    """Fill the shared text in where a classifier's docstring has a place for it.

    Parameters
    ----------
    cls : type
        Its docstring holds ``{shared_parameters}`` and ``{shared_attributes}``, each on a line.

    Returns
    -------
    type
        The same class.
    """
    if cls.__doc__:  # None where Python drops docstrings (-OO)
        text = inspect.cleandoc(cls.__doc__)
        text = text.replace("{shared_parameters}\n", _PARAMETERS)
        cls.__doc__ = text.replace("{shared_attributes}\n", _ATTRIBUTES)
    return cls


def hidden_sizes(estimator: Any) -> list[int]:
    """Return `hidden_layer_sizes` as a list of whole numbers.

    Raises
    ------
    ValueError
        If it holds anything else, or a number below 1.
    """
    given = estimator.hidden_layer_sizes
    sizes = np.atleast_1d(np.asarray(given, dtype=object)).ravel().tolist()
    if not all(isinstance(size, Integral) and int(size) >= 1 for size in sizes):
        raise ValueError(f"hidden_layer_sizes is {given!r}; expected whole numbers of 1 or more")
    return [int(size) for size in sizes]


def given_layers(architecture: Sequence[Any]) -> list[Layer]:
    """Return an architecture given as a list, each layer as an object or as its configuration.

    Raises
    ------
    ValueError
        If there is anything else among them, or nothing at all.
    """
    layers = []
    for position, entry in enumerate(architecture):
        if isinstance(entry, Mapping):
            entry = layer_from_config(entry)
        if not isinstance(entry, Layer):
            raise ValueError(
                f"architecture[{position}] is {entry!r}; expected a layer of fernet.layers, or "
                "what its config() returns"
            )
        layers.append(entry)
    if not layers:
        raise ValueError("architecture is an empty list; expected a name or a list of layers")
    return layers
