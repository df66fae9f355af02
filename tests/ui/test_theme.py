"""Every pair of text and background colours of the theme has enough contrast (WCAG AA)."""

import re

import pytest

from ticketing_app.core import brand
from ticketing_app.ui.theme import tokens

AA = 4.5
PAIRS = [
    *(
        (text, ground)
        for ground in ("paper", "surface")
        for text in ("ink", "muted", "accent", "bad", "wait", "good")
    ),
    ("on-accent", "accent"),
    *((name, f"{name}-soft") for name in ("good", "wait", "done", "bad", "accent")),
]


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


class TestContrast:
    @pytest.mark.parametrize("tokens", [brand.LIGHT, brand.DARK], ids=["light", "dark"])
    @pytest.mark.parametrize(("text", "ground"), PAIRS)
    def test_is_readable(self, tokens: dict[str, str], text: str, ground: str) -> None:
        assert contrast(tokens[text], tokens[ground]) >= AA

    @pytest.mark.parametrize("colours", brand.CATEGORIES.values(), ids=brand.CATEGORIES)
    def test_is_readable_on_the_date_block(self, colours: tuple[str, str]) -> None:
        assert min(contrast("#FFFFFF", colour) for colour in colours) >= AA

    @pytest.mark.parametrize("art", tokens.ART.values(), ids=tokens.ART)
    def test_increases_under_the_pattern(self, art: str) -> None:
        """The patterns over the hues are black or transparent, so the contrast of white only grows."""
        assert set(re.findall(r"#\w+|rgb\([^/]*", art)) == {"#0000", "rgb(0 0 0"}

    def test_every_category_has_a_pattern(self) -> None:
        assert tokens.ART.keys() == brand.CATEGORIES.keys()

    def test_has_the_same_tokens_in_both_modes(self) -> None:
        assert brand.LIGHT.keys() == brand.DARK.keys()
