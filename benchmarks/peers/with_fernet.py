"""fernet's side."""

from __future__ import annotations

from worker import Task, elapsed_ms


def _network(**settings):
    from fernet import FERMLPClassifier

    return FERMLPClassifier(
        (512, 256), dropout=0.01, weight_decay=0.01, momentum=0.9, batch_size=100, random_state=0,
        **settings,
    )  # fmt: skip


def _train(task: Task, dtype: str) -> float:
    from inputs import samples
    from threadpoolctl import threadpool_limits

    X, y = samples(dtype)
    _network(max_iter=1).fit(X, y)  # loads the kernels, which the limit must find
    with threadpool_limits(task.threads):
        return task.step_of_fit_ms(lambda epochs: _network(max_iter=epochs).fit(X, y))


def mlp_train(task: Task) -> float:
    return _train(task, "float32")


def mlp_train_pixels(task: Task) -> float:
    return _train(task, "uint8")


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
    return task.grid_search_ms(_network(max_iter=10), 1)


def grid_search_2_jobs(task: Task) -> float:
    return task.grid_search_ms(_network(max_iter=10), 2)


def import_(task: Task) -> float:
    def load() -> None:
        from fernet import FERMLPClassifier  # noqa: F401

    return elapsed_ms(load)


def load_csv(task: Task) -> float:
    from inputs import csv_file

    from fernet.datasets import load_fer2013

    path = csv_file(task.csv)
    return task.median_ms(lambda: load_fer2013(path, return_X_y=True), repeat=5, warmup=1)
