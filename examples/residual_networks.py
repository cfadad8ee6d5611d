"""Residual networks against the report's convolutional network: its section 6.

The report's was of 101 layers and "performed better", without figures. A network is given as
architecture:width, such as resnet101:64. All are trained alike, with Adam at 0.001, for as many
epochs; a tenth of Training chooses the epoch that is kept.
"""

from __future__ import annotations

from typing import Any

import common
import numpy as np
from cnn_per_emotion import SMALL

from fernet import FERCNNClassifier

CNN = "vgg"
NETWORKS = (CNN, "resnet18:16", "resnet50:16")
QUICK_NETWORKS = (CNN, "resnet18:2")


def make(network: str, settings: dict[str, Any]) -> FERCNNClassifier:
    architecture, _, width = network.partition(":")
    own = {"width": int(width), "dropout": 0.0} if width else {}
    return FERCNNClassifier(architecture, early_stopping=True, random_state=0, **settings | own)


def minutes(model: FERCNNClassifier) -> np.ndarray:
    """Return how long the training had taken after each epoch."""
    return np.cumsum(model.history_.epochs["seconds"]) / 60


def main() -> None:
    options = common.parser(__doc__, seeds=1)
    options.add_argument("--epochs", type=common.count, default=10, help="(default %(default)s)")
    metavar = "ARCHITECTURE:WIDTH"
    options.add_argument(
        "--networks", nargs="+", type=common.network, default=NETWORKS, metavar=metavar
    )
    args = options.parse_args()
    networks = QUICK_NETWORKS if args.quick else tuple(dict.fromkeys((CNN, *args.networks)))
    settings = common.epochs(args, {"max_iter": args.epochs, "n_iter_no_change": args.epochs})
    split = common.held_out(*common.faces(args, "Training"))
    X_test, y_test = common.faces(args, "PublicTest")
    rows, accuracies, lines = [], {}, {}
    for network in networks:
        own = SMALL if args.quick and network == CNN else {}
        model = make(network, settings | own).fit(**split)
        scores = 100 * np.array(model.validation_scores_)
        accuracies[network] = 100 * model.score(X_test, y_test)
        lines[network] = (minutes(model), scores)
        rows.append([
            network, f"{model.network_.values.size / 1e6:.2f}",
            f"{60 * minutes(model)[-1] / len(scores):.0f}", f"{scores.max():.1f}",
            f"{accuracies[network]:.2f}",
        ])  # fmt: skip
        print(f"{network}: {rows[-1]}", flush=True)
    headings = ["network", "million parameters", "s an epoch", "validation %", "PublicTest %"]
    title = f"Residual networks, {settings['max_iter']} epochs (the report's CNN: 55.70 %)"
    common.print_table(title, headings, rows)
    figure = common.curves(lines, "minutes of training", "validation accuracy (%)")
    common.save_picture(figure, args, "residual_networks")

    residual = {network: value for network, value in accuracies.items() if network != CNN}
    best = max(residual, key=residual.__getitem__)
    gain = residual[best] - accuracies[CNN]
    here = f"here {best} by {gain:+.2f} points, one seed; 1 point is a standard error"
    common.verdict(
        args, common.Claim("residual networks perform better than the CNN", gain > 1.0, here)
    )


if __name__ == "__main__":
    common.run(main)
