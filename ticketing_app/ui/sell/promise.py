"""How the tickets of the sell form are delivered: its answers, and their problems."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from ticketing_app.core.clock import utc_now
from ticketing_app.core.validation import read_uuid
from ticketing_app.tickets.rules import (
    MAX_SEATS,
    DeliveryMethod,
    Issuer,
    is_too_late,
    sellable_until,
)
from ticketing_app.tickets.schemas.deliveries import DeliveryPromise
from ticketing_app.tickets.service.promises import ONE_LINK, READY_TOO_LATE, TOO_SOON
from ticketing_app.ui import transactions
from ticketing_app.ui.sell.form import SellForm, check_tickets, known_seats
from ticketing_app.ui.sell.views import EventFacts, count_line

# The answer without a promise.
SELF = "self"
# Fields that a file fills in before their step.
FOUND = ("venue", "city", "date", "time", "section", "row", "seats")
WITH_FILES = frozenset({DeliveryMethod.FILE, DeliveryMethod.LINK})


def method_of(form: SellForm) -> DeliveryMethod | None:
    offered = {*DeliveryMethod} - {DeliveryMethod.REISSUE}
    return DeliveryMethod(form.delivery) if form.delivery in offered else None


def file_ids(form: SellForm) -> list[UUID]:
    return [found for text in form.files.split(",") if (found := read_uuid(text))]


def read_ids(ids: object) -> list[UUID]:
    """Return the ids that a page sends, each once; `ids` may be anything."""
    texts = ids if isinstance(ids, list) else []
    found = (read_uuid(text) for text in texts[:MAX_SEATS] if isinstance(text, str))
    return list(dict.fromkeys(each for each in found if each))


def read_found(found: object) -> dict[str, str]:
    """Return facts of files for fields that are not in the form of the page; `found` may be anything."""
    values = found if isinstance(found, dict) else {}
    texts = {name: values.get(name) for name in FOUND}
    return {name: text for name, text in texts.items() if isinstance(text, str) and text}


def join_ids(ids: Sequence[UUID]) -> str:
    return ",".join(str(each) for each in ids)


def promise_of(form: SellForm) -> DeliveryPromise | None:
    """Return the promise of a form without problems."""
    method = method_of(form)
    if method is None:
        return None
    if method in WITH_FILES:
        return DeliveryPromise.kept(method, file_ids(form))
    values = {"method": method, "readyOn": form.readyOn}
    if method is DeliveryMethod.TRANSFER:
        values |= {"issuer": form.issuer, "readyOn": form.transferOn or None}
    return transactions.parse(DeliveryPromise, values)


def read_link(form: object) -> str:
    """Return the link of a form that sells by link; the draft never has it."""
    values = form if isinstance(form, dict) else {}
    link = values.get("link")
    is_chosen = values.get("delivery") == DeliveryMethod.LINK
    return link.strip() if is_chosen and isinstance(link, str) else ""


def check_step(form: SellForm, facts: EventFacts | None) -> dict[str, str]:
    """Return the problems of the tickets and their delivery, by field."""
    return check_tickets(form) | check_promise(form, facts)


def check_promise(form: SellForm, facts: EventFacts | None) -> dict[str, str]:
    """Return the problems of the delivery, by field."""
    method = method_of(form)
    if method is None:
        return {} if form.delivery == SELF else {"delivery": "Choose how you have them."}
    if facts and is_too_late(sellable_until(method, facts.starts_at), utc_now()):
        return {"delivery": TOO_SOON}
    if method in WITH_FILES:
        return _check_files(form, method)
    if method is DeliveryMethod.FILE_LATER:
        missing = "" if form.readyOn else "Choose the day on which you get it."
        problem = missing or _check_day(form.readyOn, facts)
        return {"readyOn": problem} if problem else {}
    if form.issuer not in {*Issuer}:
        return {"issuer": "Choose the app."}
    problem = _check_day(form.transferOn, facts)
    return {"transferOn": problem} if problem else {}


def _check_files(form: SellForm, method: DeliveryMethod) -> dict[str, str]:
    files = len(file_ids(form))
    tickets = len(known_seats(form))
    if method is DeliveryMethod.LINK:
        if tickets > 1:
            return {"link": ONE_LINK}
        return {} if files else {"link": "Paste the link."}
    if not files:
        return {"delivery": "Upload your tickets, or choose another way."}
    if files != tickets:
        sold = count_line(tickets)
        return {
            "delivery": f"You sell {sold}, and there are files for {files}. Each needs its own."
        }
    return {}


def _check_day(text: str, facts: EventFacts | None) -> str:
    """Return the problem of a day, empty without one or without a day."""
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return "Choose a day."
    return READY_TOO_LATE if facts and day > facts.starts_local.date() else ""
