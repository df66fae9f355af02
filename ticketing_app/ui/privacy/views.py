"""Values and sentences of the page of one's data."""

from dataclasses import dataclass
from datetime import datetime

from ticketing_app.core.formatting import format_datetime
from ticketing_app.privacy.schemas import ExportRead

# Confirmations, by the `changed` parameter of the address.
NOTES = {
    "export": "We are collecting your data. It shows up here, and we mail you, when it is ready."
}


@dataclass(frozen=True)
class ExportRow:
    id: str = ""
    label: str = ""
    until: str = ""
    is_ready: bool = False

    @classmethod
    def from_export(cls, export: ExportRead, now: datetime) -> "ExportRow":
        return cls(
            id=str(export.id),
            label=f"Asked for {format_datetime(export.requested_at, now)}",
            until=f"Kept until {format_datetime(export.expires_at, now)}"
            if export.is_ready
            else "",
            is_ready=export.is_ready,
        )


def coming_line(count: int) -> str:
    """Return what the owner of tickets for events to come loses; empty without any."""
    if count == 0:
        return ""
    tickets = "a ticket" if count == 1 else f"{count} tickets"
    return f"You bought {tickets} for events to come. Without this account you cannot get at them any more."
