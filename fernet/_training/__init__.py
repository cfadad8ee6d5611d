"""The training loop and its parts; it knows nothing of scikit-learn."""
