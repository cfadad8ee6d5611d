"""PyTorch at its best: the fused optimiser, and one batch that stays where it is.

fernet's figure beside it includes gathering each batch and keeping the history; this one doesn't.
"""

from __future__ import annotations

from itertools import pairwise

from worker import BATCH, N_CLASSES, N_FEATURES, Task, elapsed_ms


def mlp_train(task: Task) -> float:
    import torch
    from torch import nn

    torch.set_num_threads(task.threads)
    widths = [N_FEATURES, 512, 256]
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU(inplace=True), nn.Dropout(0.01)]
    network = nn.Sequential(*layers, nn.Linear(widths[-1], N_CLASSES))
    optimiser = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.9, weight_decay=0.01, fused=True
    )
    X, y = torch.rand(BATCH, N_FEATURES), torch.randint(0, N_CLASSES, (BATCH,))

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(network(X), y).backward()
        optimiser.step()

    return task.median_ms(step, repeat=300)


def _gemm(task: Task, name: str) -> float:
    import torch
    from inputs import gemm_operands

    torch.set_num_threads(task.threads)
    x, weight, dy = map(torch.from_numpy, gemm_operands())
    y, dx, dweight = map(torch.empty_like, (dy, x, weight))
    calls = {
        "forward": lambda: torch.mm(x, weight, out=y),
        "backward_input": lambda: torch.mm(dy, weight.T, out=dx),
        "backward_params": lambda: torch.mm(x.T, dy, out=dweight),
    }
    return task.median_ms(calls[name])


def gemm_forward(task: Task) -> float:
    return _gemm(task, "forward")


def gemm_backward_input(task: Task) -> float:
    return _gemm(task, "backward_input")


def gemm_backward_params(task: Task) -> float:
    return _gemm(task, "backward_params")


def import_(task: Task) -> float:
    def load() -> None:
        import torch  # noqa: F401

    return elapsed_ms(load)
