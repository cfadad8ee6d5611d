"""A network whose first layers, its backbone, keep their weights while the last ones learn.

The backbone's outputs are features. They are computed once and kept, so that an epoch costs no
more than the last layers do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._training.data_loader import DataLoader
from fernet._training.trained_part import TrainedPart, WholeNetwork
from fernet.augmentation import Mixing
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
    >>> from fernet._training.frozen_backbone import split_network
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


class FeatureLoader(DataLoader):
    """Samples of a data set as the features that a backbone makes of them.

    What does not vary from epoch to epoch is computed once, if it fits `CACHE_BYTES`.

    Parameters
    ----------
    images : DataLoader
        What the backbone takes.
    backbone : Network
        Which predicts the features: dropout rests, and running statistics stay.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.data_loader import DataLoader
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._training.frozen_backbone import FeatureLoader
    >>> images = DataLoader(np.ones((5, 3), dtype=np.float32))
    >>> out = np.empty((2, 4), dtype=np.float32)
    >>> FeatureLoader(images, Network([Linear(4)], (3,))).gather(np.array([0, 2]), out)
    """

    def __init__(self, images: DataLoader, backbone: Network) -> None:
        # The same samples, targets and weights; only what is gathered differs.
        vars(self).update(vars(images))
        self._images = images
        self._backbone = backbone
        self._session = Session(backbone, keeps_plan=True)
        shape = (len(images.X), *backbone.output_shape)
        n_bytes = len(images) * int(np.prod(shape[1:])) * backbone.dtype.itemsize
        self._cache = np.empty(shape, backbone.dtype) if n_bytes <= CACHE_BYTES else None
        self._cached = np.zeros(len(images.X), dtype=bool)

    @property
    def is_steady(self) -> bool:
        """Never: features are computed."""
        return False

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
    ) -> Mixing | None:
        def fill(start: int, stop: int, x: NDArray) -> None:
            # All at once: how a sample is varied depends on its place in the batch.
            x.reshape(len(x), -1)[...] = varied[start:stop]

        if self.augmentation is None or self.image_shape is None:
            self.gather(indices, out)
            return None
        n_features = int(np.prod(self._backbone.input_shape))
        varied = np.empty((len(indices), n_features), dtype=self._backbone.dtype)
        mixing = self._images.gather_augmented(indices, varied, seed, epoch, step)
        out[...] = self._session.predict_batches(len(indices), fill).reshape(out.shape)
        return mixing


class Head:
    """The last layers of a network learn; its backbone stays as it is, bit for bit.

    Parameters
    ----------
    whole : Network
        Its head's parameters are changed by `put_back`, its backbone's never.
    backbone, head : Network
        As `split_network` returned them.
    """

    def __init__(self, whole: Network, backbone: Network, head: Network) -> None:
        self.whole = whole
        self.network = head
        self._backbone = backbone

    def inputs(self, data: DataLoader) -> DataLoader:
        return FeatureLoader(data, self._backbone)

    def join(self, learnt: Network) -> Network:
        whole = self.whole.copy()
        _copy_parts(whole, [self._backbone, learnt], to_whole=True)
        return whole

    def put_back(self) -> None:
        _copy_parts(self.whole, [self._backbone, self.network], to_whole=True)


def freeze_backbone(network: Network) -> TrainedPart:
    """Return the part of a network that learns while its backbone is frozen.

    Parameters
    ----------
    network : Network
        Initialised.

    Returns
    -------
    TrainedPart
        The head; or all of a network that has no backbone.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.architectures import mlp
    >>> from fernet._engine.network import Network
    >>> from fernet._training.data_loader import DataLoader
    >>> from fernet._training.frozen_backbone import freeze_backbone
    >>> from fernet._training.optimizers import SGD
    >>> from fernet._training.trainer import Trainer
    >>> network = Network(mlp((8,), 2), (4,))
    >>> network.initialize(0)
    >>> before = network.copy()
    >>> data = DataLoader(np.eye(4, dtype=np.float32), np.array([0, 1, 0, 1], np.int32))
    >>> trainer = Trainer(network, SGD(), data, part=freeze_backbone)
    >>> trainer.train(n_epochs=1)
    >>> trainer.finish()
    >>> old = dict(before.named_parameters())
    >>> [name for name, view in network.named_parameters() if (view != old[name]).any()]
    ['linear_2.weight', 'linear_2.bias']
    """
    parts = split_network(network)
    return WholeNetwork(network) if parts is None else Head(network, *parts)
