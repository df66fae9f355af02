"""Words that several screens share."""

from ticketing_app.events.rules import CATEGORIES

CATEGORY_LABELS = {name: name.capitalize() for name in CATEGORIES} | {"other": "Other event"}
# Held by the viewer.
YOURS = "yours"
YOURS_LABEL = "Yours"
