"""Arrays that a training does not have are refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._training.snapshots import check_arrays

OWN = {"params": np.zeros(3, np.float32), "state": np.zeros(0, np.float32)}


def test_the_same_arrays_fit():
    check_arrays({name: array + 1 for name, array in OWN.items()}, OWN)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"params": OWN["params"]}, "'state' is missing"),
        (OWN | {"params": np.zeros(4, np.float32)}, r"'params' is missing or not of shape \(3,\)"),
        (OWN | {"params": np.zeros(3)}, "and type float32"),
        (OWN | {"best": OWN["params"]}, "'best' is unknown"),
    ],
    ids=["missing", "shape", "type", "unknown"],
)
def test_others_are_refused_by_name(arrays, message):
    with pytest.raises(ValueError, match=message):
        check_arrays(arrays, OWN)
