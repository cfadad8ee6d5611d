"""What is fuzzed: functions that take bytes, and raise only where fernet does what it should not.

`TARGETS` has them by name. Each hands its bytes to a reader as a file's, or a folder's, content and
lets those errors pass that the reader documents. Where reading succeeds, what came of it is used.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
from PIL import Image

from fernet import FERMLPClassifier
from fernet._io.checkpoint_files import read_checkpoint
from fernet._training.divergence import DivergenceError
from fernet.cli.errors import InputError
from fernet.cli.sweep.plan import make_plan
from fernet.cli.sweep.results import Results
from fernet.datasets import load_cifar10, load_fer2013, load_image_folder, load_image_list
from fernet.datasets._restricted_pickle import UnsafePickleError, load_plain
from fernet.estimators.saving import ModelFileError, load_model_file

_FOLDER = Path(tempfile.mkdtemp(prefix="fernet-fuzz-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
_SEAL = re.compile(rb'(\\"sha256\\":\\")[0-9a-f]{64}')
_PLAIN = (np.ndarray, bytes, str, int, bool, list, dict, type(None))

ENTRY = b"\n--entry--\n"
"""Stands between the files of a folder; each begins with a line that is its path."""


@contextlib.contextmanager
def _file(name: str, data: bytes) -> Iterator[Path]:
    path = _FOLDER / name
    path.write_bytes(data)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _sealed(data: bytes) -> bytes:
    """Give a file the checksum that its bytes have, so that what follows the check is reached."""
    match = _SEAL.search(data)
    if match is None:
        return data
    start, end = match.end() - 64, match.end()
    zeroed = data[:start] + b"0" * 64 + data[end:]
    return data[:start] + hashlib.sha256(zeroed).hexdigest().encode() + data[end:]


def model_file(data: bytes) -> None:
    """A model file loads or is refused; one that loads predicts or says why not."""
    with _file("model.safetensors", _sealed(data)) as path, contextlib.suppress(ModelFileError):
        model = load_model_file(path)
        if model.n_features_in_ <= 1 << 16:
            with contextlib.suppress(ValueError):
                probabilities = model.predict_proba(np.zeros((2, model.n_features_in_)))
                assert np.isfinite(probabilities).all()


def small_training(path: Path) -> FERMLPClassifier:
    """Return the training that the corpus's checkpoints are of, and its data's labels."""
    return FERMLPClassifier((4,), max_iter=3, batch_size=10, random_state=0, checkpoint=path)


def small_data() -> tuple[np.ndarray, np.ndarray]:
    """Return the data of that training."""
    rows = np.random.default_rng(0).integers(0, 256, (20, 16), dtype=np.uint8)
    return rows, np.arange(20) % 3


def checkpoint(data: bytes) -> None:
    """A training goes on from a checkpoint or refuses it, and leaves a refused one as it was.

    One whose numbers make the training diverge is left at an epoch that can be gone on from.
    """
    sealed = _sealed(data)
    with _file("training.checkpoint", sealed) as path:
        try:
            model = small_training(path).fit(*small_data())
        except DivergenceError:
            read_checkpoint(path)
        except ValueError:
            assert path.read_bytes() == sealed
        else:
            assert np.isfinite(model.network_.values).all()


def csv(data: bytes) -> None:
    """A CSV, plain or compressed, is read or refused."""
    with _file("fer2013.csv", data) as path, contextlib.suppress(ValueError):
        faces = load_fer2013(path)
        assert faces.data.shape == (len(faces.data), 2304)


def pickles(data: bytes) -> None:
    """A pickle is plain data, or is refused."""
    with contextlib.suppress(UnsafePickleError):
        assert isinstance(load_plain(data), _PLAIN)


def cifar(data: bytes) -> None:
    """A batch of CIFAR-10 is read or refused."""
    folder = _FOLDER / "cifar"
    folder.mkdir(exist_ok=True)
    for number in range(1, 6):
        (folder / f"data_batch_{number}").write_bytes(data)
    (folder / "test_batch").write_bytes(data)
    with contextlib.suppress(ValueError, FileNotFoundError):
        load_cifar10(folder)


def folder(data: bytes) -> None:
    """A folder of pictures is read or refused."""
    root = _FOLDER / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for entry in data.split(ENTRY)[:20]:
        name, _, content = entry.partition(b"\n")
        parts = [part for part in name.split(b"/") if part not in (b"", b".", b"..")][:4]
        # Names that the file system takes, of entries that do not stand in each other's way.
        with contextlib.suppress(OSError, ValueError):
            path = Path(os.fsdecode(os.path.join(os.fsencode(root), *parts)))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for load in (load_image_folder, load_fer2013):
        with contextlib.suppress(ValueError, FileNotFoundError):
            load(root)


def image_list(data: bytes) -> None:
    """A table of pictures is read or refused."""
    folder = _FOLDER / "pictures"
    if not folder.exists():
        for name in ("a.png", "b/c.jpg", "d/c.jpg", "train_1.png"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8)).save(folder / name)
    with _file("pictures/labels.csv", data) as path, contextlib.suppress(ValueError):
        faces = load_image_list(path, n_jobs=1)
        assert len(faces.data) == len(faces.target) == len(faces.usage) == len(faces.lines)
        for name in ("filenames", "boxes"):
            assert len(faces.get(name, faces.data)) == len(faces.data)


def sweep_results(data: bytes) -> None:
    """A sweep's results are read or refused."""
    with _file("sweep.jsonl", data) as path, contextlib.suppress(InputError):
        Results(path, {"model": "mlp"}).get({"dropout": 0.1})


def sweep_plan(data: bytes) -> None:
    """A sweep's plan is read or refused."""
    options = dict.fromkeys(("data", "model", "recipe", "method", "seed"))
    with (
        _file("sweep.toml", data) as path,
        contextlib.suppress(InputError, click.UsageError),
    ):
        make_plan(path, options, {}, ()).steps()


def _quietly(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    def call(data: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target(data)

    return call


TARGETS = {
    target.__name__: _quietly(target)
    for target in (
        model_file, checkpoint, csv, pickles, cifar, folder, image_list, sweep_results,
        sweep_plan,
    )
}  # fmt: skip
