"""Fitting and predicting with the CNNs on random pixels."""

from __future__ import annotations

import numpy as np

from fernet import FERCNNClassifier

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
    params = (["vgg", "resnet50"], [1, 100])
    param_names = ("architecture", "n_samples")

    def setup(self, architecture, n_samples):
        X, y = pixels(100)
        self.model = FERCNNClassifier(architecture, batch_size=32, **SETTINGS).fit(X, y)
        self.X = X[:n_samples]

    def time_predict_proba(self, architecture, n_samples):
        self.model.predict_proba(self.X)

    def peakmem_predict_proba(self, architecture, n_samples):
        self.model.predict_proba(self.X)
