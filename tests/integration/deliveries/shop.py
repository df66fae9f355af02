"""Tickets of a connected organiser: bought there, listed here with their files."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from tests import factories
from tests.integration.events.delivery import deliver
from tests.integration.payments import sales as payments
from tests.integration.payments.sales import Sale
from tests.pretix.stand_in import StandIn
from tests.pretix.target import EVENT, ORGANIZER, TOKEN, Sold
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.models import IssuerTicket
from ticketing_app.deliveries.service import freezing, reissue
from ticketing_app.tickets.schemas.tickets import TicketRead
from ticketing_app.vault.inspection import sandbox
from ticketing_app.vault.inspection.results import Code, Facts, FileKind, Inspection, TicketFile
from ticketing_app.vault.service import uploads
from ticketing_app.work.due import Work

EVENTS = ("TicketCreated", "TicketUpdated", "DeliveryChanged")
CONNECTED = {"kind": "pretix", "organizer": ORGANIZER, "events": [EVENT], "token": TOKEN}


def draw(secret: str, name: str, url: str) -> bytes:
    """Return a file that `inspect` reads instead of the limited process."""
    return json.dumps({"secret": secret, "name": name, "issuer": url}).encode()


async def inspect(data: bytes) -> Inspection:
    printed = json.loads(data)
    code = Code("QRCode", "]Q1", printed["secret"].encode(), 1, "<svg/>")
    facts = Facts(issuer=printed["issuer"])
    ticket = TicketFile(data, FileKind.PDF, 1, (code,), (b"webp",), facts)
    return Inspection(FileKind.PDF, (ticket,))


@contextmanager
def open_shop(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Generator[StandIn]:  # noqa: ANN401  # of ISSUERS.
    """Connect a stand-in of pretix."""
    shop = StandIn(draw)
    monkeypatch.setattr(sandbox, "inspect", inspect)
    monkeypatch.setenv("ISSUERS", json.dumps([CONNECTED | {"url": shop.url} | changes]))
    get_settings.cache_clear()
    yield shop
    get_settings.cache_clear()
    shop.close()


async def upload(shop: StandIn, seller: UserRead, *secrets: str) -> list[UUID]:
    taken = [
        await uploads.take(db.transaction, owner_id=seller.id, data=shop.draw(secret))
        for secret in secrets
    ]
    return [each.items[0].id for each in taken]


async def list_ticket(
    shop: StandIn, sold: Sold, seller: UserRead, *, starts_at: datetime | None = None
) -> TicketRead:
    """List a ticket of this order with its file."""
    (file_id,) = await upload(shop, seller, sold.secrets[0])
    return await factories.make_ticket(
        seller,
        startsAt=(starts_at or utc_now() + timedelta(days=30)).isoformat(),
        timezone="UTC",
        delivery={"method": "file", "fileIds": [str(file_id)]},
    )


async def freeze(ticket: TicketRead) -> timedelta | None:
    """Do the work of a listing; return the time until it is due again."""
    return await freezing.follow_listing(db.transaction, str(ticket.id))


async def list_frozen(shop: StandIn, sold: Sold, seller: UserRead) -> TicketRead:
    ticket = await list_ticket(shop, sold, seller)
    await freeze(ticket)
    return ticket


async def buy(ticket: TicketRead) -> Sale:
    sale = await payments.start_sale(ticket)
    await payments.pay(sale)
    return sale


async def issue(delivery_id: UUID) -> timedelta | None:
    """Do the work of a delivery; return the time until it is due again."""
    return await reissue.issue(db.transaction, str(delivery_id))


async def wanted(kind: str) -> set[str]:
    """Deliver the events; return the keys of the work of this kind."""
    await deliver(*EVENTS)
    async with db.transaction() as session:
        return set((await session.exec(select(Work.key).where(Work.kind == kind))).all())


async def rows() -> list[IssuerTicket]:
    async with db.transaction() as session:
        return list((await session.exec(select(IssuerTicket))).all())
