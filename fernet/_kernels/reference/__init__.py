"""The kernels in plain NumPy: what each one computes, written to be read.

Every function here has the name, the arguments and the meaning of its compiled twin in
:mod:`fernet._kernels`, and is the oracle that the twin is tested against. Outputs are given by
the caller and overwritten. Arrays may be of any floating dtype; gradients are checked against
central differences here in float64. One module a family, named like the compiled one.
"""

from __future__ import annotations

from fernet._kernels.reference.add import add_forward
from fernet._kernels.reference.batch_norm import (
    batch_norm_backward,
    batch_norm_forward,
    batch_norm_inference,
)
from fernet._kernels.reference.batches import (
    affine_gather,
    degrade_images,
    gather_rows,
    gather_targets,
    mix_pairs,
)
from fernet._kernels.reference.checksum import checksum
from fernet._kernels.reference.convolution import (
    conv2d_backward,
    conv2d_backward_input,
    conv2d_backward_params,
    conv2d_forward,
    conv2d_pack,
    conv2d_packed_size,
    conv2d_pool_forward,
    conv2d_pools,
)
from fernet._kernels.reference.dropout import (
    dropout_backward,
    dropout_forward,
    dropout_threshold,
    philox4x32,
)
from fernet._kernels.reference.linear import (
    linear_backward_input,
    linear_backward_params,
    linear_forward,
)
from fernet._kernels.reference.linear_update import linear_backward_adam, linear_backward_sgd
from fernet._kernels.reference.pooling import (
    argmax_size,
    global_avg_pool_backward,
    global_avg_pool_forward,
    max_pool_backward,
    max_pool_forward,
)
from fernet._kernels.reference.relu import relu_backward, relu_forward
from fernet._kernels.reference.softmax import (
    batch_figures,
    count_right,
    log_softmax_forward,
    soft_target_cross_entropy,
    softmax_cross_entropy,
    softmax_forward,
)
from fernet._kernels.reference.updates import (
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
    "dropout_threshold",
    "ema_update",
    "gather_rows",
    "gather_targets",
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
    "philox4x32",
    "relu_backward",
    "relu_forward",
    "scale_inplace",
    "sgd_update",
    "soft_target_cross_entropy",
    "softmax_cross_entropy",
    "softmax_forward",
    "sum_of_squares",
]
