"""PyTorch with bfloat16 autocast: half the bytes and, where the processor has them, other units.

Weights, their update, the loss and the batch norms' statistics stay float32.
"""

from __future__ import annotations

import with_torch
from worker import Task


def cnn_train(task: Task) -> float:
    return with_torch.cnn_train(task, bfloat16=True)


def resnet50_train(task: Task) -> float:
    return with_torch.resnet50_train(task, bfloat16=True)
