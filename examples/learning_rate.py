"""Learning rates from 1e-5 to 1e-1: the report's Table 1, Figures 3 and 4.

Plain networks: neither dropout nor L2 nor decay of the rate. All trainings are stopped and judged
by the same tenth of Training.
"""

from __future__ import annotations

import common
import numpy as np
from matplotlib.figure import Figure

from fernet.plotting import LearningCurveDisplay, ParameterCurveDisplay

NAME = "learning_rate_init"
RATES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
TABLE_1 = {
    1e-4: (40.28, 51.1, 1.1770),
    1e-3: (42.09, 79.1, 0.4454),
    1e-2: (45.08, 98.0, 0.0069),
    1e-1: (26.90, 27.5, 1.5881),
}


def main() -> None:
    args = common.parser(__doc__).parse_args()
    search = common.study(args, NAME, RATES)
    runs = common.runs_of(search, NAME)
    common.print_study("Learning rates (Table 1)", "learning rate", runs, TABLE_1)
    best = max(runs, key=lambda rate: np.nan_to_num(np.mean(runs[rate].validation)))
    display = ParameterCurveDisplay.from_estimator(search, NAME, ax=Figure().subplots())
    common.save_picture(display, args, "learning_rates")
    model = common.train_again(args, learning_rate_init=best)
    title = f"Learning rate {best:g}, seed 0"
    common.save_picture(LearningCurveDisplay.of(model, title=title), args, "learning_rate_best")

    order = [np.mean(runs[rate].validation) for rate in TABLE_1]
    rising = order[0] < order[1] < order[2]
    means = ", ".join(f"{mean:.1f}" for mean in order[:3])
    fails = np.nan_to_num(runs[1e-1].validation)
    near_chance = bool(fails.max() < min(runs[1e-2].validation) - 10)
    claims = [
        common.best_claim("0.01 is the best rate", runs, 1e-2),
        common.near_claim("0.01 reaches 45.08 %", runs[1e-2].validation, 45.08, 1.0),
        common.Claim("the higher the better from 0.0001 to 0.01", rising, f"here {means} %"),
        common.Claim("0.1 fails, at 26.90 %", near_chance, f"here {common.spread(fails)} %"),
    ]
    common.verdict(args, *claims)


if __name__ == "__main__":
    common.run(main)
