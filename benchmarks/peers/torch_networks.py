"""The CNNs that fernet is compared on, in PyTorch, with the layers of `fernet.architectures`."""

from __future__ import annotations

from sizes import N_CLASSES
from torch import Tensor, nn

GROUPS = ((32, 2), (64, 3), (128, 3), (256, 3))
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
EXPANSION = 4


def report_cnn() -> nn.Sequential:
    """Build the report's network, section 6; images (n, 1, 48, 48)."""
    layers: list[nn.Module] = []
    channels = 1
    for filters, repeats in GROUPS:
        for _ in range(repeats):
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(inplace=True)]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    layers.append(nn.Flatten())
    for inputs, outputs in ((2304, 512), (512, 128)):
        layers += [nn.Dropout(0.4), nn.Linear(inputs, outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Dropout(0.4), nn.Linear(128, N_CLASSES))


class Bottleneck(nn.Module):
    """1x1, 3x3 with the stride, 1x1, around which a shortcut leads."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = EXPANSION * width
        self.branch = nn.Sequential(
            *_convolution(channels, width, 1),
            nn.ReLU(inplace=True),
            *_convolution(width, width, 3, stride),
            nn.ReLU(inplace=True),
            *_convolution(width, outputs, 1),
        )
        changes = stride != 1 or channels != outputs
        self.shortcut = nn.Sequential(
            *_convolution(channels, outputs, 1, stride) if changes else ()
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.branch(x) + self.shortcut(x))


def resnet50() -> nn.Sequential:
    """Build He et al.'s 50 layers; a 3x3 stem of stride 2 without pooling suits 48x48."""
    layers: list[nn.Module] = [*_convolution(1, 64, 3, 2), nn.ReLU(inplace=True)]
    channels = 64
    for stage, (width, blocks) in enumerate(STAGES):
        for block in range(blocks):
            layers.append(Bottleneck(channels, width, 2 if stage and not block else 1))
            channels = EXPANSION * width
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, N_CLASSES)
    )


def _convolution(channels: int, filters: int, size: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(channels, filters, size, stride, padding=size // 2, bias=False)
    return [convolution, nn.BatchNorm2d(filters)]
