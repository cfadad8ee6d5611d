"""L2 regularisation from 0.001 to 1, and against dropout: the report's Table 3, Figures 6 and 7.

Learning rate 0.01, neither dropout nor decay of the rate. The report's row without L2 is its
Table 1's.
"""

from __future__ import annotations

import common
import numpy as np
from matplotlib.figure import Figure

from fernet.plotting import LearningCurveDisplay, ParameterCurveDisplay

NAME = "weight_decay"
TABLE_3 = {
    0.001: (44.28, 97.0, 0.1275),
    0.01: (45.43, 97.0, 0.4844),
    0.1: (43.87, 61.9, 1.1971),
    1.0: (35.29, 35.8, 1.5851),
}
REPORTED = {0.0: (45.08, 98.0, 0.0069)} | TABLE_3
DROPOUT = 0.02
"""The best of the report's Table 2."""


def main() -> None:
    args = common.parser(__doc__).parse_args()
    search = common.study(args, NAME, list(REPORTED))
    runs = common.runs_of(search, NAME)
    common.print_study("L2 regularisation (Table 3)", "L2", runs, REPORTED)
    dropout = common.runs_of(common.study(args, "dropout", [DROPOUT]), "dropout")
    common.print_study(
        "Dropout (Table 2's best)", "dropout", dropout, {DROPOUT: (43.97, 93.9, 0.055)}
    )
    display = ParameterCurveDisplay.from_estimator(search, NAME, ax=Figure().subplots())
    common.save_picture(display, args, "l2")
    display = LearningCurveDisplay.of(
        common.train_again(args, weight_decay=0.001), title="L2 0.001, seed 0"
    )
    common.save_picture(display, args, "l2_0.001")

    validation = {value: here.validation for value, here in runs.items()}
    training = [np.mean(runs[value].training) for value in TABLE_3]
    far = max(validation[1.0]) < min(validation[0.1]) - 5
    common.verdict(
        args,
        common.best_claim("0.01 is the best", runs, 0.01),
        common.near_claim("0.01 reaches 45.43 %", validation[0.01], 45.43, 1.0),
        common.better_claim("0.01 does better than no L2", validation[0.01], validation[0.0]),
        common.better_claim(
            "L2 of 0.01 does better than dropout of 0.02",
            validation[0.01],
            dropout[DROPOUT].validation,
        ),
        common.Claim("1 is far too much, 35.29 %", far, f"here {common.spread(validation[1.0])} %"),
        common.Claim(
            "training accuracy falls as L2 rises",
            bool((np.diff(training) <= 0).all()) and training[-1] < training[0],
            "here " + ", ".join(f"{value:.1f}" for value in training) + " %",
        ),
    )


if __name__ == "__main__":
    common.run(main)
