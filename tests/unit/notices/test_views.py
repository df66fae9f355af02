"""Every kind of notice: its letter and the line of the bell, drawn from its example."""

import email
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from email import policy

import pytest

from tests.unit.notices.test_letter import Page, compose
from ticketing_app.core.settings import get_settings
from ticketing_app.notices import letter as letters
from ticketing_app.notices.letter import Letter
from ticketing_app.notices.rules import KINDS
from ticketing_app.notices.views import account, cases, events, orders, sales
from ticketing_app.notices.views.catalog import WORDINGS, draw_letter, draw_line
from ticketing_app.notices.views.facts import BellLine, OrderFacts, TicketFacts

SITE = "https://ticketing.dev"
HOSTILE = "<script>alert(1)</script>\r\nBcc: a@b.test\u202e\x00\"'&"


@pytest.fixture(autouse=True)
def _site(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """The address of the site that the examples link to."""
    monkeypatch.setenv("PUBLIC_URL", SITE)
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


def example(kind: str) -> Letter:
    return draw_letter(kind, WORDINGS[kind].example)


def line(kind: str) -> BellLine:
    return draw_line(kind, WORDINGS[kind].about.model_dump(mode="json"))


@pytest.mark.parametrize("kind", WORDINGS)
class TestEveryKind:
    def test_html_and_text_say_the_same(self, kind: str) -> None:
        letter = example(kind)
        html = {word.casefold() for word in Page(letters.html(letter)).words}
        text = {word.rstrip(":").casefold() for word in letters.text(letter).split()}
        assert {word.rstrip(":") for word in html} ^ text <= {"--"}

    def test_has_one_heading_and_links_to_the_site(self, kind: str) -> None:
        page = Page(letters.html(example(kind)))
        assert page.elements.count("h1") == 1
        assert page.elements.count("p") >= 2
        assert all(link == SITE or link.startswith(f"{SITE}/") for link in page.links)

    def test_has_a_whole_subject_and_short_lines(self, kind: str) -> None:
        letter = example(kind)
        assert 10 <= len(letter.subject) <= letters.SUBJECT_MAX_LENGTH
        sent = letters.to_bytes(compose(letter))
        assert max(map(len, sent.split(b"\r\n"))) <= 998
        assert email.message_from_bytes(sent, policy=policy.default)["Subject"] == letter.subject

    def test_speaks_in_sentences(self, kind: str) -> None:
        letter = example(kind)
        sentences = (*letter.paragraphs, *letter.after, letter.preheader, letter.why)
        assert all(sentence.endswith((".", "!", "?", "”")) for sentence in sentences)
        assert letter.preheader not in {letter.heading, letter.subject}

    def test_the_bell_has_one_sentence_and_a_page(self, kind: str) -> None:
        text, path = line(kind)
        assert text.endswith(".")
        assert len(text) <= 120
        assert path.startswith("/")
        assert WORDINGS[kind].label


def test_every_kind_has_sentences() -> None:
    assert KINDS.keys() <= WORDINGS.keys()


def test_hostile_words_stay_words() -> None:
    ticket = TicketFacts(
        title=HOSTILE, price_cents=100, venue=HOSTILE, city=HOSTILE, section=HOSTILE, seat=HOSTILE
    )
    order = orders.EXAMPLE.model_dump() | {"title": HOSTILE, "tickets": (ticket, ticket)}
    letter = orders.paid(OrderFacts.model_validate(order))
    mail = email.message_from_bytes(letters.to_bytes(compose(letter)), policy=policy.default)
    assert mail["Bcc"] is None
    assert "script" not in Page(letters.html(letter)).elements
    assert "\u202e" not in letters.text(letter)


class TestOrders:
    def test_one_ticket_is_not_several(self) -> None:
        one = orders.EXAMPLE.model_copy(
            update={"quantity": 1, "price_cents": 4000, "tickets": orders.EXAMPLE_TICKETS[:1]}
        )
        assert orders.paid(one).heading == "You paid for your ticket"
        assert sales.sold(one).subject == "Sold: 1 ticket for The Paper Lanterns"
        for draw in (orders.paid, sales.sold, sales.order_started):
            assert "tickets" not in letters.text(draw(one)).replace("/tickets/mine", "")

    def test_receipt_and_sale_promise_what_the_delivery_does(self) -> None:
        order = orders.EXAMPLE
        here = order.model_copy(update={"is_here": True})
        late = order.model_copy(update={"send_by": datetime(2026, 12, 3, 20, tzinfo=UTC)})
        assert orders.paid(here).heading == "Your tickets are here"
        assert "the buyer has them already" in letters.text(sales.sold(here))
        for unsent in (order, late):
            assert orders.paid(unsent).heading == "You paid for your tickets"
        assert "not checked by us" in letters.text(orders.paid(order))
        assert "Dec 3, 2026" in letters.text(orders.paid(late))
        assert "Dec 3, 2026" in letters.text(sales.sold(late))

    def test_receipt_names_seats_prices_and_total(self) -> None:
        letter = orders.paid(orders.EXAMPLE)
        assert letter.stub is not None
        assert letter.stub.lines == (
            "8:00\u202fPM · Kulturhalle, Lisbon",
            "Section\u00a0Stalls · Row\u00a04 · Seats\u00a011,\u00a012",
        )
        assert letter.facts[:2] == (("Tickets", "2 \u00d7 $40.00"), ("Total", "$80.00"))

    @pytest.mark.parametrize(
        "draw", [orders.hold_ending, orders.order_expired, orders.order_cancelled]
    )
    def test_an_unconfirmed_address_reads_no_words_of_users(
        self, draw: Callable[[OrderFacts], Letter]
    ) -> None:
        unconfirmed = orders.EXAMPLE.model_copy(update={"title": "", "tickets": ()})
        letter = draw(unconfirmed)
        assert "2 tickets" in letter.subject
        assert "Lanterns" not in letters.text(letter)

    def test_refund_of_a_part_keeps_the_rest(self) -> None:
        part = orders.refunded(orders.EXAMPLE.model_copy(update={"refunded_cents": 4000}))
        whole = orders.refunded(orders.EXAMPLE.model_copy(update={"refunded_cents": 8000}))
        assert "stays as it is" in letters.text(part)
        assert "no longer yours" in letters.text(whole)


class TestEvents:
    def test_names_only_what_changed(self) -> None:
        same_place = events.EXAMPLE.model_copy(update={"old_venue": "", "old_city": ""})
        assert [label for label, _ in events.event_changed(same_place).facts] == [
            "Was on",
            "Is now on",
        ]
        same_day = events.EXAMPLE.model_copy(update={"old_starts_at": None})
        assert [label for label, _ in events.event_changed(same_day).facts] == [
            "Was at",
            "Is now at",
        ]

    def test_says_the_start_in_the_time_of_the_venue(self) -> None:
        far = events.EXAMPLE.model_copy(update={"timezone": "Asia/Tokyo"})
        assert "Sun, Dec 13, 2026, 5:00" in events.event_changed(far).preheader

    def test_tells_sellers_about_their_listings(self) -> None:
        seller = events.EXAMPLE.model_copy(update={"is_seller": True, "order_id": None})
        for draw in (events.event_changed, events.event_cancelled):
            letter = draw(seller)
            assert letter.action is not None
            assert letter.action.url == f"{SITE}/tickets/mine"
            assert "card" not in letters.text(letter)


class TestAccount:
    def test_welcome_asks_for_nothing_once_confirmed(self) -> None:
        letter = account.welcome(account.WelcomeFacts())
        assert letter.action is not None
        assert letter.action.url == f"{SITE}/"
        assert "confirm" not in letters.text(letter).casefold()

    def test_masks_the_new_address(self) -> None:
        text = letters.text(example("address_changed"))
        assert "i•••@example.com" in text
        assert "ines" not in text


class TestCases:
    def test_quotes_nothing_to_an_unconfirmed_address(self) -> None:
        letter = cases.case_received(cases.CaseReceivedFacts(number="418207"))
        assert "You wrote" not in letters.text(letter)

    def test_shortens_an_answer_under_the_bell(self) -> None:
        long = draw_line("case_answered", {"number": "418-207", "answer": "word " * 300})
        assert long.text.endswith("word …”.")
        assert len(long.text) <= 120

    def test_keeps_the_paragraphs_of_an_answer(self) -> None:
        answered = cases.CaseAnsweredFacts(number="418207", answer="Hello.\n\nSee you!")
        assert cases.case_answered(answered).paragraphs == ("Hello.", "See you!")
