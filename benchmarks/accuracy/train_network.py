#!/usr/bin/env python3
"""Train one network on FER2013, judge it, and keep what came out as a line of runs.jsonl.

    python benchmarks/accuracy/train_network.py DATA varied
    python benchmarks/accuracy/train_network.py DATA varied --seed 1 --set max_iter=120
    python benchmarks/accuracy/train_network.py DATA fast --validate --set "augmentation='robust'"

DATA is a folder with ``fer2013.csv``; the network is one that ``fernet train --model`` takes, but
for those that are trained more than once. Without --validate it learns all of Training, and
PublicTest is the judge of the last weights, whatever they score. To choose settings, --validate
keeps a tenth of Training apart and never looks at PublicTest. The training goes on from its
checkpoint when the same command is run again, and ``seconds`` are those of all its epochs. The
line's ``verdict`` is for you to fill in: kept or dropped, and why.
"""

from __future__ import annotations

import argparse
import ast
import json
import platform
import sys
from pathlib import Path
from typing import Any, TextIO

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from programs import run, seed

from fernet import FERCNNClassifier, FERMLPClassifier, save_model
from fernet.cli.train.fitting import make_estimator
from fernet.cli.train.recipes import CONFIGURATIONS, MODELS, expand, settings
from fernet.datasets import load_fer2013
from fernet.metrics import robustness_report

LOG = Path(__file__).with_name("runs.jsonl")
APART = 10
"""With --validate, every so manieth image of Training judges."""
OWN = ("checkpoint", "random_state", "verbose")
"""Parameters that are this program's to set."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of fer2013.csv")
    parser.add_argument("model", choices=(*CONFIGURATIONS, *MODELS), help="the network")
    parser.add_argument("--seed", type=seed, default=0, help="(%(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="another value, as Python writes it, of a parameter")  # fmt: skip
    parser.add_argument("--validate", action="store_true", help="judge by a tenth of Training")
    parser.add_argument("--work", type=Path, default=Path("runs/accuracy"),
                        help="folder of checkpoints and models (%(default)s)")  # fmt: skip
    args = parser.parse_args()

    changes = dict(_setting(text) for text in args.set)
    _open_log().close()  # it is written to after hours
    faces, judges = _faces(args.data / "fer2013.csv", validate=args.validate)
    args.work.mkdir(parents=True, exist_ok=True)
    name = "-".join([args.model, *args.set, f"seed-{args.seed}"]).replace("/", "_")
    name += "-validate" * args.validate
    estimator = _estimator(args.model, changes, args.seed)
    estimator.set_params(checkpoint=args.work / f"{name}.checkpoint")
    estimator.fit(*faces)
    estimator.set_params(checkpoint=None)
    save_model(estimator, args.work / f"{name}.safetensors")
    line = {
        "network": args.model,
        "changes": changes,
        "seed": args.seed,
        "machine": _processor(),
        "seconds": round(sum(estimator.history_.epochs["seconds"])),
        "epochs": estimator.n_iter_,
        **_figures(estimator, judges),
        "verdict": "",
    }
    print(json.dumps(line, indent=1), flush=True)
    with _open_log() as log:
        log.write(json.dumps(line) + "\n")


def _open_log() -> TextIO:
    return LOG.open("a", encoding="utf-8")


def _setting(text: str) -> tuple[str, Any]:
    """Read ``width=96`` or ``schedule='cosine'``: a parameter and a Python value."""
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        raise ValueError(
            f"--set {text}: expected NAME=VALUE, the value as Python writes it, such as "
            "width=96 or schedule='cosine'"
        ) from None


def _estimator(
    model: str, changes: dict[str, Any], seed: int
) -> FERMLPClassifier | FERCNNClassifier:
    # To the commands None is what was not given, and the word is no value.
    told = {name: "none" if value is None else value for name, value in changes.items()}
    kind, recipe, given = expand(model, None, told)
    estimator = FERMLPClassifier if kind == "mlp" else FERCNNClassifier
    known = estimator().get_params().keys() - set(OWN)
    if unknown := changes.keys() - known:
        raise ValueError(
            f"--set {', '.join(sorted(unknown))}: expected parameters of {estimator.__name__}: "
            f"{', '.join(sorted(known))}"
        )
    chosen = settings(recipe, given | {"validation_fraction": 0.0}, kind)
    return make_estimator(kind, chosen, seed, verbose=1)


def _faces(path: Path, *, validate: bool) -> tuple[tuple, dict[str, tuple]]:
    """Return what to learn, and by what name what judges."""
    X, y = load_fer2013(path, "Training", return_X_y=True)
    if validate:
        apart = np.arange(len(X)) % APART == 0
        judge = _fresh(X[apart], y[apart], X[~apart])
        return (X[~apart], y[~apart]), {"validation": judge}
    public = load_fer2013(path, "PublicTest", return_X_y=True)
    return (X, y), {"PublicTest": public, "PublicTest, fresh": _fresh(*public, X)}


def _fresh(X: np.ndarray, y: np.ndarray, learnt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out images that stand among those learnt, as FER2013 was handed out."""
    known = {image.tobytes() for image in learnt}
    fresh = np.array([image.tobytes() not in known for image in X])
    return X[fresh], y[fresh]


def _figures(model: Any, judges: dict[str, tuple]) -> dict[str, float]:
    """Return accuracies in percent."""
    figures = {name: model.score(X, y) for name, (X, y) in judges.items()}
    X, y = next(iter(judges.values()))
    report = robustness_report(model, X, y)
    figures["worse faces, reference"] = report.reference_mean
    figures["worse faces, all levels"] = report.mean_corruption_accuracy
    return {name: round(100 * value, 2) for name, value in figures.items()}


def _processor() -> str:
    """Name the processor as the system does, and how many threads the training had."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        fields = {name.strip(): value.strip() for name, value in fields.items()}
        name = f"{fields.get('model name', name)}, family {fields.get('cpu family')}"
        name += f", model {fields.get('model')}"
    from fernet import _kernels

    return f"{name}, {_kernels.get_num_threads()} threads, {_kernels.selected_isa()}"


if __name__ == "__main__":
    run(main)
