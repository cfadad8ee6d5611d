"""What is said of the packaged networks away from their cards is what the cards say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fernet.pretrained import model_card

ROOT = Path(__file__).parents[2]
SAID = {
    "README.md": ["cnn", "cnn-detailed", "cnn-ferplus", "mlp"],
    "docs/guide/labels.md": ["cnn", "cnn-ferplus", "mlp"],
    "docs/guide/models.md": ["cnn", "cnn-detailed", "cnn-ferplus", "mlp"],
    "docs/guide/votes.md": ["cnn", "cnn-ferplus"],
}


@pytest.mark.parametrize("page", SAID)
def test_pages_give_the_accuracies_of_the_cards(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in SAID[page]:
        card = model_card(name)
        accuracy = re.search(r"(?:Accuracy on PublicTest|eight emotions): ([\d.]+) %", card)
        assert accuracy, f"{name}.md gives no accuracy"
        assert f"{float(accuracy[1]):.1f} %" in text, f"{page} does not say what {name}.md does"
