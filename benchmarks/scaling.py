#!/usr/bin/env python3
"""How much faster more threads would be: a model from one core's times.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --works cnn-step mlp-step --threads 1 8 32 --json scaling.json
    FERNET_ISA=avx2 python benchmarks/scaling.py --worst 16

For each number of threads T the kernels cut their work as they would for T, but one thread runs
all tasks, and the pool notes how long each takes. Then T threads are imagined: whoever is free
takes the next task, a job costs (1 + 0.15 t) microseconds to hand out to the t threads that it has
tasks for, as no others are woken, and what is between the jobs waits for nobody. Each time is the
least of several repetitions, and leaves out what other processes took meanwhile, so that a busy
machine does little harm.

What the model leaves out makes it an upper bound: threads share memory's bandwidth, the last cache
and perhaps a core's multipliers, and what one has written another fetches. Where this machine has
more cores, up to their number the times are measured as well and printed beside it.

Prints a table of speed-ups, and at `--worst` threads the jobs that lose most to idle threads, and
before which jobs one thread keeps the others waiting longest.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "peers"))
import with_fernet
from inputs import images, samples
from kernel_calls import describe
from machine import description
from programs import count, run
from sizes import BATCH

from fernet import FERCNNClassifier, _kernels
from fernet._engine import program
from fernet._engine.session import Session
from fernet._kernels import reference, runtime
from fernet._training.trainer import Trainer

THREADS = (1, 2, 4, 8, 16, 32, 64)
WARM_UP = 2
N_WORST = 5
ROOM = 34
"""Columns of a table's first cell."""


@dataclass(frozen=True)
class Job:
    """One call of the pool.

    Parameters
    ----------
    label : str
        The kernel at its layer, and the task.
    tasks : tuple of float
        Nanoseconds of each.
    gap : float
        Nanoseconds since the job before it.
    """

    label: str
    tasks: tuple[float, ...]
    gap: float

    def span(self, n_threads: int) -> float:
        """Return the nanoseconds that it takes `n_threads`."""
        if n_threads == 1 or len(self.tasks) == 1:
            return sum(self.tasks)
        free = [0.0] * min(n_threads, len(self.tasks))
        for task in self.tasks:
            heapq.heapreplace(free, free[0] + task)
        return max(free) + 1000 + 150 * len(free)

    def loss(self, n_threads: int) -> float:
        """Return the nanoseconds that it takes longer than if all threads had shared it evenly."""
        return self.span(n_threads) - sum(self.tasks) / n_threads


@dataclass(frozen=True)
class Record:
    """One run of some work, cut for a number of threads.

    Parameters
    ----------
    jobs : tuple of Job
        In order.
    end_gap : float
        Nanoseconds behind the last of them.
    """

    jobs: tuple[Job, ...]
    end_gap: float

    @property
    def gaps(self) -> float:
        """Nanoseconds between the jobs."""
        return self.end_gap + sum(job.gap for job in self.jobs)

    def span(self, n_threads: int) -> float:
        """Return the nanoseconds that all of it takes `n_threads`."""
        return self.gaps + sum(job.span(n_threads) for job in self.jobs)


def least(records: Sequence[Record]) -> Record:
    """Take each time from the run in which it was least.

    >>> runs = [Record((Job("a", (3, 1), 5),), 2), Record((Job("a", (2, 4), 6),), 1)]
    >>> least(runs)
    Record(jobs=(Job(label='a', tasks=(2, 1), gap=5),), end_gap=1)
    """
    if len({tuple(len(job.tasks) for job in record.jobs) for record in records}) > 1:
        raise ValueError("the runs of the same work cut it into different tasks")
    jobs = [
        Job(
            same[0].label,
            tuple(min(times) for times in zip(*(job.tasks for job in same), strict=True)),
            min(job.gap for job in same),
        )
        for same in zip(*(record.jobs for record in records), strict=True)
    ]
    return Record(tuple(jobs), min(record.end_gap for record in records))


class Labels:
    """The kernel that is under way, by the layer that it is for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note all kernels' calls within, which no tape makes meanwhile."""
        names = [name for name in _kernels.__all__ if hasattr(reference, name)]
        kernels = {name: getattr(_kernels, name) for name in names}
        for name, kernel in kernels.items():
            setattr(_kernels, name, self._noting(name, kernel))
        program.plays_tapes = False
        try:
            yield
        finally:
            program.plays_tapes = True
            for name, kernel in kernels.items():
                setattr(_kernels, name, kernel)

    def _noting(self, name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            label = describe(getattr(reference, name), name, args, kwargs).label
            self.calls.append((label, time.monotonic_ns()))
            return kernel(*args, **kwargs)

        return call

    def of(self, starts: Sequence[int]) -> list[str]:
        """Return the label of the jobs that began at these times."""
        labels, calls = [], [("", 0), *self.calls]
        at = 0
        for start in starts:
            while at + 1 < len(calls) and calls[at + 1][1] <= start:
                at += 1
            labels.append(calls[at][0])
        return labels


def recorded(work: Callable[[], object], labels: Sequence[str] | None) -> tuple[Record, list[int]]:
    """Run some work and record its jobs; return also when each began."""
    runtime.start_recording()
    try:
        work()
    finally:
        *jobs, (_, _, end_gap, _) = runtime.end_recording()
    known = [""] * len(jobs) if labels is None else labels
    made = [
        Job(f"{label}: {name}", tuple(tasks), gap)
        for (name, _, gap, tasks), label in zip(jobs, known, strict=True)
    ]
    return Record(tuple(made), end_gap), [job[1] for job in jobs]


def record(work: Callable[[], object], n_threads: int, repeat: int) -> Record:
    """Record some work, cut for `n_threads`."""
    _kernels.set_num_threads(n_threads)
    labels = Labels()
    for _ in range(WARM_UP):
        recorded(work, None)
    with labels.noted():
        _, starts = recorded(work, None)
    of_jobs = labels.of(starts)
    return least([recorded(work, of_jobs)[0] for _ in range(repeat)])


def measured(work: Callable[[], object], n_threads: int, repeat: int) -> float:
    """Return the least nanoseconds that the work takes on so many threads."""
    _kernels.set_num_threads(n_threads)
    times = []
    for _ in range(WARM_UP + repeat):
        start = time.monotonic_ns()
        work()
        times.append(time.monotonic_ns() - start)
    return float(min(times[WARM_UP:]))


# -- works ---------------------------------------------------------------------------------


def training_step(estimator: Any, dtype: str) -> Callable[[], object]:
    """Return a function that trains on one batch."""
    X, y = samples(dtype, 2 * BATCH)
    kept: list[tuple[Trainer, Any]] = []
    original = Trainer.run_step

    def keep(trainer: Trainer, indices: Any) -> int:
        kept.append((trainer, indices))
        return original(trainer, indices)

    Trainer.run_step = keep  # type: ignore[method-assign]
    try:
        estimator.fit(X, y)
    finally:
        Trainer.run_step = original  # type: ignore[method-assign]
    trainer, indices = kept[0]
    return lambda: trainer.run_step(indices)


def forward(n_images: int) -> Callable[[], object]:
    """Return a function that sends images through the report's CNN."""
    session = Session(with_fernet.cnn(max_iter=1).fit(*samples("uint8", BATCH)).network_)
    x = images(n_images)
    return lambda: session.predict(x)


WORKS: dict[str, Callable[[], Callable[[], object]]] = {
    "cnn-step": lambda: training_step(with_fernet.cnn(max_iter=1), "uint8"),
    "mlp-step": lambda: training_step(with_fernet.mlp(max_iter=1), "float32"),
    "forward-1": lambda: forward(1),
    "forward-100": lambda: forward(100),
    "forward-256": lambda: forward(256),
}
QUICK = {"mlp-step": 20, "forward-1": 20}
"""Works of a few milliseconds are repeated so many times as often."""


# -- tables --------------------------------------------------------------------------------


def row(first: str, cells: Iterable[str]) -> str:
    return f"| {first:<{ROOM}} | {' | '.join(f'{cell:>16}' for cell in cells)} |"


def head(first: str, cells: Sequence[str]) -> str:
    return f"{row(first, cells)}\n|---{'|---:' * len(cells)}|"


def speedup_table(title: str, spans: dict[str, dict[int, float]], threads: Sequence[int]) -> str:
    """Return milliseconds and speed-ups, a line for each number of threads."""
    lines = [head(title, list(spans))]
    for n in threads:
        cells = [
            f"{by[n] / 1e6:.2f} ({by[min(by)] / by[n]:.1f})" if n in by else ""
            for by in spans.values()
        ]
        lines.append(row(str(n), cells))
    return "\n".join(lines)


def worst_table(work: str, worst: Record, n_threads: int) -> str:
    """Return the jobs that lose most, those of one label together, and what is between the jobs."""
    losses: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    tasks: Counter[str] = Counter()
    total = worst.span(n_threads)
    for job in worst.jobs:
        losses[job.label] += job.loss(n_threads)  # type: ignore[assignment]
        calls[job.label] += 1
        tasks[job.label] += len(job.tasks)
    lines = [head(f"{work}, {n_threads} threads", ("calls", "tasks a call", "lost, ms", "of all"))]
    for label, loss in losses.most_common(N_WORST):
        each = tasks[label] / calls[label]
        cells = (
            str(calls[label]),
            f"{each:.0f}",
            f"{loss / 1e6:.2f}",
            f"{100 * loss / total:.0f} %",
        )
        lines.append(row(label, cells))
    share = 100 * worst.gaps / total
    lines.append(
        row(
            "between the jobs",
            (str(len(worst.jobs)), "", f"{worst.gaps / 1e6:.2f}", f"{share:.0f} %"),
        )
    )
    return "\n".join(lines)


def gap_table(work: str, worst: Record, n_threads: int) -> str:
    """Return what the work spends most time on between the jobs, by the job that comes next."""
    gaps: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    total = worst.span(n_threads)
    for job in worst.jobs:
        gaps[job.label] += job.gap  # type: ignore[assignment]
        calls[job.label] += 1
    gaps["the end"], calls["the end"] = worst.end_gap, 1  # type: ignore[assignment]
    lines = [head(f"{work}, on one thread before", ("times", "in all, ms", "of all"))]
    for label, gap in gaps.most_common(N_WORST):
        lines.append(
            row(label, (str(calls[label]), f"{gap / 1e6:.3f}", f"{100 * gap / total:.0f} %"))
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--works", nargs="+", choices=WORKS, default=list(WORKS), metavar="WORK",
                        help=f"of {', '.join(WORKS)}")  # fmt: skip
    parser.add_argument("--threads", nargs="+", type=count, default=THREADS, metavar="T",
                        help=f"({' '.join(map(str, THREADS))})")  # fmt: skip
    parser.add_argument("--repeat", type=count, default=5, help="runs of which the least counts")
    parser.add_argument(
        "--worst", type=count, default=32, metavar="T", help="tell what loses there"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write {work: {T: speed-up}}")
    args = parser.parse_args()
    if args.json is not None and not os.access(args.json.parent, os.W_OK):
        parser.error(f"--json {args.json}: {args.json.parent} is no folder that can be written to")
    FERCNNClassifier()  # fernet loads its parts when they are first used
    cores = _kernels.get_num_threads()
    threads = sorted({1, *args.threads})
    few = [n for n in threads if n <= cores]
    spans: dict[str, dict[int, float]] = {}
    seen: dict[str, dict[int, float]] = {}
    worst = []
    for name in args.works:
        _kernels.set_num_threads(1)
        work, repeat = WORKS[name](), args.repeat * QUICK.get(name, 1)
        records = {n: record(work, n, repeat) for n in sorted({*threads, args.worst})}
        spans[name] = {n: records[n].span(n) for n in threads}
        seen[name] = {n: measured(work, n, repeat) for n in few}
        worst += [
            table(name, records[args.worst], args.worst) for table in (worst_table, gap_table)
        ]
    print("\n".join(f"{key}: {value}" for key, value in description().items()))
    print(f"load: {os.getloadavg()[0]:.1f}\n")
    print(speedup_table("threads, by the model: ms (times)", spans, threads))
    if cores > 1:
        print(f"\n{speedup_table('threads, measured: ms (times)', seen, few)}")
    print("\n" + "\n\n".join(worst))
    if args.json is not None:
        ratios = {name: {n: by[1] / by[n] for n in by} for name, by in spans.items()}
        args.json.write_text(json.dumps(ratios, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
