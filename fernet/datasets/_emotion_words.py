"""Words for emotions in names of folders, of columns and of labels."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fernet.emotions import EMOTIONS, label_numbers

_NUMBERED = re.compile(r"[0-9]+[\s_.-]+")
_BETWEEN_WORDS = re.compile(r"[\s_.-]+")

# Offered, not applied: other data sets mean other pictures by these words.
_WORDS = {
    "angry": ("anger", "mad"),
    "disgust": ("disgusted", "disgusting"),
    "fear": ("fearful", "afraid", "scared"),
    "happy": ("happiness", "joy", "joyful"),
    "sad": ("sadness", "unhappy"),
    "surprise": ("surprised", "suprise", "suprised"),
    "neutral": ("neutrality", "normal"),
}
_WORD_FOR = {word: emotion for emotion, words in _WORDS.items() for word in words}


def other_words(names: Iterable[str]) -> dict[str, str]:
    """The emotions that some names seem to mean in other words, by name."""
    found = {name: _WORD_FOR.get(name.lower()) for name in names}
    return {name: emotion for name, emotion in found.items() if emotion is not None}


def emotion_label(name: str) -> int | None:
    """Label of the emotion that something is named after, or None.

    By its name, upper or lower case, also behind a number ("0_angry"), or by its number.
    """
    name = name.strip().lower()
    word = _NUMBERED.sub("", name, count=1) if _NUMBERED.match(name) else name
    if word in EMOTIONS:
        return EMOTIONS.index(word)
    numbers = label_numbers([name])
    return numbers[0] if numbers and numbers[0] < len(EMOTIONS) else None


def means_emotion(name: str) -> bool:
    """Tell whether a name is, or has in it, an emotion in any of its words, or its number.

    Examples
    --------
    >>> from fernet.datasets._emotion_words import means_emotion
    >>> means_emotion("aia_joy"), means_emotion("Anger"), means_emotion("3"), means_emotion("S005")
    (True, True, True, False)
    """
    words = _BETWEEN_WORDS.split(name.lower())
    return emotion_label(name) is not None or any(
        word in EMOTIONS or word in _WORD_FOR for word in words
    )
