"""What runs when, and where in memory: from layers to the passes over a batch.

From the bottom up: a `graph` says which layer reads what, a `network` adds the parameters. A
`scheduler` decides for a batch size who does whose work (`fusion`), what is recomputed instead of
kept (`segments`), what happens when (`forward_schedule`, `backward_schedule`) and where the arrays
are (`memory_planner`). A `workspace` has the memory for that, and makes for each number of rows an
`executable`: a list of calls. A `session` keeps the workspaces of one network, and predicts.
"""
