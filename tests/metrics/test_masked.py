"""Labels, groups, probabilities and faces with masked entries."""

from __future__ import annotations

import numpy as np
import pytest

from fernet.metrics import (
    corrupt,
    expected_calibration_error,
    per_emotion_report,
    per_group_report,
)

MASKED = np.ma.masked_equal([0, 1, 1], 1)
HALVES = np.full((3, 2), 0.5)


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (lambda: per_emotion_report(MASKED, [0, 1, 1]), "y_true is a masked array"),
        (lambda: per_group_report([0, 1, 1], [0, 1, 1], MASKED), "groups is a masked array"),
        (lambda: expected_calibration_error(MASKED, HALVES), "y_true is a masked array"),
        (
            lambda: expected_calibration_error([0, 1, 1], np.ma.masked_equal(HALVES, 0.5)),
            "y_proba is a masked array",
        ),
        (lambda: corrupt(np.ma.masked_equal(np.eye(4)[None], 1), "noise"), "X is a masked array"),
    ],
    ids=["emotions", "groups", "calibration's labels", "probabilities", "faces"],
)
def test_what_is_masked_is_counted_by_no_report(report, says):
    with pytest.raises(ValueError, match=says):
        report()
