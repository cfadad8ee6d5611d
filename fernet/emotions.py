"""The subject in numbers: FER2013's seven emotions and the size of its faces."""

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Names in the order of FER2013's labels: ``EMOTIONS[label]``."""

IMAGE_SHAPE = (48, 48)
"""Height and width of a FER2013 face, in pixels."""
