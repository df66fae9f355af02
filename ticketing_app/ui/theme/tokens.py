"""Design tokens beside the colours of core.brand: no other module has a colour, size or shadow."""

from typing import Any

from ticketing_app.core.brand import LIGHT

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

# Not Tailwind's: that would compose it with rings and inset shadows, which no component has.
SHADOW = "0 2px 10px var(--shade)"
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
            "maxWidth": {"page": "1120px", "form": "480px", "text": "68ch"},
            "minHeight": {"touch": "44px"},
        }
    }
}
