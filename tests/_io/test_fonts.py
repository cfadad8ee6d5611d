"""Which fonts there are, and what they have."""

from __future__ import annotations

import pytest

from fernet._io.fonts import installed_fonts, shown_signs, signs_in


def test_a_text_needs_a_font_for_what_is_seen_of_it():
    assert shown_signs("a b\t\u200d\nä") == {"a", "b", "ä"}


def test_installed_fonts_have_files_that_tell_their_signs():
    pytest.importorskip("matplotlib")
    file = installed_fonts()["DejaVu Sans"]

    assert signs_in(file, "aüж𓀀") == {"a", "ü", "ж"}
