"""How a network is to be trained."""

from __future__ import annotations

from dataclasses import dataclass, field

from fernet.schedules import ConstantSchedule, Schedule


@dataclass(slots=True)
class Settings:
    """How a `Trainer` is to train.

    Numbers may be of any type: they are kept as Python's, since NumPy's small ones overflow.

    Parameters
    ----------
    learning_rate : float, default=0.01
        Initial rate, above 0; `schedule` multiplies it.
    schedule : Schedule
        Factor on the rate; constant by default.
    batch_size : int, default=100
        Samples of a step; the last batch of an epoch may be smaller.
    n_epochs : int, default=50
        Epochs to run at most.
    patience : int or None, default=None
        Stop when this many epochs in a row have not bettered what `monitor` says, and keep
        the weights of the best epoch. None runs all epochs and keeps the last weights.
    monitor : str, default="accuracy"
        What `patience` goes by: ``"accuracy"``, ``"loss"``, or the name of the trainer's `scorer`.
    label_smoothing : float, default=0.0
        See `fernet._training.losses.SoftmaxCrossEntropy`.
    clip_norm : float or None, default=None
        Longest gradient of the loss without its L2 term, as the Euclidean norm over all parameters;
        a longer one is shortened.
    ema_decay : float or None, default=None
        Decay of a running mean of the weights, below 1. Where given, that mean is what is
        evaluated and kept.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order.
    seed : int, default=0
        Key of everything random.

    Examples
    --------
    >>> from fernet._training.settings import Settings
    >>> Settings(n_epochs=3).batch_size
    100
    """

    learning_rate: float = 0.01
    schedule: Schedule = field(default_factory=ConstantSchedule)
    batch_size: int = 100
    n_epochs: int = 50
    patience: int | None = None
    monitor: str = "accuracy"
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    ema_decay: float | None = None
    shuffle: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("batch_size", "n_epochs", "patience", "seed"):
            self._convert(name, int)
        for name in ("learning_rate", "label_smoothing", "clip_norm", "ema_decay"):
            self._convert(name, float)

    def _convert(self, name: str, kind: type[int] | type[float]) -> None:
        value = getattr(self, name)
        setattr(self, name, None if value is None else kind(value))
