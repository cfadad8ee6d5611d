"""Train the last layers of a network on what the layers before them, left as they are, make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.batches import Batches
from fernet._training.optimizers import Optimizer
from fernet._training.trainer import Trainer
from fernet.layers.base import Layer

CACHE_BYTES = 1 << 28
"""Most memory that is spent on keeping a data set's features from one epoch to the next."""

_ENDS_OF_FEATURES = frozenset({"flatten", "global_avg_pool2d", "max_pool2d"})


def split_network(network: Network) -> tuple[Network, Network] | None:
    """Part a network into its backbone and its head, each with a copy of its parameters.

    The head is what follows the last flattening or pooling. In a network without, such as a
    multi-layer perceptron, it is the last layer that has parameters. A dropout right before it
    belongs to it.

    Parameters
    ----------
    network : Network
        Unchanged.

    Returns
    -------
    backbone, head : Network, or None
        The head takes the backbone's outputs. None if the network has no backbone.

    Examples
    --------
    >>> from fernet.architectures import mlp
    >>> from fernet._engine.network import Network
    >>> from fernet._training.transfer import split_network
    >>> backbone, head = split_network(Network(mlp((512, 256), 7), (2304,)))
    >>> [name for name, _ in backbone.named_parameters() if name.endswith("weight")]
    ['linear_1.weight', 'linear_2.weight']
    >>> head
    Network([Linear(n_outputs=7, initializer='glorot_uniform', use_bias=True)], input_shape=(256,))
    """
    start = _head_start(network)
    if start == 0:
        return None
    options: dict[str, Any] = {"dtype": network.dtype, "kernels": network.kernels}
    backbone = Network(network.layers[:start], network.input_shape, **options)
    head = Network(network.layers[start:], backbone.output_shape, **options)
    _copy_parts(network, [backbone, head], to_whole=False)
    return backbone, head


def _head_start(network: Network) -> int:
    layers = network.layers
    start = max((i + 1 for i, la in enumerate(layers) if la.kind in _ENDS_OF_FEATURES), default=0)
    before, after = layers[:start], layers[start:]
    if not (_learns(before, network.input_shape) and _learns(after, _shape_at(network, start))):
        start = len(layers) - 1
        while start > 0 and not _learns(layers[start:], _shape_at(network, start)):
            start -= 1
    while start > 0 and layers[start - 1].kind == "dropout":
        start -= 1
    return start


def _learns(layers: Sequence[Layer], input_shape: tuple[int, ...]) -> bool:
    return bool(layers) and Network(layers, input_shape).n_parameters > 0


def _shape_at(network: Network, index: int) -> tuple[int, ...]:
    shape = network.input_shape
    for layer in network.layers[:index]:
        shape = layer.output_shape(shape)
    return shape


def _copy_parts(whole: Network, parts: Sequence[Network], *, to_whole: bool) -> None:
    """Copy parameters and state between a network and those it consists of."""
    for named in (Network.named_parameters, Network.named_state):
        own = [view for _, view in named(whole)]
        theirs = [view for part in parts for _, view in named(part)]
        for mine, other in zip(own, theirs, strict=True):
            target, source = (mine, other) if to_whole else (other, mine)
            target[...] = source


class FeatureBatches(Batches):
    """Rows of a data set as the features that a backbone makes of them.

    What does not vary from epoch to epoch is computed once, if it fits `CACHE_BYTES`.

    Parameters
    ----------
    batches : Batches
        Rows for the backbone's input.
    backbone : Network
        Which predicts the features: dropout rests, and running statistics stay.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.batches import Batches
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._training.transfer import FeatureBatches
    >>> rows = Batches(np.ones((5, 3), dtype=np.float32))
    >>> out = np.empty((2, 4), dtype=np.float32)
    >>> FeatureBatches(rows, Network([Linear(4)], (3,))).gather(np.array([0, 2]), out)
    """

    def __init__(self, batches: Batches, backbone: Network) -> None:
        # The same rows, targets and weights; only what is gathered differs.
        vars(self).update(vars(batches))
        self._images = batches
        self._backbone = backbone
        self._session = Session(backbone)
        shape = (len(batches.X), *backbone.output_shape)
        n_bytes = len(batches) * int(np.prod(shape[1:])) * backbone.dtype.itemsize
        self._cache = np.empty(shape, backbone.dtype) if n_bytes <= CACHE_BYTES else None
        self._cached = np.zeros(len(batches.X), dtype=bool)

    def gather(self, indices: NDArray, out: NDArray, *, mirrored: bool = False) -> None:
        def fill(start: int, stop: int, x: NDArray) -> None:
            self._images.gather(wanted[start:stop], x.reshape(len(x), -1), mirrored=mirrored)

        wanted = indices
        if self._cache is None or mirrored:
            out[...] = self._session.predict_batches(len(indices), fill).reshape(out.shape)
            return
        wanted = indices[~self._cached[indices]]
        if len(wanted):
            self._cache[wanted] = self._session.predict_batches(len(wanted), fill)
            self._cached[wanted] = True
        np.take(self._cache, indices, axis=0, out=out.reshape(-1, *self._cache.shape[1:]))

    def gather_augmented(
        self, indices: NDArray, out: NDArray, seed: int, epoch: int, step: int
    ) -> None:
        def fill(start: int, stop: int, x: NDArray) -> None:
            # All at once: the variation of a row depends on its place in the step.
            x.reshape(len(x), -1)[...] = images[start:stop]

        if self.augmentation is None or self.image_shape is None:
            self.gather(indices, out)
            return
        n_features = int(np.prod(self._backbone.input_shape))
        images = np.empty((len(indices), n_features), dtype=self._backbone.dtype)
        self._images.gather_augmented(indices, images, seed, epoch, step)
        out[...] = self._session.predict_batches(len(indices), fill).reshape(out.shape)


class HeadTrainer(Trainer):
    """Train the head of a network and leave its backbone as it is, bit for bit.

    Parameters
    ----------
    network : Network
        Its head's parameters are changed by `finish`, its backbone's never.
    optimizer, training, validation, **options
        As for `Trainer`, whose `network` is the head alone.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.architectures import mlp
    >>> from fernet._training.batches import Batches
    >>> from fernet._engine.network import Network
    >>> from fernet._training.optimizers import SGD
    >>> from fernet._training.transfer import HeadTrainer
    >>> network = Network(mlp((8,), 2), (4,))
    >>> network.initialize(0)
    >>> before = network.copy()
    >>> batches = Batches(np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1], np.int32))
    >>> trainer = HeadTrainer(network, SGD(), batches)
    >>> trainer.train(n_epochs=1)
    >>> trainer.finish()
    >>> old = dict(before.named_parameters())
    >>> [name for name, view in network.named_parameters() if (view != old[name]).any()]
    ['linear_2.weight', 'linear_2.bias']
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        training: Batches,
        validation: Batches | None = None,
        **options: Any,
    ) -> None:
        self._whole = network
        self._backbone, head = _split(network)
        if self._backbone is not None:
            training = FeatureBatches(training, self._backbone)
            if validation is not None:
                validation = FeatureBatches(validation, self._backbone)
        super().__init__(head, optimizer, training, validation, **options)

    @property
    def whole_network(self) -> Network:
        return self._whole

    def finish(self) -> None:
        super().finish()
        self._join(self._whole, self.network)

    def kept_network(self) -> Network:
        whole = self._whole.copy()
        self._join(whole, super().kept_network())
        return whole

    def _join(self, whole: Network, head: Network) -> None:
        if self._backbone is None:
            parts = [head]
        else:
            parts = [self._backbone, head]
        _copy_parts(whole, parts, to_whole=True)


def _split(network: Network) -> tuple[Network | None, Network]:
    parts = split_network(network)
    return (None, network) if parts is None else parts
