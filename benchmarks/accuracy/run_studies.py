#!/usr/bin/env python3
"""Accuracies on the real data sets: the report's sections 4 to 7.2, and what goes beyond it.

    python benchmarks/accuracy/run_studies.py DATA                       # all studies: many hours
    python benchmarks/accuracy/run_studies.py DATA --study fer-report --seed 0 --seed 1 --seed 2
    python benchmarks/accuracy/run_studies.py DATA --study cnn-best --seed 0 --work runs/studies
    python benchmarks/accuracy/run_studies.py DATA --study resnet50 --seed 0 --limit 500 --epochs 2

DATA is a folder with ``fer2013.csv`` and ``cifar-10-batches-bin/``. Each study prints a line a
seed and their mean. A tenth of FER2013's Training is kept for validation; PublicTest is looked at
at the end. With --work a study that was killed goes on when it is run again. A trial cut short by
--limit or --epochs says so on its line.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent / "studies"))
import add_class
import cnn
import mlp
from programs import count, run, seed
from trial import Trial

STUDIES = mlp.STUDIES | cnn.STUDIES | add_class.STUDIES


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--study", action="append", choices=STUDIES, help="by default all")
    parser.add_argument("--seed", action="append", type=seed, help="by default 0, 1 and 2")
    parser.add_argument("--work", type=Path, help="folder for checkpoints, to go on after a kill")
    parser.add_argument("--limit", type=count, help="rows of Training, for a short trial")
    parser.add_argument("--epochs", type=count, help="most epochs of each fit, for a short trial")
    args = parser.parse_args()
    for name in args.study or STUDIES:
        results = []
        for number in args.seed or (0, 1, 2):
            trial = Trial(name, args.data, number, args.work, args.limit, args.epochs)
            started = time.perf_counter()
            accuracy, remark = STUDIES[name](trial)
            results.append(accuracy)
            seconds = time.perf_counter() - started
            print(f"{trial}: {accuracy:.2f} % ({remark}; {seconds:.0f} s)", flush=True)
        mean, spread = statistics.mean(results), np.ptp(results)
        print(f"{name} mean{trial.remark}: {mean:.2f} % (range {spread:.2f})", flush=True)


if __name__ == "__main__":
    run(main)
