"""scikit-learn's MLPClassifier, given float32, as it then computes in float32.

It has no dropout, so it does a little less than the others. Its `alpha` is divided by the batch.
"""

from __future__ import annotations

import warnings

from sizes import BATCH
from worker import Task, elapsed_ms


def _network(**settings):
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")  # it says that so few epochs do not converge
    return MLPClassifier(
        (512, 256), solver="sgd", alpha=0.01 * BATCH, momentum=0.9, nesterovs_momentum=False,
        batch_size=BATCH, random_state=0, **{"learning_rate_init": 0.01, **settings},
    )  # fmt: skip


def mlp_train(task: Task) -> float:
    from inputs import samples
    from threadpoolctl import threadpool_limits

    X, y = samples()
    with threadpool_limits(task.threads):
        return task.step_of_fit_ms(lambda epochs: _network(max_iter=epochs).fit(X, y))


def grid_search_1_job(task: Task) -> float:
    return task.grid_search_ms(_network(max_iter=4, n_iter_no_change=4), 1)


def grid_search_2_jobs(task: Task) -> float:
    return task.grid_search_ms(_network(max_iter=4, n_iter_no_change=4), 2)


def import_(task: Task) -> float:
    def load() -> None:
        from sklearn.neural_network import MLPClassifier  # noqa: F401

    return elapsed_ms(load)
