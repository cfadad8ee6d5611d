"""Compare what the packaged networks answer on two machines.

``probabilities.py write FILE`` stores faces and the probabilities of this machine for them,
``probabilities.py compare FILE`` says how far those of this machine are from the stored ones, and
fails where that is more than rounding explains.
"""

import argparse
import sys

import numpy as np

from fernet import _kernels, load_pretrained
from fernet.datasets import make_faces
from fernet.pretrained import pretrained_names

# Sums are rounded in another order by each instruction set: of float32's 1.2e-7, a network of a
# dozen layers makes a few 1e-6.
TOLERANCE = 2e-5


def write(path: str) -> None:
    """Store faces and this machine's answers."""
    faces = make_faces(100, random_state=0, return_X_y=True)[0]
    noise = np.random.default_rng(0).integers(0, 256, (100, 48 * 48), dtype=np.uint8)
    X = np.concatenate([faces, noise])
    answers = {name: load_pretrained(name).predict_proba(X) for name in pretrained_names()}
    np.savez(path, X=X, isa=_kernels.selected_isa(), **answers)


def compare(path: str) -> int:
    """Print how far this machine's answers are from the stored ones: 1 where that is too far."""
    stored = np.load(path)
    X = stored["X"]
    is_near = True
    for name in pretrained_names():
        answer, expected = load_pretrained(name).predict_proba(X), stored[name]
        difference = float(np.abs(answer - expected).max())
        same = int((answer.argmax(1) == expected.argmax(1)).sum())
        print(
            f"{name}: {_kernels.selected_isa()} against {stored['isa']}: probabilities differ by "
            f"{difference:.1e} at most, {same} of {len(X)} have the same first emotion"
        )
        is_near &= difference <= TOLERANCE  # which NaN is not
    return int(not is_near)


if __name__ == "__main__":
    verbs = {"write": write, "compare": compare}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=verbs, help="whether to store this machine's or compare")
    parser.add_argument("file", help="of faces and another machine's answers (.npz)")
    args = parser.parse_args()
    sys.exit(verbs[args.verb](args.file))
