"""Kill ``fernet train`` again and again, at random times, and see that nothing is lost by it.

python tests/cli/train/kill_trainings.py KILLS [SEED]

The same command runs until it has been killed so often, then to its end; the model must be, to the
bit, that of a training that ran through. Prints a line for each kill.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fernet import load_model
from fernet.datasets import make_faces

COMMAND = [sys.executable, "-P", "-m", "fernet.cli", "train"]
FEWEST_EPOCHS = 400
PATIENCE = 600  # seconds for a training, or for its first checkpoint


def write_faces(path: Path) -> Path:
    """Write 140 drawn faces as FER2013's CSV has them."""
    faces = make_faces(140, random_state=0)
    lines = ["emotion,pixels,Usage"]
    for number, (pixels, label) in enumerate(zip(faces.data, faces.target, strict=True)):
        usage = "Training" if number < 100 else "PublicTest"
        lines.append(f"{label},{' '.join(map(str, pixels))},{usage}")
    path.write_text("\n".join(lines) + "\n")
    return path


def command(folder: Path, out: str, epochs: int) -> list[str]:
    options = ["--hidden", "8", "--epochs", epochs, "--patience", 0, "--quiet"]
    return [*COMMAND, "--data", str(folder / "faces.csv"), "--out", str(folder / out)] + [
        str(option) for option in options
    ]


def kill_once(folder: Path, epochs: int, wait: float) -> bool:
    """Start the training, kill it a while after its first checkpoint; tell whether it ran still."""
    out = folder / "killed"
    before = _checkpoint_time(out)
    process = subprocess.Popen(
        command(folder, "killed", epochs), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    end = time.monotonic() + PATIENCE
    while process.poll() is None and _checkpoint_time(out) == before:
        if time.monotonic() > end:
            process.kill()
            raise RuntimeError("no checkpoint was written")
        time.sleep(0.005)
    time.sleep(wait)
    runs = process.poll() is None
    process.kill()
    _, errors = process.communicate()
    if not runs and process.returncode != 0:
        raise RuntimeError(f"the training failed: {errors.decode()}")
    return runs


def _checkpoint_time(out: Path) -> int:
    """Return when the checkpoint was last written, 0 for never."""
    try:
        return (out / "training.checkpoint").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def kill_trainings(kills: int, seed: int, folder: Path) -> None:
    """Kill a training so often, let it end, and compare it with one that ran through."""
    rng = random.Random(seed)
    epochs = max(FEWEST_EPOCHS, 1500 * kills)
    write_faces(folder / "faces.csv")
    for number in range(1, kills + 1):
        wait = rng.uniform(0, 0.3)
        if not kill_once(folder, epochs, wait):
            raise RuntimeError(f"the training ended before kill {number} of {kills}")
        left = sorted(path.name for path in (folder / "killed").iterdir())
        print(f"kill {number}, {wait:.3f} s after a checkpoint; left: {' '.join(left)}", flush=True)
    for out in ("killed", "through"):
        subprocess.run(command(folder, out, epochs), check=True, timeout=PATIENCE)
    killed, through = (load_model(folder / out) for out in ("killed", "through"))
    np.testing.assert_array_equal(killed.network_.values, through.network_.values)
    for column, values in through.history_.epochs.items():
        if column != "seconds":
            assert killed.history_.epochs[column] == values, column
    left = sorted(path.name for path in (folder / "killed").iterdir())
    assert left == sorted(path.name for path in (folder / "through").iterdir()), left
    print(f"equal to the bit after {kills} kills")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kills", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0, help="(%(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kill_trainings(args.kills, args.seed, Path(folder))


if __name__ == "__main__":
    main()
