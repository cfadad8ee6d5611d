"""Multi-layer perceptrons."""

from __future__ import annotations

from collections.abc import Sequence

from fernet.layers import Dropout, Layer, Linear, ReLU

__all__ = ["mlp"]
__dir__ = __all__.copy


def mlp(
    hidden_layer_sizes: Sequence[int] = (512, 256), n_classes: int = 7, *, dropout: float = 0.0
) -> list[Layer]:
    """List the layers of a multi-layer perceptron.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(512, 256)
        Units of each hidden layer; none makes softmax regression.
    n_classes : int, default=7
        Outputs.
    dropout : float, default=0.0
        Probability of dropping a hidden unit; 0 leaves dropout out.

    Returns
    -------
    list of Layer
        Ends in logits; the softmax belongs to the loss.

    References
    ----------
    The report, section 5.

    Examples
    --------
    >>> from fernet.architectures import mlp
    >>> for layer in mlp((512,), 7, dropout=0.5):
    ...     print(layer)
    Linear(n_outputs=512, initializer='he_normal', use_bias=True)
    ReLU()
    Dropout(rate=0.5)
    Linear(n_outputs=7, initializer='glorot_uniform', use_bias=True)
    """
    layers: list[Layer] = []
    for size in hidden_layer_sizes:
        layers += [Linear(size), ReLU()]
        if dropout > 0:
            layers.append(Dropout(dropout))
    return [*layers, Linear(n_classes, initializer="glorot_uniform")]
