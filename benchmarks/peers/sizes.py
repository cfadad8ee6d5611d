"""How large the data are that every library is timed on."""

from __future__ import annotations

N_ROWS, N_FEATURES, N_CLASSES, BATCH = 5000, 2304, 7, 100
N_CNN_ROWS = 1000
N_RESNET_ROWS, RESNET_BATCH = 96, 32
