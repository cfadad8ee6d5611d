#!/usr/bin/env python3
"""Time fernet beside the other libraries that are installed, on this machine.

    python benchmarks/compare.py                                  # all tasks, all libraries
    python benchmarks/compare.py --task mlp-train --threads 2 --rounds 7 --json
    python benchmarks/compare.py --python torch=/path/to/python   # torch lives elsewhere
    python benchmarks/compare.py --avx2 --task cnn-train          # as if there were no AVX-512

Each measurement is a process of its own, so that no library's threads disturb another's. In each
round the libraries take turns, so that a slow spell of the machine hits all; the median over the
rounds counts, and what to quote is the ratio. Each figure is told on stderr as it comes, so that a
run that is cut short has not been for nothing; so is what is left out, and why. Ends with 1 if a
measurement failed, or there is none. Leave the machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "peers"))
from machine import cores, description, load_average
from programs import count, run
from worker import LIBRARIES, MISSING, SKIPPED, TASKS

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
PACKAGES = [library for library in LIBRARIES if not library.endswith("-bf16")]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", action="append", choices=TASKS, help="by default all")
    parser.add_argument("--library", action="append", choices=LIBRARIES, help="by default all")
    parser.add_argument("--threads", type=count, default=cores(), help="(%(default)s)")
    parser.add_argument("--rounds", type=count, default=5, help="(%(default)s)")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        type=library_and_program,
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


def library_and_program(text: str) -> tuple[str, str]:
    """Read which Python has a library."""
    library, _, program = text.partition("=")
    if library not in PACKAGES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not LIBRARY=PROGRAM, with one of {', '.join(PACKAGES)}"
        )
    if shutil.which(program) is None:
        raise argparse.ArgumentTypeError(f"{program!r} is no program")
    return library, program


def environment_for_all(avx2: bool) -> dict[str, str]:
    """Return the environment that every measurement runs in."""
    environment = {name: value for name, value in os.environ.items() if name not in PINS}
    return environment | AVX2 if avx2 else environment


@dataclass
class Comparison:
    """What is measured, and what has come of it."""

    threads: int
    programs: dict[str, str]
    environment: dict[str, str]
    csv: Path
    ms: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    failed: bool = False

    def measure(self, task: str, libraries: list[str], rounds: int) -> None:
        """Have the libraries take turns."""
        found: dict[str, list[float]] = {library: [] for library in libraries}
        absent = set(self.missing)
        for turn in range(rounds):
            first = turn % len(libraries)
            for library in libraries[first:] + libraries[:first]:
                if library in absent:
                    continue
                ms = self._measure_once(task, library)
                if ms is None:
                    absent.add(library)
                    continue
                found[library].append(ms)
                print(f"{task}, round {turn + 1}: {library} {ms:.3f} ms", file=sys.stderr)
        self.ms[task] = {library: values for library, values in found.items() if values}

    def _measure_once(self, task: str, library: str) -> float | None:
        """Milliseconds, or None if the library is not there, has no such task or fails."""
        program = self.programs.get(library.removesuffix("-bf16"), sys.executable)
        options = ["--threads", str(self.threads), "--csv", str(self.csv)]
        code, out, err = finished([program, str(WORKER), library, task, *options], self.environment)
        if code in (SKIPPED, MISSING):
            print(f"{task}: {library} is left out: {err.strip()}", file=sys.stderr)
            if code == MISSING:
                self.missing.add(library)
            return None
        if code != 0:
            print(f"{task}: {library} failed with {code}:\n{err}", file=sys.stderr)
            self.failed = True
            return None
        answer = json.loads(out.splitlines()[-1])
        self.versions[library] = answer["version"]
        return float(answer["ms"])


def finished(command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    """Run a program to its end; where this one is interrupted, end it and its own children."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        command, env=environment, text=True, start_new_session=True, **pipes
    ) as worker:
        try:
            out, err = worker.communicate()
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGTERM)
            worker.wait()
            raise
    return worker.returncode, out, err


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


def main() -> int:
    args = parse_arguments()
    load = load_average()
    if args.avx2:
        os.environ["FERNET_ISA"] = AVX2["FERNET_ISA"]  # for the description of the machine
    machine = description()
    if load > 0.5:
        print(f"The machine is busy (load {load:.1f}): don't trust these times.", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(
            args.threads,
            dict(args.python),
            environment_for_all(args.avx2),
            Path(folder) / "fer2013.csv",
        )
        for task in args.task or TASKS:
            comparison.measure(task, args.library, args.rounds)
    tell(comparison, machine, load, args)
    return int(comparison.failed or not any(comparison.ms.values()))


def tell(
    comparison: Comparison, machine: dict[str, str], load: float, args: argparse.Namespace
) -> None:
    """Print what was measured, on what."""
    ms, versions = comparison.ms, comparison.versions
    if args.json:
        document = {
            "machine": machine,
            "versions": versions,
            "threads": args.threads,
            "rounds": args.rounds,
            "load": load,
            "ms": ms,
        }
        print(json.dumps(document, indent=1))
        return
    print("\n".join(f"{name}: {value}" for name, value in machine.items()))
    print(f"threads: {args.threads}, rounds: {args.rounds}, load at the start: {load:.1f}")
    print(f"libraries: {', '.join(f'{name} {version}' for name, version in versions.items())}\n")
    print(table(ms) if any(ms.values()) else "nothing was measured")


if __name__ == "__main__":
    run(main)
