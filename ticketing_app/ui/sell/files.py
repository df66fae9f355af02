"""Values and sentences of uploaded tickets, and of the promise that they make."""

from collections.abc import Sequence
from dataclasses import dataclass

from ticketing_app.tickets.schemas.deliveries import DeliveryRead
from ticketing_app.ui.deliveries.badges import file_label
from ticketing_app.ui.sell.form import SellForm, known_seats
from ticketing_app.ui.sell.promise import promise_of
from ticketing_app.ui.sell.views import EventFacts
from ticketing_app.vault.inspection.results import FileKind
from ticketing_app.vault.rules import LINK_KIND
from ticketing_app.vault.schemas import FileRead


@dataclass(frozen=True)
class FileLine:
    """An uploaded ticket of the draft."""

    id: str = ""
    label: str = ""
    seat: str = ""
    page_href: str = ""
    remove_label: str = ""

    @classmethod
    def from_file(cls, file: FileRead, nth: int, seat: str | None) -> "FileLine":
        has_pages = file.kind not in {FileKind.PASS, LINK_KIND}
        return cls(
            id=str(file.id),
            label=file_label(file),
            seat=f"For seat {seat}" if seat else f"For ticket {nth}",
            page_href=f"/api/files/{file.id}/pages/1" if has_pages else "",
            remove_label=f"Remove file {nth}",
        )


def file_lines(files: Sequence[FileRead], form: SellForm) -> list[FileLine]:
    """Return the files in order, each with its seat."""
    seats = [*known_seats(form), *([None] * len(files))]
    return [FileLine.from_file(file, nth, seats[nth - 1]) for nth, file in enumerate(files, 1)]


def promised(form: SellForm, facts: EventFacts, files: Sequence[FileRead]) -> DeliveryRead | None:
    """Return the promise of the draft as its buyers will see it."""
    promise = promise_of(form)
    return promise and DeliveryRead(
        method=promise.method,
        issuer=promise.issuer,
        ready_on=promise.ready_on,
        code_count=min((file.code_count for file in files), default=None),
        starts_at=facts.starts_at,
        timezone=facts.timezone,
    )


def face_line(form: SellForm) -> str:
    """Return the price that the file says, if the seller's differs."""
    if not form.fileValue or form.fileValue == form.faceValue.strip():
        return ""
    return f"Your file says {form.fileValue}."
