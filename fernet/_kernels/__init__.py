"""The compiled kernels, one thin Cython module a family over the C in ``csrc``.

:mod:`fernet._kernels.reference` has the plain NumPy version of each: read that first. The
instruction set is the best that the machine has, or the one that ``FERNET_ISA`` names. Blocks
follow the size of the second-level cache, as the system or ``FERNET_L2_BYTES`` tells it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

try:
    from fernet._kernels.runtime import (
        available_isas,
        get_num_threads,
        select_isa,
        selected_isa,
        set_l2_bytes,
        set_num_threads,
    )
except ModuleNotFoundError as error:
    raise ImportError(
        "fernet's compiled kernels are not beside its Python files. If this is a checkout of the "
        "sources, install it for this Python: pip install ."
    ) from error

from fernet._kernels import threads
from fernet._kernels.add import add_forward
from fernet._kernels.batch_norm import (
    batch_norm_backward,
    batch_norm_forward,
    batch_norm_inference,
)
from fernet._kernels.batches import (
    affine_gather,
    degrade_images,
    gather_rows,
    gather_targets,
    mix_pairs,
)
from fernet._kernels.checksum import checksum
from fernet._kernels.convolution import (
    conv2d_backward,
    conv2d_backward_input,
    conv2d_backward_params,
    conv2d_forward,
    conv2d_pack,
    conv2d_packed_size,
    conv2d_pool_forward,
    conv2d_pools,
)
from fernet._kernels.dropout import dropout_backward, dropout_forward
from fernet._kernels.linear import linear_backward_input, linear_backward_params, linear_forward
from fernet._kernels.linear_update import linear_backward_adam, linear_backward_sgd
from fernet._kernels.pooling import (
    argmax_size,
    global_avg_pool_backward,
    global_avg_pool_forward,
    max_pool_backward,
    max_pool_forward,
)
from fernet._kernels.relu import relu_backward, relu_forward
from fernet._kernels.softmax import (
    batch_figures,
    count_right,
    log_softmax_forward,
    soft_target_cross_entropy,
    softmax_cross_entropy,
    softmax_forward,
)
from fernet._kernels.updates import (
    adam_update,
    ema_update,
    mirror_mean,
    scale_inplace,
    sgd_update,
    sum_of_squares,
)

__all__ = [
    "adam_update",
    "add_forward",
    "affine_gather",
    "argmax_size",
    "available_isas",
    "batch_figures",
    "batch_norm_backward",
    "batch_norm_forward",
    "batch_norm_inference",
    "checksum",
    "conv2d_backward",
    "conv2d_backward_input",
    "conv2d_backward_params",
    "conv2d_forward",
    "conv2d_pack",
    "conv2d_packed_size",
    "conv2d_pool_forward",
    "conv2d_pools",
    "count_right",
    "degrade_images",
    "dropout_backward",
    "dropout_forward",
    "ema_update",
    "gather_rows",
    "gather_targets",
    "get_num_threads",
    "global_avg_pool_backward",
    "global_avg_pool_forward",
    "linear_backward_adam",
    "linear_backward_input",
    "linear_backward_params",
    "linear_backward_sgd",
    "linear_forward",
    "log_softmax_forward",
    "max_pool_backward",
    "max_pool_forward",
    "mirror_mean",
    "mix_pairs",
    "relu_backward",
    "relu_forward",
    "scale_inplace",
    "select_isa",
    "selected_isa",
    "set_num_threads",
    "sgd_update",
    "soft_target_cross_entropy",
    "softmax_cross_entropy",
    "softmax_forward",
    "sum_of_squares",
]


def _heed(variable: str, use: Callable[[str], None]) -> None:
    value = os.environ.get(variable)
    if value:
        try:
            use(value)
        except ValueError as error:
            raise ImportError(f"environment variable {variable}: {error}") from None


_heed("FERNET_ISA", select_isa)
_heed("FERNET_L2_BYTES", set_l2_bytes)

threads.register_with_threadpoolctl()
threads.stay_single_in_daemons()
