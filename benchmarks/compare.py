#!/usr/bin/env python3
"""Time fernet beside the other libraries that are installed, on this machine.

    python benchmarks/compare.py                                  # all tasks, all libraries
    python benchmarks/compare.py --task mlp-train --threads 2 --rounds 7 --json
    python benchmarks/compare.py --python torch=/path/to/python   # torch lives elsewhere
    python benchmarks/compare.py --avx2 --task cnn-train          # as if there were no AVX-512

Each measurement is a process of its own, so that no library's threads disturb another's. In each
round the libraries take turns, so that a slow spell of the machine hits all; the median over the
rounds counts, and what to quote is the ratio. Each figure is told on stderr as it comes, so that a
run that is cut short has not been for nothing. Leave the machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from machine import description, load_average
from worker import LIBRARIES, SKIPPED, TASKS

WORKER = Path(__file__).parent / "peers" / "worker.py"
# OpenBLAS would take slower kernels, or joblib's workers too many threads, where these are set.
PINS = (
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)  # fmt: skip
# What limits each library to AVX2, if anything does. ONNX Runtime and pandas have no such setting;
# nor has the part of TensorFlow that is compiled ahead, but its convolutions are oneDNN's.
AVX2 = {
    "FERNET_ISA": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
LIMITED_BY_AVX2 = ("fernet", "torch", "sklearn", "tensorflow", "scipy")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", action="append", choices=TASKS, help="by default all")
    parser.add_argument("--library", action="append", choices=LIBRARIES, help="by default all")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="LIBRARY=PROGRAM",
        help="the Python that has a library, where it is not this one",
    )
    parser.add_argument("--avx2", action="store_true", help="limit all to AVX2")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args()
    if args.library is None:
        args.library = list(LIMITED_BY_AVX2 if args.avx2 else LIBRARIES)
    if args.avx2 and (free := set(args.library) - set(LIMITED_BY_AVX2)):
        parser.error(f"--avx2 does not limit {', '.join(sorted(free))}")
    return args


def environment_for_all(avx2: bool) -> dict[str, str]:
    """Return the environment that every measurement runs in."""
    environment = {name: value for name, value in os.environ.items() if name not in PINS}
    return environment | AVX2 if avx2 else environment


def measure(
    program: str, library: str, task: str, threads: int, csv: Path, environment: dict[str, str]
) -> float | None:
    """Milliseconds, or None if the library is not there or has no such task."""
    command = [program, str(WORKER), library, task, "--threads", str(threads), "--csv", str(csv)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    if run.returncode == SKIPPED:
        return None
    if run.returncode != 0:
        print(f"{library}, {task} failed:\n{run.stderr}", file=sys.stderr)
        return None
    return float(json.loads(run.stdout.splitlines()[-1])["ms"])


def measure_all(args: argparse.Namespace, csv: Path) -> dict[str, dict[str, list[float]]]:
    programs = dict(entry.split("=", 1) for entry in args.python)
    libraries, environment = args.library, environment_for_all(args.avx2)
    times: dict[str, dict[str, list[float]]] = {}
    for task in args.task or TASKS:
        found: dict[str, list[float]] = defaultdict(list)
        absent: set[str] = set()
        for turn in range(args.rounds):
            first = turn % len(libraries)
            for library in libraries[first:] + libraries[:first]:
                if library in absent:
                    continue
                program = programs.get(library.removesuffix("-bf16"), sys.executable)
                ms = measure(program, library, task, args.threads, csv, environment)
                if ms is None:
                    absent.add(library)
                    continue
                found[library].append(ms)
                print(f"{task}, round {turn + 1}: {library} {ms:.3f} ms", file=sys.stderr)
        times[task] = {library: found[library] for library in libraries if found[library]}
    return times


def table(times: dict[str, dict[str, list[float]]]) -> str:
    lines = [f"{'task':<22} {'library':<12} {'median ms':>10} {'min':>9} {'max':>9}  beside fernet"]
    for task, found in times.items():
        own = statistics.median(found["fernet"]) if "fernet" in found else None
        for library, values in found.items():
            middle = statistics.median(values)
            ratio = f"{middle / own:13.2f}x" if own else ""
            numbers = f"{middle:10.3f} {min(values):9.3f} {max(values):9.3f}"
            lines.append(f"{task:<22} {library:<12} {numbers} {ratio}")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    args = parse_arguments()
    load = load_average()
    if args.avx2:
        os.environ["FERNET_ISA"] = AVX2["FERNET_ISA"]  # for the description of the machine
    if load > 0.5:
        print(f"The machine is busy (load {load:.1f}): don't trust these times.", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        times = measure_all(args, Path(folder) / "fer2013.csv")
    if args.json:
        document = {"machine": description(), "threads": args.threads, "load": load, "ms": times}
        print(json.dumps(document, indent=1))
        return
    print("\n".join(f"{name}: {value}" for name, value in description().items()))
    print(f"threads: {args.threads}, rounds: {args.rounds}, load at the start: {load:.1f}\n")
    print(table(times))


if __name__ == "__main__":
    main()
