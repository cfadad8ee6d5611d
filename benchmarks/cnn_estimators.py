"""Fitting and predicting with the CNNs on random pixels."""

from __future__ import annotations

import numpy as np

from fernet import FERCNNClassifier
from fernet._engine.network import Network
from fernet._engine.prediction_plan import PredictionPlan
from fernet.architectures import ARCHITECTURES

SETTINGS = {"max_iter": 1, "random_state": 0}


def pixels(n_samples: int) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).integers(0, 256, (n_samples, 2304), dtype=np.uint8)
    return X, np.arange(n_samples) % 7


class FitCNN:
    """Five steps of the report's network, batches of 100."""

    params = (["vgg", "vgg, batch norm", "vgg, augmented"],)
    param_names = ("network",)

    def setup(self, network):
        self.X, self.y = pixels(500)
        self.model = FERCNNClassifier(
            "vgg",
            batch_norm=network == "vgg, batch norm",
            augmentation="standard" if network == "vgg, augmented" else None,
            **SETTINGS,
        )

    def time_fit(self, network):
        self.model.fit(self.X, self.y)

    def peakmem_pixels_alone(self, network):
        pass

    def peakmem_fit(self, network):
        self.model.fit(self.X, self.y)


class FitResNet:
    """Two steps, batches of 32."""

    params = (["resnet18", "resnet50", "resnet101"],)
    param_names = ("architecture",)
    timeout = 300

    def setup(self, architecture):
        self.X, self.y = pixels(64)
        self.model = FERCNNClassifier(architecture, dropout=0.0, batch_size=32, **SETTINGS)

    def time_fit(self, architecture):
        self.model.fit(self.X, self.y)

    def peakmem_fit(self, architecture):
        self.model.fit(self.X, self.y)


class PredictCNN:
    """What the demo page, videos of one to five faces and large tables ask for."""

    params = (["vgg", "vgg, batch norm", "compact", "resnet18", "resnet50"], [1, 5, 100])
    param_names = ("network", "n_samples")
    timeout = 300

    def setup(self, network, n_samples):
        X, y = pixels(100)
        architecture, *norms = network.split(", ")
        options = {"batch_norm": True} if norms else {}
        self.model = FERCNNClassifier(architecture, batch_size=32, **options, **SETTINGS)
        self.model.fit(X, y)
        self.X = X[:n_samples]
        self.model.predict_proba(self.X)

    def time_predict_proba(self, network, n_samples):
        self.model.predict_proba(self.X)

    def time_predict_proba_and_compare_weights(self, network, n_samples):
        """As once somebody has asked for the weights, and may have written to them."""
        self.model.network_.n_parameters  # noqa: B018
        self.model.predict_proba(self.X)

    def peakmem_predict_proba(self, network, n_samples):
        self.model.predict_proba(self.X)


class PreparePredictions:
    """What the first prediction does for all others: once for each fit, file and pickle."""

    params = (["vgg", "compact", "resnet18", "resnet50"],)
    param_names = ("architecture",)

    def setup(self, architecture):
        self.network = Network(ARCHITECTURES[architecture](), (48, 48, 1))
        self.network.initialize(0)

    def time_prepare(self, architecture):
        PredictionPlan(self.network)

    def track_bytes_beside_the_weights(self, architecture):
        return PredictionPlan(self.network).n_bytes

    track_bytes_beside_the_weights.unit = "bytes"
