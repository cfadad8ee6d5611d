"""The kernels of the CNNs, layer by layer at the shapes of the report's network and of ResNet-50.

Batches are those of training: 100 for the report's network, 32 for ResNet-50.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fernet import _kernels
from fernet._training.data_loader import DataLoader
from fernet._training.scaling import PixelScaling
from fernet.augmentation import named_augmentation

BATCH, RESNET_BATCH = 100, 32
N_CNN_PARAMETERS = 3_192_999  # of the report's network for seven classes


@dataclass(frozen=True)
class Convolution:
    """Shapes of one layer."""

    batch: int
    side: int
    channels: int
    filters: int
    size: int = 3
    stride: int = 1


LAYERS = {
    "1-32 at 48": Convolution(BATCH, 48, 1, 32),
    "32-32 at 48": Convolution(BATCH, 48, 32, 32),
    "32-64 at 24": Convolution(BATCH, 24, 32, 64),
    "64-64 at 24": Convolution(BATCH, 24, 64, 64),
    "64-128 at 12": Convolution(BATCH, 12, 64, 128),
    "128-128 at 12": Convolution(BATCH, 12, 128, 128),
    "128-256 at 6": Convolution(BATCH, 6, 128, 256),
    "256-256 at 6": Convolution(BATCH, 6, 256, 256),
}
RESNET_LAYERS = {
    "stem 3x3/2 1-64 at 48": Convolution(RESNET_BATCH, 48, 1, 64, stride=2),
    "1x1 64-256 at 24": Convolution(RESNET_BATCH, 24, 64, 256, size=1),
    "1x1 256-64 at 24": Convolution(RESNET_BATCH, 24, 256, 64, size=1),
    "3x3/2 128-128 at 24": Convolution(RESNET_BATCH, 24, 128, 128, stride=2),
    "1x1/2 256-512 at 24": Convolution(RESNET_BATCH, 24, 256, 512, size=1, stride=2),
    "3x3 256-256 at 6": Convolution(RESNET_BATCH, 6, 256, 256),
    "3x3 512-512 at 3": Convolution(RESNET_BATCH, 3, 512, 512),
    "1x1 512-2048 at 3": Convolution(RESNET_BATCH, 3, 512, 2048, size=1),
}


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


class Conv2D:
    """All three passes, as a training step calls them: bias and ReLU in the forward, the mask of
    the ReLU before the layer in the gradient to the input.
    """

    params = (list(LAYERS), ["auto", "direct"])
    param_names = ("layer", "algorithm")
    layers = LAYERS

    def setup(self, layer, algorithm):
        at = self.layers[layer]
        side = (at.side - 1) // at.stride + 1  # padded so that a stride of 1 keeps the plane
        self.x = np.maximum(normal(at.batch, at.side, at.side, at.channels), 0)
        self.weight = normal(at.size, at.size, at.channels, at.filters)
        self.bias = normal(at.filters)
        self.dy = normal(at.batch, side, side, at.filters)
        self.y, self.dx = np.empty_like(self.dy), np.empty_like(self.x)
        self.dweight, self.dbias = np.empty_like(self.weight), np.empty_like(self.bias)
        stride, padding = (at.stride, at.stride), (at.size // 2, at.size // 2)
        self.how = {"stride": stride, "padding": padding, "algorithm": algorithm}

    def time_forward(self, layer, algorithm):
        _kernels.conv2d_forward(self.x, self.weight, self.bias, self.y, relu=True, **self.how)

    def time_backward_input(self, layer, algorithm):
        _kernels.conv2d_backward_input(self.dy, self.weight, self.dx, relu_x=self.x, **self.how)

    def time_backward_params(self, layer, algorithm):
        _kernels.conv2d_backward_params(self.x, self.dy, self.dweight, self.dbias, **self.how)

    def time_backward(self, layer, algorithm):
        _kernels.conv2d_backward(
            self.x, self.dy, self.weight, self.dx, self.dweight, self.dbias, relu_x=self.x,
            **self.how,
        )  # fmt: skip


class Conv2DResNet(Conv2D):
    params = (list(RESNET_LAYERS), ["auto"])
    layers = RESNET_LAYERS


class Conv2DOneImage:
    """The forward of a single image, whose latency counts."""

    params = (list(LAYERS),)
    param_names = ("layer",)

    def setup(self, layer):
        at = LAYERS[layer]
        self.x = normal(1, at.side, at.side, at.channels)
        self.weight, self.bias = normal(3, 3, at.channels, at.filters), normal(at.filters)
        self.y = np.empty((1, at.side, at.side, at.filters), np.float32)

    def time_forward(self, layer):
        _kernels.conv2d_forward(self.x, self.weight, self.bias, self.y, padding=(1, 1), relu=True)


class Conv2DPool:
    """The forward of the last convolution before each pooling, which pools as it goes."""

    params = (["32-32 at 48", "64-64 at 24", "128-128 at 12", "256-256 at 6"],)
    param_names = ("layer",)

    def setup(self, layer):
        at = LAYERS[layer]
        self.x = normal(at.batch, at.side, at.side, at.channels)
        self.weight, self.bias = normal(3, 3, at.channels, at.filters), normal(at.filters)
        if not _kernels.conv2d_pools(self.x.shape, self.weight.shape, padding=(1, 1)):
            raise NotImplementedError  # asv's way to skip
        self.y = np.empty((at.batch, at.side // 2, at.side // 2, at.filters), np.float32)
        self.argmax = np.empty(_kernels.argmax_size(self.y.size, (2, 2)), np.uint8)

    def time_forward(self, layer):
        _kernels.conv2d_pool_forward(
            self.x, self.weight, self.bias, self.y, self.argmax, padding=(1, 1), relu=True
        )


class MaxPool:
    """The four poolings of 2x2, with the mask of the ReLU before them."""

    params = ([(48, 32), (24, 64), (12, 128), (6, 256)],)
    param_names = ("side_channels",)

    def setup(self, side_channels):
        side, channels = side_channels
        self.x = np.maximum(normal(BATCH, side, side, channels), 0)
        self.dy = normal(BATCH, side // 2, side // 2, channels)
        self.y, self.dx = np.empty_like(self.dy), np.empty_like(self.x)
        self.argmax = np.empty(_kernels.argmax_size(self.y.size, (2, 2)), np.uint8)
        _kernels.max_pool_forward(self.x, self.y, self.argmax)

    def time_forward(self, side_channels):
        _kernels.max_pool_forward(self.x, self.y, self.argmax)

    def time_forward_predicting(self, side_channels):
        _kernels.max_pool_forward(self.x, self.y, None)

    def time_backward(self, side_channels):
        _kernels.max_pool_backward(self.dy, self.y, self.argmax, self.dx, relu=True)


class GlobalAvgPool:
    """The end of ResNet-50."""

    def setup(self):
        self.x, self.dy = normal(RESNET_BATCH, 3, 3, 2048), normal(RESNET_BATCH, 2048)
        self.y, self.dx = np.empty_like(self.dy), np.empty_like(self.x)

    def time_forward(self):
        _kernels.global_avg_pool_forward(self.x, self.y)

    def time_backward(self):
        _kernels.global_avg_pool_backward(self.dy, self.dx)


class BatchNorm:
    """With its ReLU: the first layer of the report's network and three stages of ResNet-50."""

    params = ([(100, 48, 32), (32, 24, 64), (32, 24, 256), (32, 3, 2048)],)
    param_names = ("batch_side_channels",)

    def setup(self, batch_side_channels):
        batch, side, channels = batch_side_channels
        self.x, self.dy = normal(2, batch, side, side, channels)
        self.y, self.dx = np.empty_like(self.x), np.empty_like(self.x)
        self.gamma, self.beta = np.ones(channels, np.float32), np.zeros(channels, np.float32)
        self.mean, self.var, self.dgamma, self.dbeta = np.ones((4, channels), np.float32)
        self.time_forward(batch_side_channels)

    def time_forward(self, batch_side_channels):
        _kernels.batch_norm_forward(
            self.x, self.gamma, self.beta, self.mean, self.var, self.y, 1e-5, relu=True
        )

    def time_inference(self, batch_side_channels):
        _kernels.batch_norm_inference(
            self.x, self.gamma, self.beta, self.mean, self.var, self.y, 1e-5, relu=True
        )

    def time_backward(self, batch_side_channels):
        _kernels.batch_norm_backward(
            self.dy, self.x, self.gamma, self.beta, self.mean, self.var,
            self.dx, self.dgamma, self.dbeta, 1e-5, relu=True,
        )  # fmt: skip


class Add:
    """The end of a block of ResNet-50's first stage."""

    def setup(self):
        self.a, self.b = normal(2, RESNET_BATCH, 24, 24, 256)
        self.y = np.empty_like(self.a)

    def time_forward(self):
        _kernels.add_forward(self.a, self.b, self.y, relu=True)


class Adam:
    """One pass over the report's CNN's 3.2 million parameters."""

    def setup(self):
        self.params, self.grads = normal(2, N_CNN_PARAMETERS)
        self.first, self.second = np.zeros((2, N_CNN_PARAMETERS), np.float32)

    def time_adam_update(self):
        _kernels.adam_update(
            self.params, self.grads, self.first, self.second,
            1, 1e-3, 0.9, 0.999, 1e-8, 1e-4, N_CNN_PARAMETERS,
        )  # fmt: skip


class Augmentation:
    """A batch of 100 varied faces: the draws in NumPy and the warp; without, scaled only."""

    params = ([None, "flip", "standard"],)
    param_names = ("augmentation",)

    def setup(self, augmentation):
        rng = np.random.default_rng(0)
        X = rng.integers(0, 256, (5000, 2304), dtype=np.uint8)
        rows = np.arange(len(X))
        self.batches = DataLoader(
            X,
            np.zeros(len(X), np.int32),
            scaling=PixelScaling().fit(X, rows),
            augmentation=None if augmentation is None else named_augmentation(augmentation),
            image_shape=(48, 48, 1),
        )
        self.indices = rng.permutation(5000)[:BATCH]
        self.out = np.empty((BATCH, 2304), np.float32)

    def time_batch(self, augmentation):
        self.batches.gather_augmented(self.indices, self.out, seed=0, epoch=1, step=1)
