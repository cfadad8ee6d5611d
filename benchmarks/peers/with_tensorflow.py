"""TensorFlow: training through Keras' fit, compiled; predicting through a `tf.function`.

Keras has no L2 in its SGD, so it does a little less than the others in ``mlp-train``.
"""

from __future__ import annotations

import os

from sizes import BATCH, N_CLASSES, N_CNN_ROWS, N_FEATURES
from worker import Task, elapsed_ms

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


GROUPS = ((32, 2), (64, 3), (128, 3), (256, 3))


def _tensorflow(task: Task):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(task.threads)
    tf.config.threading.set_inter_op_parallelism_threads(task.threads)
    return tf


def mlp_train(task: Task) -> float:
    from inputs import samples

    tf = _tensorflow(task)
    layers = [tf.keras.Input((N_FEATURES,))]
    for width in (512, 256):
        layers += [tf.keras.layers.Dense(width, activation="relu"), tf.keras.layers.Dropout(0.01)]
    network = tf.keras.Sequential([*layers, tf.keras.layers.Dense(N_CLASSES)])
    network.compile(
        tf.keras.optimizers.SGD(0.01, momentum=0.9),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    X, y = samples()

    def fit(epochs: int) -> None:
        network.fit(X, y, batch_size=BATCH, epochs=epochs, verbose=0)

    return task.step_of_fit_ms(fit, repeat=3)


def _report_cnn(tf):
    k = tf.keras.layers
    layers = [tf.keras.Input((48, 48, 1))]
    for filters, repeats in GROUPS:
        layers += [k.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(repeats)]
        layers.append(k.MaxPooling2D())
    layers.append(k.Flatten())
    for width in (512, 128):
        layers += [k.Dropout(0.4), k.Dense(width, activation="relu")]
    return tf.keras.Sequential([*layers, k.Dropout(0.4), k.Dense(N_CLASSES)])


def cnn_train(task: Task) -> float:
    from inputs import images, samples

    tf = _tensorflow(task)
    network = _report_cnn(tf)
    network.compile(
        tf.keras.optimizers.Adam(0.001),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    X, (_, y) = images(N_CNN_ROWS), samples("uint8", N_CNN_ROWS)

    def fit(epochs: int) -> None:
        network.fit(X, y, batch_size=BATCH, epochs=epochs, verbose=0)

    return task.step_of_fit_ms(fit, repeat=3, steps_per_epoch=N_CNN_ROWS // BATCH)


def _cnn_forward(task: Task, n_images: int, repeat: int) -> float:
    from inputs import images

    tf = _tensorflow(task)
    network = _report_cnn(tf)
    forward = tf.function(lambda x: network(x, training=False))
    x = tf.constant(images(n_images))
    return task.median_ms(lambda: forward(x).numpy(), repeat)


def cnn_forward(task: Task) -> float:
    return _cnn_forward(task, BATCH, 50)


def cnn_forward_1(task: Task) -> float:
    return _cnn_forward(task, 1, 500)


def import_(task: Task) -> float:
    def load() -> None:
        import tensorflow  # noqa: F401

    return elapsed_ms(load)
