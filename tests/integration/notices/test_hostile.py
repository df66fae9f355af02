"""Texts of users in mails."""

import html
from email.message import EmailMessage

import pytest
from sqlalchemy import text

from tests import factories
from tests.integration.events.delivery import deliver
from tests.integration.events.test_curation import apply
from tests.integration.notices import sends
from tests.integration.notices.mail_server import MailServer
from tests.integration.notices.test_events import TOMORROW
from tests.integration.notices.test_orders import ALL
from tests.integration.payments import sales
from ticketing_app.core import db
from ticketing_app.events.service import curation
from ticketing_app.orders.service import release

# The API refuses such a title; the mail must not rely on that.
HOSTILE = "<script>alert(1)</script>\r\nBcc: all@gittix.test\r\n\r\n\u202egpj.exe\u2066"
CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


async def write_title(table: str, row_id: object) -> None:
    async with db.transaction() as session:
        statement = text(f"UPDATE {table} SET title = :title WHERE id = :id")
        await (await session.connection()).execute(statement, {"title": HOSTILE, "id": row_id})


async def deliver_and_send() -> None:
    await deliver(*ALL, "EventChanged", "EventCancelled")
    await sends.send_all()


def bodies(mail: EmailMessage) -> tuple[str, str]:
    plain = mail.get_body(("plain",))
    page = mail.get_body(("html",))
    assert plain
    assert page
    return plain.get_content(), page.get_content()


@pytest.mark.usefixtures("stripe_books")
async def test_hostile_titles_stay_text(mails: MailServer) -> None:
    event = await factories.make_event()
    first, second = [await factories.make_ticket(eventId=str(event.id)) for _ in range(2)]
    await write_title("events", event.id)
    for ticket in (first, second):
        await write_title("tickets", ticket.id)
    cancelled = await sales.start_sale(second)
    async with db.transaction() as session:
        await release.cancel_unpaid(session, order_id=cancelled.order.id, is_excused=True)
    sale = await sales.start_sale(first)
    await sales.pay(sale)
    await deliver_and_send()
    await apply(curation.move_event, event_id=event.id, starts_local=TOMORROW)
    await deliver_and_send()
    await sales.refund_sale(sale)
    await apply(curation.cancel_event, event_id=event.id)
    await deliver_and_send()

    kinds = await sends.column(
        "SELECT DISTINCT n.kind FROM notices n JOIN sends ON notice_id = n.id"
    )
    assert set(kinds) == {
        "order_cancelled",
        "paid",
        "sold",
        "event_changed",
        "refunded",
        "sale_refunded",
        "event_cancelled",
    }
    assert await sends.column("SELECT count(*) FROM sends WHERE status <> 'sent'") == [0]
    for mail in mails.mails:
        plain, page = bodies(mail)
        assert mail["Bcc"] is None
        assert "<script" not in page
        assert not set(CONTROLS) & set(f"{mail['Subject']}{plain}{html.unescape(page)}")
