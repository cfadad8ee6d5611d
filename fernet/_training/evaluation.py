"""Loss and accuracy of a network as it stands."""

from __future__ import annotations

import numpy as np

from fernet._engine.session import Session
from fernet._training.data_loader import DataLoader
from fernet._training.losses import SoftmaxCrossEntropy
from fernet.layers.base import PassContext


def evaluate(session: Session, data: DataLoader) -> tuple[float, float]:
    """Compute cross-entropy and accuracy of a network.

    Parameters
    ----------
    session : Session
        Of the network, of which nothing is changed.
    data : DataLoader
        With targets; the weights of the samples count.

    Returns
    -------
    loss, accuracy : float
        Weighted means over the samples; the loss without label smoothing or L2 term. Where there
        are distributions, the loss is against these, and accuracy against the targets.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.data_loader import DataLoader
    >>> from fernet.layers import Linear
    >>> from fernet._engine.network import Network
    >>> from fernet._engine.session import Session
    >>> from fernet._training.evaluation import evaluate
    >>> data = DataLoader(np.ones((4, 3), np.float32), np.zeros(4, np.int32))
    >>> loss, accuracy = evaluate(Session(Network([Linear(2)], (3,))), data)
    >>> round(loss, 4), accuracy     # log(2): all weights are 0
    (0.6931, 1.0)
    """
    network, size = session.network, session.prediction_batch
    workspace = session.workspace(size, training=False)
    pass_ctx, loss_of = PassContext(network.kernels), SoftmaxCrossEntropy(kernels=network.kernels)
    losses = np.empty(size, dtype=network.dtype)
    dlogits = np.empty((size, *network.output_shape), dtype=network.dtype)
    total_loss = total_right = total_weight = 0.0
    for start in range(0, len(data), size):
        indices = data.indices[start : start + size]
        n = len(indices)
        batch = workspace.executable(n)
        data.gather(indices, batch.x)
        logits = batch.forward(pass_ctx)
        target = data.target[indices]
        weight = None if data.weight is None else data.weight[indices]
        n_weight = float(n if weight is None else weight.sum())
        right = logits.argmax(axis=1) == target
        loss = loss_of(logits, data.loss_target[indices], weight, losses[:n], dlogits[:n])
        total_loss += loss * n_weight
        total_right += float(np.count_nonzero(right) if weight is None else weight[right].sum())
        total_weight += n_weight
    return total_loss / total_weight, total_right / total_weight
