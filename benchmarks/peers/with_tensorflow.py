"""TensorFlow through Keras' fit, compiled. Keras has no L2 in its SGD, so it does a little less."""

from __future__ import annotations

import os

from worker import BATCH, N_CLASSES, N_FEATURES, Task, elapsed_ms

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def mlp_train(task: Task) -> float:
    import tensorflow as tf
    from inputs import samples

    tf.config.threading.set_intra_op_parallelism_threads(task.threads)
    tf.config.threading.set_inter_op_parallelism_threads(task.threads)
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


def import_(task: Task) -> float:
    def load() -> None:
        import tensorflow  # noqa: F401

    return elapsed_ms(load)
