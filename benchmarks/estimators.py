"""Fitting, predicting and searching with the report's network on random pixels."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import GridSearchCV

from fernet import FERMLPClassifier, load_pretrained

N_FER2013_TRAINING = 28_709


def pixels(n_samples: int, dtype: str = "uint8") -> tuple[np.ndarray, np.ndarray]:
    """Random images, between 0 and 1 where they are floats, and labels."""
    X = np.random.default_rng(0).integers(0, 256, (n_samples, 2304), dtype=np.uint8)
    return X if dtype == "uint8" else X.astype(dtype) / 255, np.arange(n_samples) % 7


def network(**settings) -> FERMLPClassifier:
    return FERMLPClassifier(dropout=0.01, weight_decay=0.01, random_state=0, **settings)


class Fit:
    params = (["uint8", "float32"],)
    param_names = ("dtype",)

    def setup(self, dtype):
        self.X, self.y = pixels(5000, dtype)

    def time_fit(self, dtype):
        network(max_iter=2).fit(self.X, self.y)


class FitFER2013:
    """As many rows as FER2013's Training has: 66 MB of pixels."""

    def setup(self):
        self.X, self.y = pixels(N_FER2013_TRAINING)

    def time_fit_one_epoch(self):
        network(max_iter=1).fit(self.X, self.y)

    def peakmem_pixels_alone(self):
        pass

    def peakmem_fit(self):
        network(max_iter=1).fit(self.X, self.y)


class PartialFit:
    """A stream in batches of 100: what a call costs beside its step."""

    def setup(self):
        self.X, self.y = pixels(100)
        self.model = network(batch_size=100).partial_fit(self.X, self.y)

    def time_partial_fit(self):
        self.model.partial_fit(self.X, self.y)


class Predict:
    params = ([1, 100, 3589],)
    param_names = ("n_samples",)

    def setup(self, n_samples):
        X, y = pixels(3589)
        self.model = network(max_iter=1).fit(X[:500], y[:500])
        self.X = X[:n_samples]

    def time_predict_proba(self, n_samples):
        self.model.predict_proba(self.X)


class PredictByViews:
    """The network that comes with fernet: averages over mirror images, and over shifts too."""

    params = ([None, "shifts"], [1, 5, 200])
    param_names = ("average_views", "n_samples")

    def setup(self, average_views, n_samples):
        self.model = load_pretrained("cnn").set_params(average_views=average_views)
        self.X = pixels(n_samples)[0]
        self.model.predict_proba(self.X)

    def time_predict_proba(self, average_views, n_samples):
        self.model.predict_proba(self.X)


class Search:
    params = ([1, 2],)
    param_names = ("n_jobs",)
    timeout = 300

    def setup(self, n_jobs):
        self.X, self.y = pixels(3000, "float32")

    def time_grid_search(self, n_jobs):
        grid = {"dropout": [0.0, 0.1], "weight_decay": [0.0, 0.01]}
        search = GridSearchCV(network(max_iter=4), grid, cv=2, n_jobs=n_jobs, refit=False)
        search.fit(self.X, self.y)
