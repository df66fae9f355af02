"""Design tokens: no colour, size or shadow is written outside this package."""

from typing import Any

LIGHT = {
    "paper": "#FBFAF7",
    "surface": "#FFFFFF",
    "ink": "#14161A",
    "muted": "#5B5E66",
    "line": "#E6E2D8",
    "accent": "#4A3FCF",
    "on-accent": "#FFFFFF",
    "accent-soft": "#ECEAFB",
    "good": "#14653A",
    "good-soft": "#E2F3E8",
    "wait": "#7A4A00",
    "wait-soft": "#FFF0D4",
    "done": "#4A5160",
    "done-soft": "#E9EBEF",
    "bad": "#A3231B",
    "bad-soft": "#FDE9E7",
    "shade": "rgb(20 22 26 / 0.10)",
    "veil": "rgb(20 22 26 / 0.55)",
}
DARK = {
    "paper": "#0F1115",
    "surface": "#171A21",
    "ink": "#F2F0EA",
    "muted": "#A6A9B2",
    "line": "#2A2E37",
    "accent": "#AFA8FF",
    "on-accent": "#14161A",
    "accent-soft": "#25233F",
    "good": "#7FDDA4",
    "good-soft": "#12301F",
    "wait": "#FFCB7A",
    "wait-soft": "#362708",
    "done": "#B7BDCB",
    "done-soft": "#262B36",
    "bad": "#FF9E96",
    "bad-soft": "#3A1715",
    "shade": "rgb(0 0 0 / 0.45)",
    "veil": "rgb(0 0 0 / 0.65)",
}
# Two close hues each, dark enough for white text in both modes.
CATEGORIES = {
    "concert": ("#5B33B8", "#8A35B8"),
    "sports": ("#0A5C43", "#0F7656"),
    "theatre": ("#8F1A38", "#B02E4C"),
    "comedy": ("#94440A", "#AE520E"),
    "festival": ("#0B5485", "#116A9E"),
    "other": ("#3F4654", "#565E6E"),
}
# Drawn over the two hues. Only darkens them, so that white text keeps its contrast.
ART = {
    # Sound that spreads.
    "concert": "repeating-radial-gradient(circle at 0 100%,#0000 0 10px,rgb(0 0 0/.11) 11px 14px,#0000 15px)",
    # Lanes of a track.
    "sports": "repeating-linear-gradient(115deg,#0000 0 13px,rgb(0 0 0/.11) 14px 19px,#0000 20px)",
    # Folds of a curtain.
    "theatre": "repeating-linear-gradient(90deg,rgb(0 0 0/.2) 0,#0000 9px,rgb(0 0 0/.2) 18px)",
    # Confetti.
    "comedy": "radial-gradient(circle,rgb(0 0 0/.18) 3px,#0000 4px) 0 0/15px 15px,"
    "radial-gradient(circle,rgb(0 0 0/.12) 2px,#0000 3px) 7px 7px/15px 15px",
    # Rays of a low sun.
    "festival": "repeating-conic-gradient(from 5deg at 50% 115%,rgb(0 0 0/.12) 0 9deg,#0000 9.5deg 21deg)",
    # Guilloche, as on banknotes.
    "other": "repeating-linear-gradient(45deg,rgb(0 0 0/.14) 0 1px,#0000 2px 7px),"
    "repeating-linear-gradient(135deg,rgb(0 0 0/.14) 0 1px,#0000 2px 7px)",
}

TAILWIND: Any = {
    "theme": {
        "extend": {
            "colors": {name: f"var(--{name})" for name in LIGHT},
            "fontSize": {
                "sm": ["14px", "20px"],
                "base": ["16px", "24px"],
                "lg": ["18px", "26px"],
                "xl": ["22px", "28px"],
                "2xl": ["28px", "34px"],
                "3xl": ["40px", "46px"],
            },
            "borderRadius": {"stub": "12px", "control": "8px"},
            "boxShadow": {"soft": "0 2px 10px var(--shade)"},
            "maxWidth": {"page": "1120px", "form": "480px", "text": "68ch"},
            "minHeight": {"touch": "44px"},
        }
    }
}
