"""Dropout from 0.01 to 0.5: the report's Table 2 and Figure 5.

Learning rate 0.01, neither L2 nor decay of the rate. The report's row without dropout is its
Table 1's; 0.2 and 0.5 are beyond what it tried.
"""

from __future__ import annotations

import common
import numpy as np
from matplotlib.figure import Figure

from fernet.plotting import LearningCurveDisplay, ParameterCurveDisplay

NAME = "dropout"
TABLE_2 = {
    0.01: (43.83, 94.3, 0.021),
    0.02: (43.97, 93.9, 0.055),
    0.05: (42.19, 81.6, 0.296),
    0.1: (41.64, 81.4, 0.286),
}
REPORTED = {0.0: (45.08, 98.0, 0.0069)} | TABLE_2
BEYOND = (0.2, 0.5)


def main() -> None:
    args = common.parser(__doc__).parse_args()
    search = common.study(args, NAME, [*REPORTED, *BEYOND])
    runs = common.runs_of(search, NAME)
    common.print_study("Dropout (Table 2)", NAME, runs, REPORTED)
    display = ParameterCurveDisplay.from_estimator(search, NAME, ax=Figure().subplots())
    common.save_picture(display, args, "dropout")
    model = common.train_again(args, dropout=0.01)
    display = LearningCurveDisplay.of(model, title="Dropout 0.01, seed 0")
    common.save_picture(display, args, "dropout_0.01")

    none = runs[0.0].validation
    best = max(BEYOND + tuple(TABLE_2), key=lambda value: np.mean(runs[value].validation))
    gain = common.better_claim("", runs[best].validation, none)
    pairs = [np.mean([runs[a].validation, runs[b].validation], axis=0) for a, b in
             ((0.01, 0.02), (0.05, 0.1))]  # fmt: skip
    training = [np.mean(runs[value].training) for value in TABLE_2]
    common.verdict(
        args,
        common.near_claim("0.01 reaches 43.83 %", runs[0.01].validation, 43.83, 1.0),
        common.Claim(
            "no dropout helps beside none at all",
            not gain.holds,
            f"{best:g}: {common.spread(runs[best].validation)} %, none: {common.spread(none)} %",
        ),
        common.better_claim("0.01 and 0.02 do better than 0.05 and 0.1", *pairs),
        common.Claim(
            "training accuracy falls as dropout rises to 0.1",
            bool((np.diff(training) < 0).all()),
            "here " + ", ".join(f"{value:.1f}" for value in training) + " %",
        ),
    )


if __name__ == "__main__":
    common.run(main)
