"""The kernels at the shapes of the report's network: 2304-512-256-7, batches of 100."""

from __future__ import annotations

import numpy as np

from fernet import _kernels
from fernet._kernels import blas
from fernet.augmentation import named_augmentation

LINEAR_SHAPES = [(100, 2304, 512), (100, 512, 256), (100, 256, 7)]
N_WEIGHTS = 2304 * 512 + 512 * 256 + 256 * 7
N_PARAMETERS = N_WEIGHTS + 512 + 256 + 7


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


class Linear:
    """The GEMM that fernet brings."""

    params = (LINEAR_SHAPES,)
    param_names = ("n_inputs_outputs",)

    def setup(self, shape):
        n, d, b = shape
        self.x, self.weight, self.bias = normal(n, d), normal(d, b), normal(b)
        self.y, self.dy = np.empty((n, b), np.float32), normal(n, b)
        self.dx, self.dweight, self.dbias = map(np.empty_like, (self.x, self.weight, self.bias))

    def time_forward(self, shape):
        _kernels.linear_forward(self.x, self.weight, self.bias, self.y, relu=True)

    def time_backward_input(self, shape):
        _kernels.linear_backward_input(self.dy, self.weight, self.dx)

    def time_backward_params(self, shape):
        _kernels.linear_backward_params(self.x, self.dy, self.dweight, self.dbias)


class Blas(Linear):
    """The same products by SciPy's BLAS, without bias and ReLU."""

    def time_forward(self, shape):
        blas.matmul(self.x, self.weight, self.y)

    def time_backward_input(self, shape):
        blas.matmul(self.dy, self.weight, self.dx, transpose_b=True)

    def time_backward_params(self, shape):
        blas.matmul(self.x, self.dy, self.dweight, transpose_a=True)


class LinearUpdate:
    """A layer's update straight from its input and the gradient to its output."""

    params = (LINEAR_SHAPES,)
    param_names = ("n_inputs_outputs",)

    def setup(self, shape):
        n, d, b = shape
        self.x, self.dy, self.bias_start = normal(n, d), normal(n, b), d * b
        self.weights = normal(d * b + b)
        self.first, self.second = np.zeros_like(self.weights), np.zeros_like(self.weights)

    def time_linear_backward_sgd(self, shape):
        _kernels.linear_backward_sgd(
            self.x, self.dy, self.weights, self.first, 0, self.bias_start, 1e-5, 0.9, 1e-2
        )

    def time_linear_backward_adam(self, shape):
        _kernels.linear_backward_adam(
            self.x, self.dy, self.weights, self.first, self.second, 0, self.bias_start,
            1, 1e-5, 0.9, 0.999, 1e-8, 1e-2,
        )  # fmt: skip


class Elementwise:
    """What runs between the products, on the first hidden layer's (100, 512)."""

    def setup(self):
        self.x, self.dy = normal(100, 512), normal(100, 512)
        self.y, self.dx = np.empty_like(self.x), np.empty_like(self.x)
        self.mask = np.empty(self.x.size // 8, np.uint8)
        _kernels.dropout_forward(self.x, self.y, self.mask, 0.5, 0, 0, 0)

    def time_relu_forward(self):
        _kernels.relu_forward(self.x, self.y)

    def time_relu_backward(self):
        _kernels.relu_backward(self.dy, self.y, self.dx)

    def time_dropout_forward(self):
        _kernels.dropout_forward(self.x, self.y, self.mask, 0.5, 0, 0, 0)

    def time_dropout_backward(self):
        _kernels.dropout_backward(self.dy, self.dx, self.mask, 0.5)


class Softmax:
    """The last layer: 100 rows of 7 classes."""

    def setup(self):
        self.logits = normal(100, 7)
        self.target = (np.arange(100) % 7).astype(np.int32)
        self.distribution = np.full((100, 7), 1 / 7, np.float32)
        self.loss, self.dlogits = np.ones(100, np.float32), np.empty_like(self.logits)
        self.figures = np.empty(2)

    def time_softmax_forward(self):
        _kernels.softmax_forward(self.logits, self.dlogits)

    def time_softmax_cross_entropy(self):
        _kernels.softmax_cross_entropy(
            self.logits, self.target, None, 0.01, 0.1, self.loss, self.dlogits
        )

    def time_soft_target_cross_entropy(self):
        _kernels.soft_target_cross_entropy(
            self.logits, self.distribution, None, 0.01, 0.1, self.loss, self.dlogits
        )

    def time_batch_figures(self):
        _kernels.batch_figures(self.loss, self.logits, self.target, self.figures)


class Updates:
    """One pass over all 1.3 million parameters, which a training with `clip_norm` makes."""

    def setup(self):
        self.params, self.grads = normal(N_PARAMETERS), normal(N_PARAMETERS)
        self.first = np.zeros_like(self.params)
        self.second = np.zeros_like(self.params)
        self.weight = normal(3 * 3 * 192 * 192).reshape(3, 3, 192, 192)

    def time_sgd_update(self):
        _kernels.sgd_update(self.params, self.grads, self.first, 1e-3, 0.9, 1e-2, N_WEIGHTS)

    def time_adam_update(self):
        _kernels.adam_update(
            self.params, self.grads, self.first, self.second,
            1, 1e-3, 0.9, 0.999, 1e-8, 1e-2, N_WEIGHTS,
        )  # fmt: skip

    def time_ema_update(self):
        _kernels.ema_update(self.first, self.params, 0.999)

    def time_mirror_mean(self):
        _kernels.mirror_mean(self.weight, True, True)

    def time_sum_of_squares(self):
        _kernels.sum_of_squares(self.params)


class Gather:
    """A batch of 100 images out of 5,000, scaled, and also warped."""

    params = (["uint8", "float32"],)
    param_names = ("dtype",)

    def setup(self, dtype):
        rng = np.random.default_rng(0)
        self.X = rng.integers(0, 256, (5000, 2304)).astype(dtype)
        self.images = self.X.reshape(-1, 48, 48, 1)
        self.indices = rng.permutation(5000)[:100]
        self.offset, self.scale = normal(2304), normal(2304)
        self.out = np.empty((100, 2304), np.float32)
        turn = np.array([[0.98, -0.2, 1.5], [0.2, 0.98, -2.5]], np.float32)
        self.matrices = np.tile(turn, (100, 1, 1))
        self.gain, self.bias = np.ones(100, np.float32), np.zeros(100, np.float32)
        self.fill = np.full(100, 128, np.float32)
        self.boxes = np.tile(np.array([4, 12, 20, 28], np.int32), (100, 1))

    def time_gather_rows(self, dtype):
        _kernels.gather_rows(self.X, self.indices, self.offset, self.scale, self.out)

    def time_affine_gather(self, dtype):
        _kernels.affine_gather(
            self.images, self.indices, self.matrices, self.gain, self.bias, self.boxes, self.fill,
            self.offset, self.scale, 0.0, 255.0, self.out.reshape(100, 48, 48, 1),
        )  # fmt: skip


class Faults:
    """A batch of 100 images made worse as ``augmentation="robust"`` does, and mixed in pairs."""

    def setup(self):
        rng = np.random.default_rng(0)
        self.x = rng.uniform(0, 255, (100, 48, 48, 1)).astype(np.float32)
        draw = named_augmentation("robust").draw(rng, np.arange(100), (48, 48, 1))
        faults = draw.degradation
        self.faults = (
            faults.row_filters, faults.column_filters, faults.filters, faults.gamma, faults.noise,
            faults.coarseness,
        )  # fmt: skip
        self.share = rng.uniform(0, 1, 50).astype(np.float32)
        self.boxes = np.tile(np.array([4, 12, 20, 28], np.int32), (50, 1))

    def time_degrade_images(self):
        _kernels.degrade_images(self.x, *self.faults, 0.0, 1.0, 0, 0, None, None)

    def time_mix_pairs(self):
        _kernels.mix_pairs(self.x, self.share, self.boxes)
