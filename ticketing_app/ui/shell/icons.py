"""Icons as strokes in the colour of the text."""

import reflex as rx

_PATHS = {
    "search": ("M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14z", "M16 16l5 5"),
    "explore": ("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z", "M15.5 8.5l-2 5-5 2 2-5z"),
    "sell": ("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z", "M12 8v8", "M8 12h8"),
    "ticket": (
        "M4 7h16v4a1.5 1.5 0 0 0 0 3v4H4v-4a1.5 1.5 0 0 0 0-3z",
        "M14.5 8v9",
    ),
    "account": ("M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8z", "M4 21c0-4 3.5-6.5 8-6.5s8 2.5 8 6.5"),
    "bell": ("M6 17v-6a6 6 0 0 1 12 0v6l1.5 1.5h-15z", "M10 21.5h4"),
    "enter": ("M14 4h5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-5", "M3 12h12", "M11 8l4 4-4 4"),
    "join": (
        "M10 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8z",
        "M2.5 21c0-4 3-6.5 7.5-6.5 1.6 0 3 .3 4.2.9",
        "M18 14v7",
        "M14.5 17.5h7",
    ),
}


def icon(name: str, class_name: str = "size-6") -> rx.Component:
    return rx.el.svg(
        *(rx.el.path(d=path) for path in _PATHS[name]),
        view_box="0 0 24 24",
        aria_hidden="true",
        class_name=f"icon {class_name}",
    )
