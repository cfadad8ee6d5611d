"""What runs when, and where in memory: from layers to the passes over a batch."""
