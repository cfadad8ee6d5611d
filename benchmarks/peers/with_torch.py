"""PyTorch at its best: the fused optimiser, and one batch that stays where it is.

fernet's figure beside it includes gathering each batch and keeping the history; this one doesn't.
"""

from __future__ import annotations

from itertools import pairwise

from sizes import BATCH, N_CLASSES, N_FEATURES, RESNET_BATCH
from worker import Task, elapsed_ms


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


def train_images(task: Task, network, optimiser, batch: int, repeat: int, bfloat16: bool) -> float:
    """Time training steps on one batch of images, channels last."""
    import torch
    from inputs import images

    torch.set_num_threads(task.threads)
    network = network.to(memory_format=torch.channels_last)
    chosen = optimiser(network.parameters())
    X, y = as_channels_last(images(batch)), torch.randint(0, N_CLASSES, (batch,))

    def step() -> None:
        chosen.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            outputs = network(X)
        torch.nn.functional.cross_entropy(outputs.float(), y).backward()
        chosen.step()

    return task.median_ms(step, repeat, warmup=3)


def as_channels_last(images):
    """Take (n, 48, 48, 1) for PyTorch's (n, 1, 48, 48), in the same memory."""
    import torch

    return (
        torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    )


def cnn_train(task: Task, bfloat16: bool = False) -> float:
    import torch
    from torch_networks import report_cnn

    def adam(parameters):
        return torch.optim.Adam(parameters, lr=0.001, fused=True)

    return train_images(task, report_cnn(), adam, BATCH, 15, bfloat16)


def resnet50_train(task: Task, bfloat16: bool = False) -> float:
    import torch
    from torch_networks import resnet50

    def sgd(parameters):
        return torch.optim.SGD(parameters, lr=0.01, momentum=0.9, fused=True)

    return train_images(task, resnet50(), sgd, RESNET_BATCH, 7, bfloat16)


def _cnn_forward(task: Task, n_images: int, repeat: int) -> float:
    import torch
    from inputs import images
    from torch_networks import report_cnn

    torch.set_num_threads(task.threads)
    network = report_cnn().eval().to(memory_format=torch.channels_last)
    X = as_channels_last(images(n_images))
    with torch.inference_mode():
        return task.median_ms(lambda: network(X), repeat)


def cnn_forward(task: Task) -> float:
    return _cnn_forward(task, BATCH, 30)


def cnn_forward_1(task: Task) -> float:
    return _cnn_forward(task, 1, 300)


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
