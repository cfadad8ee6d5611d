"""Pictures of data, trainings and models, in scikit-learn's Display convention.

Each display is made by its ``from_estimator`` or ``from_predictions``, or from the numbers
themselves; ``plot(ax=...)`` draws it on axes of yours, `save` into a file without pyplot. They
read in grey print and for colour-blind eyes. Matplotlib is imported as one is drawn.
"""

from fernet.plotting.confusion_matrix import ConfusionMatrixDisplay
from fernet.plotting.emotion_timeline import EmotionTimelineDisplay
from fernet.plotting.face_sheet import FaceSheetDisplay
from fernet.plotting.first_layer import FirstLayerDisplay
from fernet.plotting.learning_curve import LearningCurveDisplay
from fernet.plotting.learning_rate_range import LearningRateRangeDisplay
from fernet.plotting.parameter_curve import ParameterCurveDisplay
from fernet.plotting.per_emotion import PerEmotionDisplay
from fernet.plotting.pixel_importance import PixelImportanceDisplay
from fernet.plotting.reliability import ReliabilityDisplay
from fernet.plotting.robustness import RobustnessDisplay

__all__ = [
    "ConfusionMatrixDisplay",
    "EmotionTimelineDisplay",
    "FaceSheetDisplay",
    "FirstLayerDisplay",
    "LearningCurveDisplay",
    "LearningRateRangeDisplay",
    "ParameterCurveDisplay",
    "PerEmotionDisplay",
    "PixelImportanceDisplay",
    "ReliabilityDisplay",
    "RobustnessDisplay",
]
__dir__ = __all__.copy
