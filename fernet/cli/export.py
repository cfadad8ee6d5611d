"""``fernet export``: a model for other programs."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.errors import InputError
from fernet.cli.models import METAVAR, MODEL
from fernet.cli.originals import Originals
from fernet.cli.paths import FilePath, check_folder

if TYPE_CHECKING:
    from fernet.cli.output import Screen

__all__ = ["export"]
__dir__ = __all__.copy

_ENDINGS = {"onnx": ".onnx", "keras": ".keras", "pretrained": ".safetensors"}
"""What files of a form are called."""


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet export cnn --to onnx --out cnn.onnx",
        "fernet export runs/mlp-1 --to keras --out mlp.keras",
        "fernet export runs/mlp-1 --to pretrained --out mlp.safetensors",
    ),
)
@click.argument("model", type=MODEL, metavar=METAVAR)
@click.option(
    "--to",
    "form",
    type=click.Choice(["onnx", "keras", "pretrained"]),
    required=True,
    help="onnx: for any ONNX runtime; keras: a Keras 3 archive; pretrained: a fernet model of half "
    "the size, its weights rounded to float16.",
)
@click.option(
    "--out",
    type=FilePath(path_type=Path, dir_okay=False),
    required=True,
    help="File to write, whole or not at all; one that is there is replaced, unless it is the "
    "model itself.",
)
@click.option("--quiet", is_flag=True, help="No remarks.")
def export(model: str, form: str, out: Path, quiet: bool) -> None:
    """Write a model in another form.

    What is written takes pixels as the model was trained on them, scaling included, and gives the
    probability of each emotion. The model is given by the name of one that comes with fernet, or
    by a file or folder that "fernet train" wrote.
    """
    from fernet.cli.models import load
    from fernet.cli.output import Screen

    screen = Screen(quiet=quiet)
    others = {".h5", *_ENDINGS.values()} - {_ENDINGS[form]}
    if form != "keras" and out.suffix.lower() in others:
        raise InputError(f"--out is {out}; expected a name that ends in {_ENDINGS[form]}")
    check_folder(out, "the model")
    estimator = load(model)
    _check_no_model(out, model)
    write: Callable[[Any, Path, Screen], None] = {
        "onnx": _to_onnx,
        "keras": _to_keras,
        "pretrained": _to_pretrained,
    }[form]
    write(estimator, out, screen)
    screen.remark(f"Wrote {out}.")


def _check_no_model(out: Path, model: str) -> None:
    """Refuse to write over the model that is read, such as by one of half its precision."""
    from fernet.pretrained import model_file

    Originals([Path(str(model_file(model)))]).check(out, f"--out {out}")


def _to_onnx(estimator: Any, out: Path, screen: Screen) -> None:
    from fernet.export import to_onnx

    to_onnx(estimator, out)


def _to_keras(estimator: Any, out: Path, screen: Screen) -> None:
    from fernet._io.files import atomic_writer, naming

    if out.suffix != ".keras":
        raise InputError(
            f"--out is {out}; expected a name that ends in .keras, or Keras can't load it"
        )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the Keras model sees each image once")
        keras_model = estimator.to_keras()
    with naming(out), tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "model.keras"
        keras_model.save(whole)
        with atomic_writer(out) as file:
            file.write(whole.read_bytes())
    if estimator.average_flips or estimator.average_views is not None:
        screen.remark("The Keras model sees each image once; this one averages over several views.")


def _to_pretrained(estimator: Any, out: Path, screen: Screen) -> None:
    from fernet.pretrained import save_pretrained

    document = estimator.model_info_
    told = {key: document.get(key) for key in ("training_data", "scores")}
    screen.say(f"sha256 {save_pretrained(estimator, out, **told)}")
