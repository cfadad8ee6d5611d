"""One training step, and a prediction, as TensorFlow functions on one or more devices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.buffers import named_views
from fernet._engine.network import Network
from fernet._training.optimizers import SGD, Adam, Optimizer
from fernet._training.settings import Settings
from fernet.layers.mirrored import MirrorAxes, mirror_axes
from fernet.tensorflow_backend import weights
from fernet.tensorflow_backend.builder import build
from fernet.tensorflow_backend.imports import import_keras, import_tensorflow

__all__ = ["Steps"]
__dir__ = __all__.copy


class Steps:
    """A network's Keras model with its optimizer, and the functions that run them.

    Parameters
    ----------
    network : Network
        Whose layers and weights the model takes over.
    optimizer : SGD or Adam
        Whose settings Keras's optimizer takes over.
    settings : Settings
        Label smoothing, clipping and seed count.
    strategy : tf.distribute.Strategy
        Among whose replicas a batch is split.
    soft : bool, default=False
        Whether batches come with distributions over the classes.

    Attributes
    ----------
    model : keras.Model
        From rows to logits.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        settings: Settings,
        strategy: Any,
        *,
        soft: bool = False,
    ) -> None:
        self._tf = import_tensorflow()
        keras = import_keras("backend='tensorflow'")
        self._strategy = strategy
        self._settings = settings
        self._soft = soft
        self._weight_decay = optimizer.weight_decay
        with strategy.scope():
            inputs = keras.Input(network.input_shape, name="inputs", dtype="float32")
            self.model = keras.Model(inputs, build(network, inputs=inputs, seed=settings.seed))
            self._optimizer = _keras_optimizer(keras, optimizer)
            self._optimizer.build(self.model.trainable_variables)
        weights.push(network, self.model)
        self._names = _names_of_variables(network, self.model)
        self._decayed = {id(weights.variable(self.model, name)) for name in _decayed(network)}
        self._statistics = [weights.variable(self.model, name) for name, _ in network.named_state()]
        self._statistics_of_rows = _statistics_of_rows(self.model)
        mirrors = _mirrors(network)
        self._mirrors = [mirrors.get(name) for name in self._names]
        self._mirrored_statistics = [
            (v, mirrors[name])
            for v, (name, _) in zip(self._statistics, network.named_state(), strict=True)
            if name in mirrors
        ]
        self._compile(network)

    def _compile(self, network: Network) -> None:
        """Make the functions, for batches of any size at once where that can be said."""
        tf = self._tf
        rows = tf.TensorSpec([None, *network.input_shape], tf.float32)
        of_row = [tf.TensorSpec([None], kind) for kind in (tf.int32, tf.float32, tf.int32)]
        if self._soft:
            of_row.append(tf.TensorSpec([None, *network.output_shape], tf.float32))
        # Concrete, as TensorFlow warns of functions that are often made anew, by each fit here.
        self._predict = tf.function(
            lambda x: self.model(x, training=False), input_signature=[rows]
        ).get_concrete_function()
        if self._strategy.num_replicas_in_sync > 1:
            self._train = tf.function(self._train_everywhere, reduce_retracing=True)
        else:
            self._train = tf.function(
                self._train_everywhere, input_signature=[rows, *of_row]
            ).get_concrete_function()

    def train(
        self,
        x: NDArray,
        target: NDArray,
        scale: NDArray,
        learning_rate: float,
        soft: NDArray | None = None,
    ) -> tuple[float, float, int]:
        """Learn from a batch.

        Parameters
        ----------
        x : ndarray of shape (N, *input_shape), float32
            Rows.
        target : ndarray of shape (N,), int32
            Their classes.
        scale : ndarray of shape (N,), float32
            Their weights, which sum to 1.
        learning_rate : float
            Of this step.
        soft : ndarray of shape (N, n_classes), float32, default=None
            Distributions, which the loss takes in place of the classes.

        Returns
        -------
        loss, l2_term : float
            Before the step.
        n_right : int
            Rows that the model had right before the step.
        """
        self._optimizer.learning_rate.assign(learning_rate)
        batch: tuple[NDArray, ...] = (x, target, scale, np.ones(len(x), np.int32))
        batch = batch if soft is None else (*batch, soft)
        values = self._train(*self._split(batch))
        loss, l2_term, n_right = (value.numpy() for value in values)
        return float(loss), float(l2_term), int(n_right)

    def predict(self, x: NDArray) -> NDArray:
        """Compute the logits of rows."""
        return self._predict(self._tf.convert_to_tensor(x)).numpy()

    def _split(self, batch: tuple[NDArray, ...]) -> list[Any]:
        """Give each replica its share; where rows run out, copies that weigh nothing."""
        n_replicas = self._strategy.num_replicas_in_sync
        if n_replicas == 1:
            return [self._tf.convert_to_tensor(array) for array in batch]
        n = len(batch[0])
        share = -(-n // n_replicas)
        rows = np.arange(share * n_replicas)
        parts = [array[rows % n] for array in batch]
        for weight in parts[2:4]:
            weight[n:] = 0

        def values(part: NDArray) -> Any:
            def of_replica(context: Any) -> Any:
                start = context.replica_id_in_sync_group * share
                return self._tf.convert_to_tensor(part[start : start + share])

            return self._strategy.experimental_distribute_values_from_function(of_replica)

        return [values(part) for part in parts]

    def _train_everywhere(self, *batch: Any) -> tuple[Any, Any, Any]:
        strategy, reduce = self._strategy, self._tf.distribute.ReduceOp
        loss, l2_term, n_right = strategy.run(self._train_here, args=batch)
        return (
            strategy.reduce(reduce.SUM, loss, axis=None),
            strategy.reduce(reduce.MEAN, l2_term, axis=None),
            strategy.reduce(reduce.SUM, n_right, axis=None),
        )

    def _train_here(
        self, x: Any, target: Any, scale: Any, counted: Any, soft: Any = None
    ) -> tuple[Any, Any, Any]:
        tf, variables = self._tf, self.model.trainable_variables
        before = [tf.identity(v.value) for v in self._statistics_of_rows]
        with tf.GradientTape() as tape:
            logits = self.model(x, training=True)
            loss = tf.reduce_sum(scale * self._cross_entropy(logits, target, soft))
        # A single value varies by 0, which predictions would divide by.
        is_single = tf.equal(tf.shape(x)[0], 1)
        for v, old in zip(self._statistics_of_rows, before, strict=True):
            v.value.assign(tf.where(is_single, old, tf.identity(v.value)))
        for v, axes in self._mirrored_statistics:
            v.value.assign(self._mirror_mean(v.value, axes))
        gradients = [
            self._mirror_mean(gradient, axes)
            for gradient, axes in zip(
                tape.gradient(loss, [v.value for v in variables]), self._mirrors, strict=True
            )
        ]
        right = tf.cast(tf.argmax(logits, axis=1, output_type=target.dtype) == target, tf.int32)
        gradients = self._clip(gradients)
        l2_term = tf.constant(0.0)
        n_replicas = float(self._strategy.num_replicas_in_sync)
        for i, v in enumerate(variables):
            if self._weight_decay and id(v) in self._decayed:
                # The optimizer sums over the replicas.
                gradients[i] += self._weight_decay / n_replicas * v.value
                l2_term += 0.5 * self._weight_decay * tf.reduce_sum(tf.square(v.value))
        self._optimizer.apply(gradients, variables)
        if n_replicas > 1:
            self._share_statistics()
        return loss, l2_term, tf.reduce_sum(right * counted)

    def _mirror_mean(self, array: Any, axes: MirrorAxes | None) -> Any:
        """Return the mean of an array and its mirror image."""
        if axes is None:
            return array
        mirrored = self._tf.reverse(array, axes.reversed) if axes.reversed else array
        for axis in axes.halves:
            mirrored = self._tf.roll(mirrored, array.shape[axis] // 2, axis)
        return 0.5 * (array + mirrored)

    def _share_statistics(self) -> None:
        """Give every replica the mean of all running statistics; Keras leaves each its own."""
        mean, context = self._tf.distribute.ReduceOp.MEAN, self._tf.distribute.get_replica_context()
        for v in self._statistics:
            v.value.assign(context.all_reduce(mean, v.value))

    def _cross_entropy(self, logits: Any, target: Any, soft: Any) -> Any:
        tf, smoothing = self._tf, self._settings.label_smoothing
        log_proba = tf.nn.log_softmax(logits)
        if soft is None:
            losses = -tf.gather(log_proba, target, batch_dims=1)
        else:
            losses = -tf.reduce_sum(soft * log_proba, axis=1)
        if smoothing:
            even = -tf.reduce_mean(log_proba, axis=1)
            losses = (1 - smoothing) * losses + smoothing * even
        return losses

    def _clip(self, gradients: list[Any]) -> list[Any]:
        """Shorten the gradient, of all replicas together, before the L2 term is added."""
        if self._settings.clip_norm is None:
            return gradients
        tf, context = self._tf, self._tf.distribute.get_replica_context()
        total = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        norm = tf.linalg.global_norm(total)
        factor = tf.minimum(1.0, self._settings.clip_norm / norm)
        return [gradient * factor for gradient in gradients]

    def pull_optimizer(self, network: Network, optimizer: Optimizer) -> None:
        """Copy the state of Keras's optimizer to ours."""
        for slots, view in self._slots(network, optimizer):
            view[...] = slots.numpy()

    def push_optimizer(self, network: Network, optimizer: Optimizer) -> None:
        """Copy the state of our optimizer to Keras's."""
        self._optimizer.iterations.assign(optimizer.n_steps)
        for slots, view in self._slots(network, optimizer):
            slots.assign(view)

    def _slots(self, network: Network, optimizer: Optimizer) -> list[tuple[Any, NDArray]]:
        pairs = []
        for name in optimizer.state_names:
            flat = getattr(optimizer, name)
            views = _views_like_parameters(network, flat)
            slots = _slot_variables(self._optimizer, name)
            pairs += [
                (slot, views[part]) for slot, part in zip(slots, self._names, strict=bool(slots))
            ]
        return pairs


def _keras_optimizer(keras: Any, optimizer: Optimizer) -> Any:
    if isinstance(optimizer, SGD):
        return keras.optimizers.SGD(momentum=optimizer.momentum, nesterov=optimizer.nesterov)
    if isinstance(optimizer, Adam):
        return keras.optimizers.Adam(
            beta_1=optimizer.beta_1, beta_2=optimizer.beta_2, epsilon=optimizer.epsilon
        )
    name = type(optimizer).__name__.lower()
    raise ValueError(
        f"solver is {name!r}, which backend='tensorflow' has not; expected sgd or adam"
    )


def _slot_variables(keras_optimizer: Any, name: str) -> list[Any]:
    attribute = {
        "velocity": "momentums",
        "first_moment": "_momentums",
        "second_moment": "_velocities",
    }[name]
    # SGD without momentum keeps nothing.
    return getattr(keras_optimizer, attribute, None) or []


def _statistics_of_rows(keras_model: Any) -> list[Any]:
    """Return the running statistics of layers that get one value of each channel from a row."""
    layers = [
        layer
        for layer in keras_model.layers
        if type(layer).__name__ == "BatchNormalization"
        and all(size == 1 for size in layer.input.shape[1:-1])
    ]
    return [v for layer in layers for v in (layer.moving_mean, layer.moving_variance)]


def _names_of_variables(network: Network, keras_model: Any) -> list[str]:
    """Name the model's trainable variables, in its order, as the network's parameters are."""
    names = {
        id(weights.variable(keras_model, name)): name for name, _ in network.named_parameters()
    }
    return [names[id(v)] for v in keras_model.trainable_variables]


def _decayed(network: Network) -> list[str]:
    """Return the names of the parameters that weight decay acts on: they come first."""
    limit = network.params[: network.n_decayed]
    return [name for name, view in network.named_parameters() if np.shares_memory(view, limit)]


def _mirrors(network: Network) -> dict[str, MirrorAxes]:
    """Return how parameters and running averages of mirrored layers are mirrored, by name."""
    found = {
        f"{name}.{part}": mirror_axes(node.layer, part)
        for name, node, *views in zip(
            network.names, network.nodes, network.node_params, network.node_state, strict=True
        )
        for part in [*views[0], *views[1]]
    }
    return {name: axes for name, axes in found.items() if axes is not None}


def _views_like_parameters(network: Network, flat: NDArray) -> dict[str, NDArray]:
    """Cut a flat array as the network's parameters are cut."""
    start = network.params.__array_interface__["data"][0]
    views: dict[str, NDArray] = {}
    for name, view in network.named_parameters():
        offset = (view.__array_interface__["data"][0] - start) // view.itemsize
        views |= named_views(flat, {name: view.shape}, offset)
    return views
