"""What a benchmark ran on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def description() -> dict[str, str]:
    """Describe processor, system and fernet's build."""
    from fernet import show_config

    config = show_config(mode="dicts")
    kernels = config["kernels"]
    return {
        "processor": _processor(),
        "cores": f"{cores()} of {os.cpu_count()}",
        "system": f"{platform.system()} {platform.release()}, Python {config['python']}",
        "fernet": f"{config['fernet']}, {kernels['instruction_set']}, {kernels['compiler']}",
    }


def load_average() -> float:
    """Return how many processes wanted a core in the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
