#!/usr/bin/env python3
"""Where a training step's time goes: each kernel's calls within `fit`, timed.

    python benchmarks/parts.py

The network and the data are those of ``compare.py --task mlp-train``. Timing a call costs it about
a microsecond. Give the machine nothing else to do.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from inputs import samples

from fernet import FERMLPClassifier, _kernels

EPOCHS, BATCH = 5, 100


def shapes(arguments: tuple[Any, ...]) -> str:
    """Show the shapes of the first two arrays, which tell one layer's calls from another's."""
    arrays = [a for a in arguments if hasattr(a, "shape")][:2]
    return " ".join("x".join(map(str, array.shape)) for array in arrays)


def timed(name: str, kernel: Callable[..., Any], times: dict[str, list[float]]) -> Callable:
    def call(*arguments: Any) -> Any:
        start = time.perf_counter()
        result = kernel(*arguments)
        times[f"{name} {shapes(arguments)}"].append(1e3 * (time.perf_counter() - start))
        return result

    return call


def main() -> None:
    X, y = samples("float32")
    model = FERMLPClassifier(
        (512, 256), dropout=0.01, weight_decay=0.01, batch_size=BATCH, max_iter=1, random_state=0
    )
    model.fit(X, y)
    times: dict[str, list[float]] = defaultdict(list)
    for name in ("gather_rows", "sgd_update", "softmax_cross_entropy"):
        setattr(_kernels, name, timed(name, getattr(_kernels, name), times))
    for family in ("linear", "relu", "dropout"):
        for name in [n for n in _kernels.__all__ if n.startswith(family)]:
            setattr(_kernels, name, timed(name, getattr(_kernels, name), times))
    steps = EPOCHS * len(X) // BATCH
    start = time.perf_counter()
    model.set_params(max_iter=EPOCHS).fit(X, y)
    step = 1e3 * (time.perf_counter() - start) / steps
    print(f"{'kernel, shapes':<56} {'median ms':>10} {'best':>8} {'ms a step':>10}")
    for part, values in sorted(times.items(), key=lambda item: -sum(item[1])):
        print(
            f"{part:<56} {statistics.median(values):10.3f} {min(values):8.3f} "
            f"{sum(values) / steps:10.3f}"
        )
    kernels = sum(map(sum, times.values())) / steps
    print(f"{'all kernels':<56} {'':>10} {'':>8} {kernels:10.3f}")
    print(f"{'fit, set-up included':<56} {'':>10} {'':>8} {step:10.3f}")


if __name__ == "__main__":
    main()
