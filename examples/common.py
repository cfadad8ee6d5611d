"""What the examples share: options, data, the report's training, tables, pictures, verdicts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from PIL import Image
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from programs import count, run  # noqa: F401  (the examples take them from here)

from fernet import FERMLPClassifier
from fernet.architectures import ARCHITECTURES
from fernet.datasets import load_cifar10, load_fer2013, make_faces
from fernet.metrics import PerEmotionReport, confusion_table, per_emotion_report_from_confusion
from fernet.model_selection import (
    CoordinateSearchCV,
    join_validation,
    report_scoring,
    report_table,
)

try:
    from matplotlib.figure import Figure
except ImportError as error:
    raise SystemExit(
        'the examples need matplotlib; install it with: pip install ".[examples]"'
    ) from error

REPORT: dict[str, Any] = {
    "hidden_layer_sizes": (512, 256),
    "learning_rate_init": 0.01,
    "momentum": 0.9,
    "batch_size": 100,
    "max_iter": 50,
    "early_stopping": True,
    "n_iter_no_change": 10,
    # The report does not tell how it scaled pixels; 3 did best in validation.
    "scaled_std": 3.0,
}
"""The training of the report's section 5, before anything is tuned."""

TUNED = REPORT | {"dropout": 0.01, "weight_decay": 0.01, "learning_rate_decay": 0.95}
"""The report's section 5.5."""

QUICK_EPOCHS = 3
_LINES = (
    {"color": "#1b3a6b", "linestyle": "-", "marker": "o"},
    {"color": "#d9730d", "linestyle": "--", "marker": "s"},
    {"color": "#3f8f6b", "linestyle": "-.", "marker": "^"},
    {"color": "#777777", "linestyle": ":", "marker": "x"},
)


class Claim(NamedTuple):
    """What the report says, whether it holds here, and the figures that tell."""

    text: str
    holds: bool
    here: str


class Runs(NamedTuple):
    """One value's figures, an entry for each seed; accuracies in percent."""

    validation: list[float]
    training: list[float]
    loss: list[float]


def parser(description: str, *, seeds: int = 3) -> argparse.ArgumentParser:
    """Return the options of all examples."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = options.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder with fer2013.csv, cifar-10-batches-bin")
    source.add_argument("--quick", action="store_true", help="seconds on drawn data instead")
    options.add_argument("--seeds", type=count, default=seeds, help="how many (%(default)s)")
    options.add_argument("--jobs", type=int, default=-1, help="trainings at once, where several")
    options.add_argument(
        "--out", type=folder, default="runs/examples", help="folder of pictures (%(default)s)"
    )
    return options


def folder(text: str) -> Path:
    """Read an option's folder to write to, which may not be there yet."""
    path = Path(text)
    there = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise argparse.ArgumentTypeError(f"{there} is no folder that can be written to")
    return path


def network(text: str) -> str:
    """Read an option's network, such as ``resnet18:16``, before others are trained."""
    architecture, _, width = text.partition(":")
    if architecture in ARCHITECTURES and (not width or count(width)):
        return text
    raise argparse.ArgumentTypeError(f"{architecture!r} is none of {', '.join(ARCHITECTURES)}")


def seeds(args: argparse.Namespace) -> list[int]:
    """Return the seeds to train with."""
    return list(range(min(args.seeds, 2) if args.quick else args.seeds))


def epochs(args: argparse.Namespace, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, cut short for --quick."""
    return {**settings, "max_iter": QUICK_EPOCHS} if args.quick else dict(settings)


def faces(args: argparse.Namespace, subset: str) -> tuple[np.ndarray, np.ndarray]:
    """Return FER2013's images of a subset and their labels; drawn ones for --quick."""
    if not args.quick:
        return load_fer2013(args.data, subset, return_X_y=True)
    n_samples, seed = (500, 0) if subset == "Training" else (200, 1)
    return make_faces(n_samples, random_state=seed, return_X_y=True)


def things(args: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Return CIFAR-10's images to train on; for --quick noise in ten colours."""
    if not args.quick:
        return load_cifar10(args.data, "train", return_X_y=True)
    rng = np.random.default_rng(0)
    y = rng.permutation(np.arange(600) % 10)
    X = rng.normal(128, 40, size=(600, 1024, 3)) + rng.normal(0, 25, size=(10, 1, 3))[y]
    return np.clip(X, 0, 255).astype(np.uint8).reshape(600, -1), y


def held_out(X: np.ndarray, y: np.ndarray, size: float = 0.1, seed: int = 0) -> dict[str, Any]:
    """Part validation images from those to train on: the arguments of `fit`."""
    parts = train_test_split(X, y, test_size=size, stratify=y, random_state=seed)
    return dict(zip(("X", "X_val", "y", "y_val"), parts, strict=True))


def study(
    args: argparse.Namespace, name: str, values: Sequence[Any], **settings: Any
) -> CoordinateSearchCV:
    """Train with each value and seed; all are stopped and judged by one tenth of Training.

    The report judges by the set that it stops by, too.
    """
    split = held_out(*faces(args, "Training"))
    X, y, cv = join_validation(**split)
    search = CoordinateSearchCV(
        FERMLPClassifier(**epochs(args, REPORT | settings)),
        [{name: list(values), "random_state": seeds(args)}],
        scoring=report_scoring,
        refit=False,
        return_train_score=True,
        cv=cv,
        n_jobs=1 if args.quick else args.jobs,
    )
    return search.fit(X, y, X_val=split["X_val"], y_val=split["y_val"])


def fit_all(
    args: argparse.Namespace, models: Iterable[BaseEstimator], **samples: np.ndarray
) -> list[Any]:
    """Fit models to the same samples, several at a time."""
    n_jobs = 1 if args.quick else args.jobs
    return Parallel(n_jobs=n_jobs)(delayed(model.fit)(**samples) for model in models)


def runs_of(search: CoordinateSearchCV, name: str) -> dict[Any, Runs]:
    """Collect the seeds of each value of a study."""
    headings, rows = report_table(search)
    runs: dict[Any, Runs] = {}
    for row in rows:
        cells = dict(zip(headings, row, strict=True))
        of_value = runs.setdefault(cells[name], Runs([], [], []))
        of_value.validation.append(100 * cells["validation accuracy"])
        of_value.training.append(100 * cells["training accuracy"])
        of_value.loss.append(cells["minimum loss"])
    return runs


def train_again(args: argparse.Namespace, **settings: Any) -> FERMLPClassifier:
    """Train as the study's first seed was trained, for its learning curve."""
    model = FERMLPClassifier(**epochs(args, REPORT | settings), random_state=0)
    return model.fit(**held_out(*faces(args, "Training")))


def spread(values: Iterable[float], digits: int = 1) -> str:
    """Write a mean with its range."""
    values = list(values)
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{np.mean(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; None is an empty cell."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    print(f"\n{title}\n")
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(f"| {' | '.join(padded)} |")
    print(flush=True)


def print_study(title: str, name: str, runs: Mapping[Any, Runs], reported: Mapping) -> None:
    """Print the report's three columns, each beside what came out here."""
    rows = []
    for value, here in runs.items():
        validation, training, loss = reported.get(value, (None, None, None))
        rows.append(
            [
                value,
                *(validation, spread(here.validation)),
                *(training, spread(here.training)),
                *(loss, spread(here.loss, 3)),
            ]
        )
    columns = ("validation %", "training %", "minimum loss")
    pairs = [heading for column in columns for heading in (f"report: {column}", "here")]
    print_table(title, [name, *pairs], rows)


def best_claim(text: str, runs: Mapping[Any, Runs], expected: Any) -> Claim:
    """Claim that a value is the best: by its mean, and beyond the seeds' ranges."""
    ranked = sorted(runs, key=lambda value: -np.nan_to_num(np.mean(runs[value].validation)))
    first, second = (runs[value].validation for value in ranked[:2])
    apart = min(first) > max(second)
    here = f"here {ranked[0]}: {spread(first)} %, then {ranked[1]}: {spread(second)} %"
    return Claim(
        text, ranked[0] == expected and apart, here + ("" if apart else ", ranges overlap")
    )


def better_claim(text: str, better: Sequence[float], worse: Sequence[float]) -> Claim:
    """Claim that one is better than another for all seeds."""
    apart = min(better) > max(worse)
    overlap = "" if apart or np.mean(better) <= np.mean(worse) else ", ranges overlap"
    return Claim(text, apart, f"here {spread(better)} % against {spread(worse)} %{overlap}")


def near_claim(text: str, here: Sequence[float], reported: float, within: float) -> Claim:
    """Claim that a mean is within so many points of the report's."""
    holds = abs(np.mean(here) - reported) <= within
    return Claim(text, bool(holds), f"here {spread(here)} %, {within:g} points count as equal")


def verdict(args: argparse.Namespace, *claims: Claim) -> None:
    """Say in two lines what agrees with the report and what differs; a quick run can't tell."""
    if args.quick:
        print("quick run: a few epochs on other data; --data compares with the report's figures")
        return
    for word, holds in (("agrees", True), ("differs", False)):
        texts = [f"{claim.text} ({claim.here})" for claim in claims if claim.holds == holds]
        print(f"{word}: {'; '.join(texts) or 'nothing'}")


def rates(report: PerEmotionReport, emotion: str) -> list[float]:
    """Return an emotion's accuracy, precision, recall and F1 in percent."""
    return [100 * report[emotion][rate] for rate in ("accuracy", "precision", "recall", "f1-score")]


def print_per_emotion(
    title: str, matrices: Sequence[np.ndarray], reported: Sequence[Sequence[float]]
) -> PerEmotionReport:
    """Print each emotion's rates beside the report's, and the first confusion matrix.

    Rates are those of all seeds' predictions together.
    """
    report = per_emotion_report_from_confusion(np.sum(matrices, axis=0))
    rows = []
    for name, theirs in zip(report.target_names, reported, strict=True):
        pairs = zip(theirs, rates(report, name), strict=True)
        rows.append([name, *(cell for a, b in pairs for cell in (f"{a:.2f}", f"{b:.2f}"))])
    columns = ("accuracy", "precision", "recall", "F1")
    headings = [heading for column in columns for heading in (f"report: {column} %", "here")]
    print_table(title, ["emotion", *headings], rows)
    print(f"\nConfusion matrix here, first seed:\n{confusion_table(matrices[0])}")
    return report


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], x_label: str, y_label: str
) -> Figure:
    """Draw lines that can be told apart in grey print."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    styles = cycle([*_LINES, *(line | {"markerfacecolor": "none"} for line in _LINES)])
    for (label, (x, y)), style in zip(lines.items(), styles, strict=False):
        axes.plot(x, y, label=label, linewidth=1.6, markersize=4, markevery=0.1, **style)
    axes.set(xlabel=x_label, ylabel=y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.9", linewidth=0.7)
    if x_label == "epoch":
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False)
    return figure


def save_picture(picture: Any, args: argparse.Namespace, name: str) -> None:
    """Write a display or a figure as a PNG of 256 colours, which is small."""
    path = args.out / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(picture, Figure):
        picture.savefig(path, dpi=100)
    else:
        picture.save(path, dpi=100)
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(256)
    small.save(path, optimize=True)
    print(f"picture: {path}")
