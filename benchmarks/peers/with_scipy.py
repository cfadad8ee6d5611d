"""The BLAS that SciPy brings, OpenBLAS as a rule."""

from __future__ import annotations

from worker import Task


def _gemm(task: Task, name: str) -> float:
    import numpy as np
    from inputs import gemm_operands
    from scipy.linalg.blas import sgemm
    from threadpoolctl import threadpool_limits

    x, weight, dy = gemm_operands()
    y, dx, dweight = map(np.empty_like, (dy, x, weight))
    # BLAS counts columns first, so it is asked for the transposed product: nothing is copied
    calls = {
        "forward": lambda: sgemm(1, weight.T, x.T, c=y.T, overwrite_c=True),
        "backward_input": lambda: sgemm(1, weight.T, dy.T, c=dx.T, overwrite_c=True, trans_a=True),
        "backward_params": lambda: sgemm(1, dy.T, x.T, c=dweight.T, overwrite_c=True, trans_b=True),
    }
    if not np.shares_memory(calls[name](), {"forward": y, "backward_input": dx}.get(name, dweight)):
        raise RuntimeError("BLAS copied its output")
    with threadpool_limits(task.threads):
        return task.median_ms(calls[name])


def gemm_forward(task: Task) -> float:
    return _gemm(task, "forward")


def gemm_backward_input(task: Task) -> float:
    return _gemm(task, "backward_input")


def gemm_backward_params(task: Task) -> float:
    return _gemm(task, "backward_params")
