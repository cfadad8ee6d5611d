"""One measurement in one process: ``worker.py LIBRARY TASK`` prints milliseconds and the version.

A ``with_<library>.py`` beside this file has a function for each task that the library can do; it
gets a `Task` and returns milliseconds. Where nothing can be measured, stderr says why. A library
may compete in two ways: ``torch-bf16`` is PyTorch again, computing in bfloat16 where it thinks fit.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).parent))
from sizes import BATCH, N_ROWS

LIBRARIES = (
    "fernet", "torch", "torch-bf16", "sklearn", "tensorflow", "onnxruntime", "scipy", "pandas",
)  # fmt: skip
TASKS = (
    "mlp-train", "mlp-train-pixels", "cnn-train", "cnn-forward", "cnn-forward-1",
    "compact-forward", "compact-forward-1", "resnet18-forward", "resnet18-forward-1",
    "resnet50-train",
    "gemm-forward", "gemm-backward-input", "gemm-backward-params",
    "grid-search-1-job", "grid-search-2-jobs", "import", "load-csv",
)  # fmt: skip
# Exit codes where there is nothing to measure: for this task, or for any.
SKIPPED, MISSING = 75, 76


@dataclass
class Task:
    """How to measure."""

    threads: int
    csv: Path

    def median_ms(self, step: Callable[[], object], repeat: int = 200, warmup: int = 10) -> float:
        """Time single calls."""
        for _ in range(warmup):
            step()
        return statistics.median(elapsed_ms(step) for _ in range(repeat))

    def step_of_fit_ms(
        self, fit: Callable[[int], object], repeat: int = 5, steps_per_epoch: int = N_ROWS // BATCH
    ) -> float:
        """Time a step inside ``fit(n_epochs)``, free of what a fit costs once."""
        steps = 2 * steps_per_epoch
        fit(1)
        return statistics.median(
            (elapsed_ms(lambda: fit(3)) - elapsed_ms(lambda: fit(1))) / steps for _ in range(repeat)
        )

    def grid_search_ms(self, network: object, n_jobs: int, dtype: str = "float32") -> float:
        """Time a grid search over a scikit-learn classifier, its workers started before."""
        from inputs import GRID, N_TRAINING, samples
        from sklearn.model_selection import GridSearchCV

        X, y = samples(dtype, N_TRAINING)
        search = GridSearchCV(network, GRID, cv=3, n_jobs=n_jobs, refit=False)
        search.fit(X[:100], y[:100])
        return elapsed_ms(lambda: search.fit(X, y))


def leave_out(why: str, code: int = SKIPPED) -> NoReturn:
    """Leave with the reason for which nothing is measured."""
    print(why, file=sys.stderr)
    sys.exit(code)


def elapsed_ms(call: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--csv", type=Path, required=True, help="written if it is not there")
    args = parser.parse_args()
    module = args.library.removesuffix("-bf16")
    if importlib.util.find_spec(module) is None:
        leave_out(f"it is not installed in {sys.executable}", MISSING)
    tasks = importlib.import_module(f"with_{args.library.replace('-', '_')}")
    function = getattr(tasks, args.task.replace("-", "_"), None)
    if args.task == "import":
        function = getattr(tasks, "import_", None)
    if function is None:
        leave_out("it has no such task here")
    ms = function(Task(args.threads, args.csv))
    print(json.dumps({"ms": ms, "version": importlib.import_module(module).__version__}))


if __name__ == "__main__":
    main()
