"""``fernet info`` and ``fernet show-config``: what a model file holds, what fernet runs on."""

from __future__ import annotations

import itertools
from typing import Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.models import METAVAR, MODEL

__all__ = ["info", "model_facts", "show_config"]
__dir__ = __all__.copy

_DIVIDED = {
    "pixels": "divided by one standard deviation",
    "per_pixel": "each divided by its own standard deviation, at least half of all's",
    "standard": "each divided by its own standard deviation",
}
"""What each scaling does to pixels that are centred."""


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet info cnn",
        "fernet info runs/mlp-1",
        "fernet info runs/mlp-1/model.safetensors --json",
    ),
)
@click.argument("model", type=MODEL, metavar=METAVAR)
@click.option("--json", "as_json", is_flag=True, help="Print the whole of it as JSON.")
def info(model: str, as_json: bool) -> None:
    """Tell what a model is and how well it does.

    It is given by the name of a network that comes with fernet, or by a file or folder that
    "fernet train" wrote.
    """
    from fernet.cli.models import class_names, load
    from fernet.cli.output import Screen

    screen = Screen(json_only=as_json)
    estimator = load(model)
    names = class_names(estimator)
    document = estimator.model_info_
    screen.facts(model_facts(model, estimator))
    for split, score in document.get("scores", {}).items():
        _show_score(screen, split, score, names)
    screen.json({"path": model, "class_names": names, **document})


@click.command(
    "show-config",
    cls=ExampleCommand,
    examples=("fernet show-config",),
)
def show_config() -> None:
    """Tell how fernet was built and which instruction set and threads it uses."""
    import fernet

    fernet.show_config()


def model_facts(model: str, estimator: Any) -> list[tuple[str, str]]:
    """Return names and values of what a loaded model is and where it comes from."""
    document = estimator.model_info_
    return [
        ("model", model),
        ("estimator", document["model"]["estimator"]),
        ("classes", ", ".join(_classes(estimator))),
        ("input", _input(estimator)),
        ("layers", _layers(document["model"]["layers"])),
        ("parameters", f"{estimator.network_.n_parameters:,}"),
        ("trained on", _training_data(document.get("training_data"))),
        ("epochs", _epochs(estimator)),
        *_best_validation(estimator.best_validation_score_),
        ("settings", _settings(estimator)),
        ("versions", ", ".join(f"{k} {v}" for k, v in document["versions"].items())),
        ("checksum", "sound" if "sha256" in document else "none, from an earlier fernet"),
    ]


def _epochs(estimator: Any) -> str:
    """Tell how many there were, and that one training alone had fewer where it went on."""
    n_epochs = estimator.n_iter_
    of_several = n_epochs > estimator.max_iter
    return f"{n_epochs}, of several trainings" if of_several else str(n_epochs)


def _classes(estimator: Any) -> list[str]:
    """Name the classes; numbers that need not be FER2013's stand beside what they are called."""
    from fernet.cli.models import class_names
    from fernet.emotions import taken_for_emotions

    taken = taken_for_emotions(estimator.classes_)
    return [f"{number} {name}" for number, name in taken.items()] or class_names(estimator)


def _best_validation(score: float | None) -> list[tuple[str, str]]:
    return [] if score is None else [("best validation", _percent(score))]


def _show_score(screen: Any, split: str, score: dict[str, Any], names: list[str]) -> None:
    from fernet.metrics import per_emotion_report_from_confusion

    screen.say(f"\nTest on {split}: accuracy {_percent(score['accuracy'])}\n")
    matrix = score.get("confusion_matrix")
    if matrix is not None and len(matrix) == len(names):
        screen.report(per_emotion_report_from_confusion(matrix, target_names=names))


def _input(estimator: Any) -> str:
    scaling = "taken as given"
    if not estimator.scaling_.is_identity:
        scaling = f"centred pixel by pixel, {_DIVIDED[estimator.scaling or 'pixels']}"
    shape = "x".join(map(str, estimator.network_.input_shape))
    return f"{shape} values, {scaling}"


def _layers(entries: list[dict[str, Any]]) -> str:
    """Write layers on one line, alike neighbours once, with their count."""
    runs = [(text, len(list(same))) for text, same in itertools.groupby(map(_layer, entries))]
    return " ".join(text if count == 1 else f"{count}x {text}" for text, count in runs)


def _layer(entry: dict[str, Any]) -> str:
    if entry["kind"] == "residual":
        shortcut = f" | {_layers(entry['shortcut'])}" if entry["shortcut"] else ""
        return f"residual({_layers(entry['branch'])}{shortcut})"
    shown = ("n_outputs", "n_filters", "kernel_size", "size", "rate")
    arguments = [_argument(key, entry[key]) for key in shown if key in entry]
    if entry.get("stride", 1) not in (1, [1, 1]):
        arguments.append(f"stride {_argument('stride', entry['stride'])}")
    return entry["kind"] + (f"({', '.join(arguments)})" if arguments else "")


def _argument(key: str, value: Any) -> str:
    if key in ("kernel_size", "size", "stride"):
        height, width = value if isinstance(value, list) else (value, value)
        return f"{height}x{width}"
    return str(value)


def _training_data(data: dict[str, Any] | None) -> str:
    if not data:
        return "not told"
    words = [data[key] for key in ("name", "split") if key in data]
    if "n_samples" in data:
        words.append(f"{data['n_samples']} images")
    return ", ".join(words)


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _settings(estimator: Any) -> str:
    """Write the hyper-parameters that differ from their defaults."""
    defaults = type(estimator)().get_params()
    differing = {k: v for k, v in estimator.get_params().items() if v != defaults[k]}
    return ", ".join(f"{name}={value!r}" for name, value in differing.items()) or "all defaults"
