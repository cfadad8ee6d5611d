"""A first look at an installed fernet: each estimator learns, predicts, is saved and loaded."""

import tempfile
from pathlib import Path

import numpy as np

from fernet import FERCNNClassifier, FERMLPClassifier, load_model, load_pretrained, save_model
from fernet.datasets import make_faces


def main() -> None:
    """Raise an AssertionError if something does not work."""
    X, y = make_faces(200, random_state=0, return_X_y=True)
    models = (
        FERMLPClassifier((32,), max_iter=15, random_state=0),
        FERCNNClassifier(filters=[(8, 1)], hidden_layer_sizes=(16,), max_iter=4, random_state=0),
    )
    for model in models:
        losses = model.fit(X, y).loss_curve_
        assert losses[-1] < losses[0], losses
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            save_model(model, path)
            loaded = load_model(path)
        assert np.array_equal(loaded.predict_proba(X), model.predict_proba(X))
    probabilities = load_pretrained("cnn").predict_proba(X[:3])
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)


if __name__ == "__main__":
    main()
