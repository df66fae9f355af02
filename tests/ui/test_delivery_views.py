"""Sentences and values that the pages show of a delivery."""

from datetime import UTC, datetime, timedelta

import pytest

from ticketing_app.core import db
from ticketing_app.deliveries.rules import DeliveryStatus, Transition
from ticketing_app.deliveries.schemas import (
    DeliveryFile,
    DeliveryItem,
    DeliveryRead,
    DeliveryStepRead,
)
from ticketing_app.orders.schemas import ItemTicket, TicketGift
from ticketing_app.tickets.rules import DeliveryMethod
from ticketing_app.ui.deliveries import views

NOW = datetime(2027, 1, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICKET = ItemTicket(id=db.new_id(), title="The Paper Lanterns", price_cents=4000, seat="7")
TICKETS = {TICKET.id: TICKET}


def file(
    *, is_yours: bool = True, is_opened: bool = False, codes: int = 2, kind: str = "application/pdf"
) -> DeliveryFile:
    return DeliveryFile(
        kind=kind,
        pages=1,
        codes=codes,
        sha256="ab" * 32,
        opened_at=NOW if is_opened else None,
        is_yours=is_yours,
        file_id=db.new_id() if is_yours else None,
    )


def delivery(
    status: str,
    *,
    method: str | None = "file",
    due_at: datetime | None = None,
    found: DeliveryFile | None = None,
    opened_at: datetime | None = None,
) -> DeliveryRead:
    begun = DeliveryStepRead(
        transition=Transition.BEGIN, status=DeliveryStatus.WAITING, due_at=None, at=NOW - DAY
    )
    last = DeliveryStepRead(
        transition=Transition.OPEN, status=DeliveryStatus(status), due_at=None, at=NOW
    )
    return DeliveryRead(
        id=db.new_id(),
        order_id=db.new_id(),
        seller_id=db.new_id(),
        buyer_id=db.new_id(),
        method=DeliveryMethod(method) if method else None,
        status=DeliveryStatus(status),
        due_at=due_at,
        has_waited=False,
        opened_at=opened_at,
        items=[DeliveryItem(number=1, ticket_id=TICKET.id, file=found)],
        steps=[begun, last],
    )


class TestOutcome:
    @pytest.mark.parametrize(
        ("status", "outcome", "heading"),
        [
            ("waiting", "The seller sends it by Mon, Jan 4.", "Paid: Derby"),
            ("issuing", "Your ticket is being issued in your name.", "Paid: Derby"),
            ("ready", "Your ticket is here.", "Your ticket is here: Derby"),
            ("sent", "The seller has sent your ticket.", "Paid: Derby"),
            ("received", "The ticket is yours.", "You are going: Derby"),
            ("late", "Your ticket is late.", "Paid: Derby"),
            ("failed", "Your ticket did not come.", "Paid: Derby"),
        ],
    )
    def test_is_the_truth_of_the_delivery(self, status: str, outcome: str, heading: str) -> None:
        due_at = NOW + 2 * DAY if status == "waiting" else None
        found = delivery(status, due_at=due_at)
        assert views.outcome(found, 1, NOW)[0] == outcome
        assert views.heading(found, 1, "Derby") == heading
        assert views.is_here(found) == (status in {"ready", "received"})

    @pytest.mark.parametrize("found", [None, delivery("waiting", method=None)])
    def test_promises_nothing_that_the_seller_did_not(self, found: DeliveryRead | None) -> None:
        assert views.outcome(found, 2, NOW)[0] == "You paid. The seller sends you the tickets."
        assert not views.is_here(found)

    def test_tells_when_it_was_opened(self) -> None:
        found = delivery("received", opened_at=NOW)
        assert views.outcome(found, 1, NOW)[1].startswith("Opened on Jan 2, 2027. You find it")


class TestTone:
    @pytest.mark.parametrize(
        ("status", "tone"),
        [
            ("waiting", ""),
            ("issuing", ""),
            ("ready", "good"),
            ("sent", ""),
            ("received", "good"),
            ("late", "wait"),
            ("failed", ""),
        ],
    )
    def test_is_good_only_for_what_the_buyer_has(self, status: str, tone: str) -> None:
        assert views.tone(delivery(status)) == tone

    def test_is_good_for_what_is_paid_without_a_promise(self) -> None:
        assert views.tone(None) == views.tone(delivery("waiting", method=None)) == "good"

    def test_is_calm_for_what_was_passed_on(self) -> None:
        assert views.tone(delivery("received", found=file(is_yours=False))) == ""


class TestDeliveryView:
    def test_a_sealed_file_has_no_picture_on_the_page_yet(self) -> None:
        view = views.delivery_view(delivery("ready", found=file()), TICKETS)
        assert (view.can_open, view.is_opened, view.open_label) == (True, False, "Open my ticket")
        opened = views.as_opened(view)
        assert (opened.can_open, opened.is_opened) == (False, True)

    def test_pictures_are_parts_of_the_delivery(self) -> None:
        found = delivery("received", found=file(is_opened=True))
        (shown,) = views.delivery_view(found, TICKETS).files
        assert [code.src for code in shown.codes] == [
            f"/api/deliveries/{found.id}/parts/1-code-1",
            f"/api/deliveries/{found.id}/parts/1-code-2",
        ]
        assert shown.codes[1].alt == "Barcode of Seat 7, 2 of 2"
        assert (shown.pages[0].alt, shown.download) == ("Page of Seat 7", "Download PDF")

    def test_a_link_is_followed_not_downloaded(self) -> None:
        found = file(is_opened=True, codes=0, kind=views.LINK_KIND)
        (shown,) = views.delivery_view(delivery("received", found=found), TICKETS).files
        assert (shown.download, shown.is_link, shown.sha256) == ("Open in Google Wallet", True, "")

    @pytest.mark.parametrize("is_opened", [False, True])
    def test_a_ticket_for_sale_again_stays_as_it_is(self, *, is_opened: bool) -> None:
        listed = TicketGift(ticket_id=TICKET.id, file_id=db.new_id(), listed_id=db.new_id())
        found = delivery("ready", found=file(is_opened=is_opened))
        view = views.delivery_view(found, TICKETS, [listed])
        line = "It is for sale again." if is_opened else "It is for sale again, still sealed."
        assert not view.can_open
        assert [(each.line, each.href) for each in view.busy] == [
            (line, f"/tickets/{listed.listed_id}")
        ]

    def test_an_offered_ticket_of_several_is_named(self) -> None:
        other = TICKET.model_copy(update={"id": db.new_id(), "seat": "8"})
        offered = TicketGift(ticket_id=other.id, file_id=db.new_id(), gift_id=db.new_id())
        found = delivery("ready", found=file())
        found.items.append(DeliveryItem(number=2, ticket_id=other.id, file=file()))
        tickets = TICKETS | {other.id: other}
        view = views.delivery_view(found, tickets, [offered])
        assert (view.can_open, len(view.busy)) == (False, 1)
        assert view.busy[0].line == "Seat 8: Offered to a friend."
        assert view.busy[0].href == f"/gifts/{offered.gift_id}"
        taken = offered.model_copy(update={"is_taken": True})
        assert views.delivery_view(found, tickets, [taken]).can_open

    @pytest.mark.parametrize("found", [None, file(is_yours=False)])
    def test_other_files_are_not_shown(self, found: DeliveryFile | None) -> None:
        assert views.delivery_view(delivery("ready", found=found), TICKETS).id == ""

    def test_the_seller_sees_whether_it_was_opened(self) -> None:
        sold = delivery("received", found=file(is_yours=False, is_opened=True))
        assert views.sold_files(sold, TICKETS, NOW) == [("Seat 7", "ab" * 32, "Jan 2, 2027")]


class TestProgress:
    @pytest.mark.parametrize(
        ("status", "starts_at", "states"),
        [
            ("waiting", NOW + DAY, ["done", "now", "next"]),
            ("ready", NOW + DAY, ["done", "done", "now"]),
            ("received", NOW - DAY, ["done", "done", "done"]),
            ("received", None, ["done", "done", "now"]),
            ("voided", NOW, []),
        ],
    )
    def test_has_at_most_four_steps(
        self, status: str, starts_at: datetime | None, states: list[str]
    ) -> None:
        due_at = NOW + DAY if status == "waiting" else None
        steps = views.progress(delivery(status, due_at=due_at), starts_at, NOW)
        assert [step.state for step in steps] == states
        if status == "waiting":
            assert steps[1].when == "by Sun, Jan 3"

    def test_the_history_names_what_people_did(self) -> None:
        assert views.steps(delivery("received")) == [(NOW, "Opened")]
