"""Sentences about events that moved or were cancelled, for buyers and sellers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from ticketing_app import routes
from ticketing_app.core.settings import get_settings
from ticketing_app.notices.letter import Action, Letter
from ticketing_app.notices.views.facts import About, BellLine, EventFacts, Wording, absolute
from ticketing_app.notices.views.orders import EXAMPLE_ID
from ticketing_app.notices.views.tickets import event_stub, place_of, when

_EXAMPLE_STARTS_AT = datetime(2026, 12, 12, 20, tzinfo=UTC)
EXAMPLE = EventFacts(
    event_id=UUID("0193f7a2-4c1d-7e21-9b0a-7f214c0a8d56"),
    slug="the-paper-lanterns-lisbon-2026-12-12",
    title="The Paper Lanterns",
    venue="Kulturhalle",
    city="Lisbon",
    timezone="Europe/Lisbon",
    starts_at=_EXAMPLE_STARTS_AT,
    category="concert",
    order_id=EXAMPLE_ID,
    old_starts_at=_EXAMPLE_STARTS_AT - timedelta(days=7),
    old_venue="Halle 7",
    old_city="Lisbon",
)
EXAMPLE_ABOUT = About(
    title=EXAMPLE.title, event_id=EXAMPLE.event_id, slug=EXAMPLE.slug, order_id=EXAMPLE_ID
)


# ---- Moved -----------------------------------------------------------------------------------------


def event_changed(event: EventFacts) -> Letter:
    if event.is_seller:
        stays = "Your tickets stay on sale with the new facts. If that no longer suits you, withdraw them."
    else:
        stays = "Your tickets stay valid. Only note it, and see you there."
    return Letter(
        subject=f"Changed: {event.title}",
        preheader=f"Now {when(event, event.starts_at)}, {place_of(event)}.",
        heading="The event has changed",
        paragraphs=(f"{event.title} has a new {_changed_part(event)}.", stays),
        stub=event_stub(event),
        facts=_changes(event),
        action=_action(event),
        why=_why(event),
    )


def _changed_part(event: EventFacts) -> str:
    date = "date" if event.old_starts_at else ""
    venue = "place" if event.old_venue or event.old_city else ""
    return " and a new ".join(filter(None, (date, venue)))


def _changes(event: EventFacts) -> tuple[tuple[str, str], ...]:
    rows: list[tuple[str, str]] = []
    if event.old_starts_at:
        rows += [
            ("Was on", when(event, event.old_starts_at)),
            ("Is now on", when(event, event.starts_at)),
        ]
    if event.old_venue or event.old_city:
        rows += [
            ("Was at", ", ".join(filter(None, (event.old_venue, event.old_city)))),
            ("Is now at", place_of(event)),
        ]
    return tuple(rows)


def _event_changed_line(about: About) -> BellLine:
    return BellLine(f"Changed: {about.title}. See the new date and place.", _path(about))


EVENT_CHANGED = Wording(
    event_changed,
    _event_changed_line,
    "An event of yours has a new date or place",
    EXAMPLE,
    EXAMPLE_ABOUT,
)


# ---- Cancelled -------------------------------------------------------------------------------------


def event_cancelled(event: EventFacts) -> Letter:
    if event.is_seller:
        preheader = "Your tickets are off sale."
        paragraphs = (
            f"{event.title} will not take place. Your tickets for it are off sale.",
            "What was sold already is refunded to the buyers. There is nothing for you to do.",
        )
    else:
        preheader = "What you paid goes back to your card by itself."
        paragraphs = (
            f"We are sorry: {event.title} will not take place.",
            "What you paid goes back to your card by itself. Banks take 5 to 10 days to show it.",
        )
    return Letter(
        subject=f"Cancelled: {event.title}",
        preheader=preheader,
        heading="The event is cancelled",
        paragraphs=paragraphs,
        stub=event_stub(event),
        action=_action(event),
        why=_why(event),
    )


def _event_cancelled_line(about: About) -> BellLine:
    more = (
        "Your tickets are off sale." if about.is_seller else "What you paid goes back to your card."
    )
    return BellLine(f"Cancelled: {about.title}. {more}", _path(about))


EVENT_CANCELLED = Wording(
    event_cancelled,
    _event_cancelled_line,
    "An event of yours is cancelled",
    EXAMPLE.model_copy(update={"old_starts_at": None, "old_venue": "", "old_city": ""}),
    EXAMPLE_ABOUT,
)


# ---- Sentences that both kinds share ---------------------------------------------------------------


def _action(event: EventFacts) -> Action:
    if event.is_seller:
        return Action("See your listings", absolute(routes.TICKET_MINE))
    if event.order_id:
        return Action("See your order", absolute(routes.order_detail(event.order_id)))
    return Action("See your orders", absolute(routes.ORDER_LIST))


def _path(about: About) -> str:
    if about.is_seller:
        return routes.TICKET_MINE
    return routes.order_detail(about.order_id) if about.order_id else routes.ORDER_LIST


def _why(event: EventFacts) -> str:
    reason = "sell tickets" if event.is_seller else "have tickets"
    return f"You get this mail because you {reason} for this event on {get_settings().brand_name}."
