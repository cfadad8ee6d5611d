#!/usr/bin/env python3
"""Where a training step's time goes: each kernel's calls within `fit`, layer by layer.

    python benchmarks/parts.py                      # the report's CNN, batches of 100
    python benchmarks/parts.py resnet50             # batches of 32
    python benchmarks/parts.py --augmentation standard
    python benchmarks/parts.py --apart              # a convolution's two gradients one by one
    python benchmarks/parts.py mlp --threads 1
    FERNET_ISA=avx2 python benchmarks/parts.py

The networks and their settings are those of ``compare.py``. Prints two tables for RESULTS.md: the
step by kinds of work, and every kernel at every layer's shapes.

How to read them:

- A time is the median over the steps of what one step spends in all calls of that part; `best`
  is the least. `share` is of the median step, which `Trainer.run_step` takes; what is left when
  all kernels are taken away is Python's: calls, checks, the history.
- GFLOP/s count the operations of the direct convolution, so Winograd's may pass the peak: it does
  a fifth (F(6x6)), a quarter (F(4x4)) or a third (F(3x3)) of the multiplications. `of the peak` is
  beside a loop of multiply-adds in registers on as many threads.
- A convolution's two gradients are one kernel; `--apart` computes one after the other, which takes
  longer, to tell what each takes.
- Parts without GFLOP/s move memory: GB/s count each array once, read or written, those updated in
  place twice, beside copies of arrays too large for the caches. What stays in a cache passes it.
- A layer's ReLU, bias, mask of the ReLU before it are in the kernel that they are fused with.
- Timing a call costs it two or three microseconds. Layers of the same shapes share a line; `calls`
  says how many. The first steps, which meet fresh memory, are left out.

Give the machine nothing else to do.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "peers"))
import peak
import with_fernet
from inputs import samples
from kernel_calls import Part, describe
from machine import cores, description, load_average
from programs import count, run
from sizes import BATCH, RESNET_BATCH
from threadpoolctl import threadpool_limits

from fernet import FERCNNClassifier, _kernels
from fernet._engine import program
from fernet._kernels import reference
from fernet._training.trainer import Trainer

NETWORKS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "vgg": (with_fernet.cnn, BATCH, 20),
    "compact": (with_fernet.compact, BATCH, 20),
    "detailed": (with_fernet.detailed, BATCH, 20),
    "resnet50": (with_fernet.resnet50, RESNET_BATCH, 8),
    "mlp": (with_fernet.mlp, BATCH, 200),
}
"""Estimator, rows of a batch, steps to time."""
WARM_UP = 3
WIDTHS = (44, 6, 9, 9, 7, 13, 8)
HEADINGS = ("calls", "ms", "best", "share", "rate", "of peak")


class Clock:
    """Times of the kernels' calls, step by step."""

    def __init__(self) -> None:
        self.parts: dict[tuple, Part] = {}
        self.steps: list[float] = []
        self.calls: list[dict[Part, list[float]]] = []
        self._current: dict[Part, list[float]] | None = None

    def timed_kernel(self, name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        signature = getattr(reference, name, kernel)

        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            result = kernel(*args, **kwargs)
            elapsed = 1e3 * (time.perf_counter() - start)
            if self._current is not None:
                values = (*args, *kwargs.values())
                key = (name, *(value.shape for value in values if hasattr(value, "shape")))
                if key not in self.parts:
                    self.parts[key] = describe(signature, name, args, kwargs)
                self._current[self.parts[key]].append(elapsed)
            return result

        return call

    def timed_step(self, run_step: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            self._current = defaultdict(list)
            start = time.perf_counter()
            result = run_step(*args)
            self.steps.append(1e3 * (time.perf_counter() - start))
            self.calls.append(self._current)
            self._current = None
            return result

        return call

    def sums(self, parts: Iterable[Part]) -> list[float]:
        """Return, for each step, the milliseconds spent in these parts."""
        chosen = list(parts)
        return [sum(sum(calls.get(part, ())) for part in chosen) for calls in self.calls]


def kernel_names() -> list[str]:
    """Name the public kernels that work on arrays, in place of those that choose and ask."""
    families = (
        "conv2d_forward", "conv2d_pool_forward", "conv2d_backward", "linear_", "max_pool_",
        "global_avg_pool_", "batch_norm_", "add_forward",
        "dropout_", "relu_", "softmax_", "sgd_", "adam_", "ema_", "sum_of_squares", "scale_inplace",
        "gather_", "affine_gather",
    )  # fmt: skip
    return [name for name in _kernels.__all__ if name.startswith(families)]


def conv2d_backward_apart(
    x, dy, weight, dx, dweight, dbias, stride, padding, relu_x=None, algorithm="auto"
) -> None:
    """Compute both gradients by the kernels of each."""
    how = {"stride": stride, "padding": padding, "algorithm": algorithm}
    _kernels.conv2d_backward_params(x, dy, dweight, dbias, **how)
    _kernels.conv2d_backward_input(dy, weight, dx, relu_x=relu_x, **how)


def train(
    network: str, steps: int, threads: int, augmentation: str | None, *, apart: bool = False
) -> Clock:
    """Train for so many steps with all kernels timed."""
    make, batch, _ = NETWORKS[network]
    clock = Clock()
    # Augmentation's brightness is in the unit of whole pixels.
    dtype = "float32" if network == "mlp" and augmentation is None else "uint8"
    X, y = samples(dtype, batch * (steps + WARM_UP))
    program.plays_tapes = False  # they call kernels behind the clock's back
    for name in kernel_names():
        setattr(_kernels, name, clock.timed_kernel(name, getattr(_kernels, name)))
    if apart:
        _kernels.conv2d_backward = conv2d_backward_apart
    Trainer.run_step = clock.timed_step(Trainer.run_step)
    with threadpool_limits(threads):
        make(max_iter=1, augmentation=augmentation).fit(X, y)
    del clock.steps[:WARM_UP], clock.calls[:WARM_UP]
    return clock


def most_memory() -> float:
    """Return the most that this process has ever held, in MiB."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def row(cells: Iterable[str]) -> str:
    first, *rest = cells
    numbers = (f"{cell:>{width}}" for cell, width in zip(rest, WIDTHS[1:], strict=False))
    return f"| {first:<{WIDTHS[0]}} | {' | '.join(numbers)} |"


def head(title: str) -> str:
    return f"{row((title, *HEADINGS))}\n|---{'|---:' * len(HEADINGS)}|"


def line(label: str, parts: list[Part], clock: Clock, peaks: peak.Peaks) -> str:
    """Report parts of a step together."""
    times = clock.sums(parts)
    ms, step = statistics.median(times), statistics.median(clock.steps)
    n_calls = {part: len(clock.calls[-1].get(part, ())) for part in parts}
    if all(part.flops for part in parts):
        rate = sum(part.flops * n for part, n in n_calls.items()) / ms / 1e6
        speed, limit = f"{rate:.0f} GFLOP/s", peaks.gflops
    else:
        rate = sum(part.n_bytes * n for part, n in n_calls.items()) / ms / 1e6
        speed, limit = f"{rate:.0f} GB/s", peaks.copy
    numbers = (f"{ms:.3f}", f"{min(times):.3f}", f"{100 * ms / step:.1f} %")
    return row((label, str(sum(n_calls.values())), *numbers, speed, f"{100 * rate / limit:.0f} %"))


def tables(clock: Clock, peaks: peak.Peaks) -> str:
    step = statistics.median(clock.steps)
    known = [part for part in dict.fromkeys(clock.parts.values()) if any(clock.sums([part]))]
    groups: dict[str, list[Part]] = defaultdict(list)
    for part in known:
        groups[part.group].append(part)

    def cost(parts: list[Part]) -> float:
        return -statistics.median(clock.sums(parts))

    lines = [head("work")]
    lines += [
        line(g, groups[g], clock, peaks) for g in sorted(groups, key=lambda g: cost(groups[g]))
    ]
    kernels = statistics.median(clock.sums(known))
    rest = [whole - inside for whole, inside in zip(clock.steps, clock.sums(known), strict=True)]
    for label, ms, best in (
        ("all kernels", kernels, min(clock.sums(known))),
        ("between the kernels", statistics.median(rest), min(rest)),
        ("step", step, min(clock.steps)),
    ):
        lines.append(
            row((label, "", f"{ms:.3f}", f"{best:.3f}", f"{100 * ms / step:.1f} %", "", ""))
        )
    lines += ["", head("kernel and layer")]
    lines += [line(p.label, [p], clock, peaks) for p in sorted(known, key=lambda p: cost([p]))]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", nargs="?", choices=NETWORKS, default="vgg")
    parser.add_argument("--threads", type=count, default=cores(), help="(%(default)s)")
    parser.add_argument("--steps", type=count, help="to time; by default 20, ResNet-50 8, MLP 200")
    parser.add_argument("--augmentation", choices=["flip", "standard"])
    parser.add_argument("--apart", action="store_true", help="a convolution's gradients one by one")
    args = parser.parse_args()
    if (load := load_average()) > 0.5:
        print(f"The machine is busy (load {load:.1f}): don't trust these times.", file=sys.stderr)
    steps = args.steps or NETWORKS[args.network][2]
    FERCNNClassifier()  # fernet loads its parts when they are first used
    before = most_memory()
    clock = train(args.network, steps, args.threads, args.augmentation, apart=args.apart)
    memory = most_memory()
    peaks = peak.measure(args.threads)
    print("\n".join(f"{name}: {value}" for name, value in description().items()))
    batch = NETWORKS[args.network][1]
    print(f"{args.network}, batches of {batch}, {args.threads} threads, {steps} steps")
    print(f"peaks: {peaks}")
    print(f"most memory of this process: {memory:.0f} MiB, imports alone {before:.0f} MiB\n")
    print(tables(clock, peaks))


if __name__ == "__main__":
    run(main)
