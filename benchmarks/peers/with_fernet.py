"""fernet's side."""

from __future__ import annotations

from sizes import BATCH, N_CNN_ROWS, N_RESNET_ROWS, RESNET_BATCH
from worker import Task, elapsed_ms


def mlp(**settings):
    from fernet import FERMLPClassifier

    return FERMLPClassifier(
        (512, 256), dropout=0.01, weight_decay=0.01, momentum=0.9, batch_size=100, random_state=0,
        **settings,
    )  # fmt: skip


def _train(task: Task, dtype: str) -> float:
    from inputs import samples
    from threadpoolctl import threadpool_limits

    X, y = samples(dtype)
    mlp(max_iter=1).fit(X, y)  # loads the kernels, which the limit must find
    with threadpool_limits(task.threads):
        return task.step_of_fit_ms(lambda epochs: mlp(max_iter=epochs).fit(X, y))


def mlp_train(task: Task) -> float:
    return _train(task, "float32")


def mlp_train_pixels(task: Task) -> float:
    return _train(task, "uint8")


def cnn(**settings):
    from fernet import FERCNNClassifier

    return FERCNNClassifier(
        solver="adam", learning_rate_init=0.001, batch_size=BATCH, random_state=0, **settings
    )


def resnet50(**settings):
    from fernet import FERCNNClassifier

    return FERCNNClassifier(
        "resnet50", dropout=0.0, solver="sgd", learning_rate_init=0.01, momentum=0.9,
        batch_size=RESNET_BATCH, random_state=0, **settings,
    )  # fmt: skip


def compact(**settings):
    from fernet import FERCNNClassifier

    return FERCNNClassifier("compact", batch_size=BATCH, random_state=0, **settings)


def detailed(**settings):
    from fernet import FERCNNClassifier

    return FERCNNClassifier("detailed", width=48, batch_size=BATCH, random_state=0, **settings)


def resnet18(**settings):
    from fernet import FERCNNClassifier

    return FERCNNClassifier("resnet18", dropout=0.0, batch_size=BATCH, random_state=0, **settings)


def _train_on_pixels(task: Task, network, n_rows: int, batch: int) -> float:
    from inputs import samples
    from threadpoolctl import threadpool_limits

    X, y = samples("uint8", n_rows)
    network(max_iter=1).fit(X[:batch], y[:batch])  # loads the kernels, which the limit must find
    with threadpool_limits(task.threads):
        return task.step_of_fit_ms(
            lambda epochs: network(max_iter=epochs).fit(X, y),
            repeat=3,
            steps_per_epoch=n_rows // batch,
        )


def cnn_train(task: Task) -> float:
    return _train_on_pixels(task, cnn, N_CNN_ROWS, BATCH)


def resnet50_train(task: Task) -> float:
    return _train_on_pixels(task, resnet50, N_RESNET_ROWS, RESNET_BATCH)


def _forward(task: Task, estimator, n_images: int, repeat: int) -> float:
    """Time the network alone, as for the others: scaled images in, one output a class out."""
    from inputs import images, samples

    from fernet import _kernels
    from fernet._engine.session import Session

    network = estimator(max_iter=1).fit(*samples("uint8", BATCH)).network_.copy()
    session = Session(network, keeps_plan=True)
    x = images(n_images)
    _kernels.set_num_threads(task.threads)
    return task.median_ms(lambda: session.predict(x), repeat)


def cnn_forward(task: Task) -> float:
    return _forward(task, cnn, BATCH, 50)


def cnn_forward_1(task: Task) -> float:
    return _forward(task, cnn, 1, 500)


def compact_forward(task: Task) -> float:
    return _forward(task, compact, BATCH, 50)


def compact_forward_1(task: Task) -> float:
    return _forward(task, compact, 1, 2000)


def resnet18_forward(task: Task) -> float:
    return _forward(task, resnet18, BATCH, 20)


def resnet18_forward_1(task: Task) -> float:
    return _forward(task, resnet18, 1, 300)


def _gemm(task: Task, name: str) -> float:
    import numpy as np
    from inputs import gemm_operands

    from fernet import _kernels

    x, weight, dy = gemm_operands()
    y, dx, dweight = map(np.empty_like, (dy, x, weight))
    calls = {
        "forward": lambda: _kernels.linear_forward(x, weight, None, y),
        "backward_input": lambda: _kernels.linear_backward_input(dy, weight, dx),
        "backward_params": lambda: _kernels.linear_backward_params(x, dy, dweight, None),
    }
    _kernels.set_num_threads(task.threads)
    return task.median_ms(calls[name])


def gemm_forward(task: Task) -> float:
    return _gemm(task, "forward")


def gemm_backward_input(task: Task) -> float:
    return _gemm(task, "backward_input")


def gemm_backward_params(task: Task) -> float:
    return _gemm(task, "backward_params")


def grid_search_1_job(task: Task) -> float:
    return task.grid_search_ms(mlp(max_iter=4), 1, "uint8")


def grid_search_2_jobs(task: Task) -> float:
    return task.grid_search_ms(mlp(max_iter=4), 2, "uint8")


def import_(task: Task) -> float:
    def load() -> None:
        from fernet import FERMLPClassifier  # noqa: F401

    return elapsed_ms(load)


def load_csv(task: Task) -> float:
    from inputs import csv_file

    from fernet.datasets import load_fer2013

    path = csv_file(task.csv)
    return task.median_ms(lambda: load_fer2013(path, return_X_y=True), repeat=5, warmup=1)
