"""``fernet sweep``: train with many settings, and tell which are best."""

from __future__ import annotations

import json
import sys
import textwrap
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet._io.terminals import is_terminal
from fernet._io.text_columns import flush_right, widest
from fernet.cli.commands import ExampleCommand
from fernet.cli.errors import InputError
from fernet.cli.groups import groups_option
from fernet.cli.image_form import image_form_options
from fernet.cli.labels import Labels, labels_option
from fernet.cli.paths import FilePath
from fernet.cli.signals import ending_in_order
from fernet.cli.sweep.candidates import Samples, cluster, import_dask, lacks_processes, outcomes
from fernet.cli.sweep.plan import METHODS, Plan, make_plan
from fernet.cli.sweep.results import RESULTS_NAME, Results
from fernet.cli.tables import terminal_width
from fernet.cli.train.command import load_faces
from fernet.cli.train.fitting import make_estimator
from fernet.cli.train.folder import first_free, only_writer
from fernet.cli.train.options import network_options
from fernet.cli.train.recipes import CONFIGURATIONS, MODELS, NAMES, settings
from fernet.cli.train.targets import labels_by_name, weights_of_labels

if TYPE_CHECKING:
    from fernet.cli.faces import Faces
    from fernet.cli.output import Screen

__all__ = ["as_text", "sweep"]
__dir__ = __all__.copy

_COLUMNS = ("validation %", "training %", "min loss", "epochs")


def _some_jobs(_: click.Context, __: click.Parameter, value: int) -> int:
    if value == 0:
        raise click.BadParameter("0 trainings at a time; expected 1 or more, or -1: as cores.")
    return value


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet sweep --grid learning-rate=0.001,0.01,0.1 --grid dropout=0.01,0.1",
        "fernet sweep --data fer2013.csv --grid hidden=512x256,256x128 --n-jobs 2 --out runs/a",
        "fernet sweep --config sweep.toml --dask-scheduler tcp://10.0.0.1:8786",
    ),
)
@click.option(
    "--data",
    type=FilePath(path_type=Path),
    help="As for fernet train; by default faces that fernet draws itself.",
)
@labels_option
@groups_option
@image_form_options
@click.option(
    "--model",
    type=click.Choice((*CONFIGURATIONS, *MODELS)),
    help="As for fernet train.  [default: mlp]",
)
@click.option(
    "--recipe", type=click.Choice(NAMES), help="Settings to start from.  [default: report]"
)
@click.option(
    "--grid",
    multiple=True,
    metavar="NAME=VALUE,...",
    help="Setting to vary, named as its option below, and its values; once for each, in order. "
    "Layers are joined by x: hidden=512x256,256x128.",
)
@click.option(
    "--config",
    type=FilePath(path_type=Path, dir_okay=False),
    help="TOML file with data, labels, model, recipe, method and seed, and tables [settings] "
    "and [grid].",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    help="One setting after the other, each winner carried on, or all combinations.  "
    "[default: coordinate]",
)
@click.option(
    "--out",
    type=FilePath(path_type=Path, file_okay=False),
    help="Folder for the results, and to go on from those there are; by default the first free "
    "of runs/sweep-1, runs/sweep-2, ...",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="[default: 0]")
@click.option(
    "--n-jobs",
    type=int,
    default=1,
    show_default=True,
    callback=_some_jobs,
    help="Trainings at a time; -1: as cores.",
)
@click.option("--dask-scheduler", metavar="ADDRESS", help="Train on this dask cluster's workers.")
@network_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document and nothing else.")
@click.option("--quiet", is_flag=True, help="No remarks.")
def sweep(
    data: Path | None,
    labels: Labels | Path | None,
    groups: str | None,
    image_size: int | None,
    color: bool | None,
    model: str | None,
    recipe: str | None,
    grid: Sequence[str],
    config: Path | None,
    method: str | None,
    out: Path | None,
    seed: int | None,
    n_jobs: int,
    dask_scheduler: str | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Train with many settings and compare them.

    Part of the training images is kept to judge by, the same for all settings; test images are
    not looked at. Each line has the settings varied, the accuracies on validation and training
    images, and the lowest loss. Results are kept in sweep.jsonl; the same command with the same
    --out goes on where it stopped, after Ctrl-C (exit code 130), SIGTERM (143), SIGHUP (129) or a
    kill. One sweep at a time writes there.
    """
    from fernet.cli.output import Screen

    screen = Screen(json_only=as_json, quiet=quiet)
    options = {
        "data": data,
        "labels": labels,
        "groups": groups,
        "image_size": image_size,
        "color": color,
        "model": model,
        "recipe": recipe,
        "method": method,
        "seed": seed,
    }
    plan = make_plan(config, options, given, grid)
    chosen = settings(plan.recipe, plan.settings, plan.model)
    if chosen["validation_fraction"] == 0:
        raise click.UsageError("--validation-fraction is 0; a sweep needs images to judge by")
    if dask_scheduler is not None:
        import_dask()
    faces, _ = load_faces(plan, screen)
    samples = Samples.split(faces, chosen["validation_fraction"], plan.seed)
    of_labels = _by_labels(plan, chosen, faces)
    folder = out or first_free("sweep")
    folder.mkdir(parents=True, exist_ok=True)
    with ending_in_order(), only_writer(folder / RESULTS_NAME):
        results = _open_results(folder, plan, faces.name, samples)
        if len(results):
            screen.remark(f"Going on from {len(results)} results in {results.path}")
        if not dask_scheduler and (obstacle := lacks_processes(n_jobs)):
            screen.remark(f"Note: {obstacle}.")
            n_jobs = 1
        with cluster(dask_scheduler, samples):
            search = _Search(plan, chosen, samples, results, screen, of_labels)
            path = search.run(None if dask_scheduler else n_jobs)
        _show(screen, search, path)


def _by_labels(
    plan: Plan, chosen: dict[str, Any], faces: Faces
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what gives a candidate's weights of classes the labels that are learnt.

    Raises
    ------
    InputError
        If one of the weights is of a class that there is not.
    """
    label_of = labels_by_name(make_estimator(plan.model, chosen, plan.seed, verbose=0), faces)

    def translated(settings: dict[str, Any]) -> dict[str, Any]:
        weights = settings.get("class_weight")
        if not isinstance(weights, dict):
            return settings
        return settings | {"class_weight": weights_of_labels(weights, label_of, faces.name)}

    for weights in (chosen.get("class_weight"), *_varied(plan, "class_weight")):
        translated({"class_weight": weights})
    return translated


def _varied(plan: Plan, name: str) -> list[Any]:
    return [value for grid in plan.grids for value in grid.get(name, ())]


def _open_results(folder: Path, plan: Plan, name: str, samples: Samples) -> Results:
    subject = {
        "model": plan.model,
        "seed": plan.seed,
        "data": name,
        "n_samples": [len(samples.y), len(samples.y_val)],
        "checksum": zlib.crc32(samples.X_val.data, zlib.crc32(samples.X.data)),
        "labels": zlib.crc32(json.dumps([samples.y.tolist(), samples.y_val.tolist()]).encode()),
    }
    return Results(folder / RESULTS_NAME, subject)


class _Search:
    """A sweep under way: candidates so far, and the lines printed of them."""

    def __init__(
        self,
        plan: Plan,
        chosen: dict[str, Any],
        samples: Samples,
        results: Results,
        screen: Screen,
        of_labels: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        self.plan, self.samples, self.results, self.screen = plan, samples, results, screen
        self.of_labels = of_labels
        network = make_estimator(plan.model, chosen, plan.seed, verbose=0)
        defaults = network.get_params(deep=False).items()
        self.chosen = chosen
        self.present = {k: "none" if v is None else v for k, v in defaults} | chosen
        self.names = list(dict.fromkeys(name for grid in plan.grids for name in grid))
        self.points: list[dict[str, Any]] = []
        self.found: list[dict[str, Any]] = []
        self.widths: list[int] = []
        self.warned: set[str] = set()

    def run(self, n_jobs: int | None) -> list[dict[str, Any]]:
        """Evaluate all; return the path as `follow_path` does."""
        from fernet.model_selection.coordinate_path import follow_path, start_point

        steps = self.plan.steps()
        self._print_headings()
        return follow_path(
            steps,
            start_point(steps, self.present),
            lambda _, points: self._evaluate(points, n_jobs),
        )

    def _evaluate(self, points: list[dict[str, Any]], n_jobs: int | None) -> int:
        first = len(self.points)
        self.points += points
        self.found += [{}] * len(points)
        new = []
        for index in range(first, len(self.points)):
            known = self.results.get(self._settings(index))
            if known is None:
                new.append(index)
            else:
                self._note(index, known)
        candidates = [self._settings(index) for index in new]
        if candidates:
            self.results.check_room()
        trained = list(map(self.of_labels, candidates))
        done = outcomes(self.plan.model, trained, self.plan.seed, self.samples, n_jobs)
        for number, outcome, messages in done if candidates else ():
            self.results.add(candidates[number], outcome)
            self._warn(new[number], messages)
            self._note(new[number], outcome)
        return self.best()

    def best(self) -> int:
        """Return the index of the first of the candidates with the best validation accuracy."""
        scores = [found["validation_accuracy"] for found in self.found]
        return max(range(len(scores)), key=lambda i: -1.0 if scores[i] is None else scores[i])

    def candidate(self, index: int) -> dict[str, Any]:
        """Return a candidate and its outcome, fit for JSON."""
        outcome = {k: v for k, v in self.found[index].items() if k != "settings"}
        return {"settings": self.points[index], **outcome}

    def _settings(self, index: int) -> dict[str, Any]:
        # Settings left to the estimator's default count as such, whether or not they are varied.
        point = self.points[index]
        defaults = {k: self.present[k] for k in self.names if k in self.present}
        return self.chosen | defaults | point

    def _warn(self, index: int, messages: Sequence[str]) -> None:
        """Say what a training warned of, unless another one has already."""
        for message in messages:
            if message not in self.warned:
                self.warned.add(message)
                varied = (f"{_words(k)} {as_text(v)}" for k, v in self.points[index].items())
                self.screen.remark(f"Note: with {', '.join(varied)}: {message.rstrip('.')}.")

    def _note(self, index: int, outcome: dict[str, Any]) -> None:
        self.found[index] = outcome
        cells = [as_text(self.points[index].get(name)) for name in self.names]
        if outcome["error"] is None:
            cells += [
                f"{100 * outcome['validation_accuracy']:.2f}",
                f"{100 * outcome['training_accuracy']:.2f}",
                f"{outcome['minimum_loss']:.4f}",
                str(outcome["epochs"]),
            ]
        else:
            cells.append(f"failed: {outcome['error']}")
        self._print(cells)

    def _print_headings(self) -> None:
        headings = list(map(_words, self.names))
        values = [
            [as_text(self.present.get(name))]
            + [as_text(value) for grid in self.plan.grids for value in grid.get(name, ())]
            for name in self.names
        ]
        self.widths = [
            widest((heading, *texts)) for heading, texts in zip(headings, values, strict=True)
        ] + [max(7, len(column)) for column in _COLUMNS]
        self._print([*headings, *_COLUMNS], bold=True)

    def _print(self, cells: list[str], *, bold: bool = False) -> None:
        if self.is_narrow:
            if not bold:
                self._print_sentence(cells)
            return
        padded = list(map(flush_right, cells, self.widths))
        self.screen.say(click.style("  ".join(padded), bold=True) if bold else "  ".join(padded))

    @property
    def is_narrow(self) -> bool:
        """Whether results go to a terminal that is too narrow for a line of the table."""
        needed = sum(self.widths) + 2 * (len(self.widths) - 1)
        return is_terminal(sys.stdout) and terminal_width() < needed

    def _print_sentence(self, cells: list[str]) -> None:
        headings = [*map(_words, self.names), *_COLUMNS]
        # A candidate that failed has its reason in the place of the scores.
        texts = [f"{heading} {cell}" for heading, cell in zip(headings, cells, strict=False)]
        if len(cells) < len(headings):
            texts[-1] = cells[-1]
        text = ", ".join(texts)
        self.screen.say(textwrap.fill(text, terminal_width(), subsequent_indent="  "))


def _words(name: str) -> str:
    return name.replace("_", " ")


def as_text(value: Any) -> str:
    """Show a setting's value as it is given on the command line.

    Examples
    --------
    >>> from fernet.cli.sweep.command import as_text
    >>> as_text((512, 256)), as_text(0.01), as_text(())
    ('512x256', '0.01', 'none')
    >>> as_text(((32, 2), (64, 3))), as_text({"disgust": 3.0, "happy": 0.5})
    ('32x2,64x3', 'disgust=3.0,happy=0.5')
    """
    if isinstance(value, Mapping):
        return ",".join(f"{name}={as_text(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], list | tuple):
            return ",".join(map(as_text, value))
        return "x".join(map(str, value)) or "none"
    return str(value)


def _show(screen: Screen, search: _Search, path: list[dict[str, Any]]) -> None:
    best = search.candidate(path[-1]["best_index"])
    if best["error"] is not None:
        raise InputError(f"no training succeeded; the first said: {best['error']}")
    score = f"{100 * best['validation_accuracy']:.2f} %"
    chosen = [(_words(name), as_text(v)) for name, v in best["settings"].items()]
    screen.say()
    screen.say("Best")
    screen.facts([("validation accuracy", score), *chosen, ("results", str(search.results.path))])
    screen.json(
        {
            "files": {"results": str(search.results.path)},
            "best": best,
            "path": path,
            "candidates": [search.candidate(index) for index in range(len(search.points))],
        }
    )
