"""A cluster to search on."""

from __future__ import annotations

import pytest


@pytest.fixture
def cluster():
    """A real dask cluster of two worker processes, of a thread each."""
    distributed = pytest.importorskip(
        "distributed", reason='dask is not installed: pip install "fernet-emotion[dask]"'
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster
