"""Five architectures with all that was tuned: the report's Table 4, against its Tables 1 to 3.

Learning rate 0.01 with a decay of 0.95, dropout 0.01, L2 0.01. The last line has the network of
Tables 1 to 3 again, with each of these off, and so the gain of all three together.
"""

from __future__ import annotations

from typing import Any

import common
import numpy as np
from matplotlib.figure import Figure

from fernet.plotting import ParameterCurveDisplay

NAME = "hidden_layer_sizes"
TABLE_4 = {
    (512, 256): (46.93, 99.9, 0.458),
    (256, 128): (42.47, 98.9, 0.3287),
    (512, 512, 256): (44.49, 97.7, 0.5950),
    (512, 256, 128): (45.54, 99.6, 0.4841),
    (256, 128, 64): (41.67, 0.7, 0.8411),
}
TABLE_1 = {(512, 256): (45.08, 98.0, 0.0069)}


def picture(rows: list[tuple[tuple[int, ...], common.Runs]]) -> Figure:
    """Set validation accuracies side by side, the report's beside them; the last row is plain."""
    names = ["-".join(map(str, sizes)) for sizes, _ in rows]
    names[-1] += "\nplain"
    accuracies = [np.divide(runs.validation, 100) for _, runs in rows]
    axes = Figure(figsize=(7.6, 4.4), layout="constrained").subplots()
    display = ParameterCurveDisplay(
        "units of the hidden layers", names, accuracies, score_name="validation accuracy"
    ).plot(axes)
    display.errorbars_[0].set_label("here, mean and standard deviation of the seeds")
    reported = [row[0] for table in (TABLE_4, TABLE_1) for row in table.values()]
    axes.plot(np.arange(len(rows)) + 0.15, reported, "kx", label="report, one run")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False)
    return axes.figure


def main() -> None:
    args = common.parser(__doc__).parse_args()
    tuned: dict[str, Any] = {key: value for key, value in common.TUNED.items() if key != NAME}
    search = common.study(args, NAME, list(TABLE_4), **tuned)
    runs = common.runs_of(search, NAME)
    common.print_study("Architectures (Table 4)", "hidden layers", runs, TABLE_4)
    plain = common.runs_of(common.study(args, NAME, list(TABLE_1)), NAME)
    common.print_study("Without dropout, L2 and decay (Table 1)", "hidden layers", plain, TABLE_1)
    common.save_picture(picture([*runs.items(), *plain.items()]), args, "architectures")

    here = {sizes: figures.validation for sizes, figures in runs.items()}
    common.verdict(
        args,
        common.best_claim("[512, 256] is the best", runs, (512, 256)),
        common.near_claim("it reaches 46.93 %", here[512, 256], 46.93, 1.0),
        common.better_claim("it beats half its width", here[512, 256], here[256, 128]),
        common.better_claim("a third layer does not help it", here[512, 256], here[512, 256, 128]),
        common.better_claim("three layers suffer as half", here[512, 256, 128], here[256, 128, 64]),
        common.better_claim(
            "dropout 0.01, L2 0.01 and decay 0.95 together gain (46.93 against 45.08 %), "
            "where Tables 2 and 3 find little in either",
            here[512, 256],
            plain[512, 256].validation,
        ),
    )


if __name__ == "__main__":
    common.run(main)
