"""The export: a ZIP of everything that an account has, as JSON in the shapes of the API."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import personal as accounts
from ticketing_app.cases import service as cases
from ticketing_app.core import limits
from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.deliveries.service import addresses
from ticketing_app.deliveries.service import personal as deliveries
from ticketing_app.notices.service import personal as notices
from ticketing_app.notices.service import telling
from ticketing_app.orders.service import personal as orders
from ticketing_app.payments.service import personal as payments
from ticketing_app.privacy import repository, rules
from ticketing_app.privacy.models import Export
from ticketing_app.privacy.schemas import ExportRead
from ticketing_app.tickets.service import drafts
from ticketing_app.tickets.service import personal as tickets
from ticketing_app.vault.service import personal as files
from ticketing_app.work import due as work

WORK = "privacy.export"
FILE_NAME = "your-data.zip"
README = """Your data at {brand}, made on {day}.

Each file is JSON with the field names of our API; times are UTC, prices are in the currency beside them.

account.json        your account, and the addresses and devices of your sign-ins
listings.json       every ticket that you listed, and the draft of a listing
orders.json         every order that you made
deliveries.json     how the tickets that you bought or sold were delivered
addresses.json      your accounts at issuers, to which sellers sent tickets
gifts.json          tickets that you gave to friends, or were given
files.json          the files of tickets that you own, without their content
payments.json       the payments of these orders; we never have the number of a card
cases.json          what you wrote to us, and our answers
notices.json        what we told you, and how you want to be told
"""

Files = dict[str, object]


class ExportNotFoundError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this file. It is kept for 7 days; you can ask for another one."


async def request_export(session: AsyncSession, *, user_id: UUID) -> ExportRead:
    """Want an export, unless one is being made; raises TooManyRequestsError."""
    for row in await repository.list_exports(session, user_id):
        if not row.is_ready:
            return ExportRead(**row._asdict())
    await limits.check("exports", account=user_id)
    now = utc_now()
    export = Export(user_id=user_id, requested_at=now, expires_at=now + rules.EXPORT_PERIOD)
    repository.add_export(session, export)
    await session.flush()
    await work.want(session, WORK, export.id)
    return ExportRead(**export.model_dump(exclude={"content"}), is_ready=False)


async def list_exports(session: AsyncSession, *, user_id: UUID) -> list[ExportRead]:
    """Return those that have not expired, newest first."""
    rows = await repository.list_exports(session, user_id)
    return [ExportRead(**row._asdict()) for row in rows]


async def read_export(session: AsyncSession, *, user_id: UUID, export_id: UUID) -> bytes:
    """Return the ZIP; raises ExportNotFoundError if the account has none with this id that is ready."""
    export = await repository.get_export(session, export_id)
    if export is None or export.user_id != user_id or not export.content:
        raise ExportNotFoundError
    if export.expires_at <= utc_now():
        raise ExportNotFoundError
    return export.content


async def make_export(transaction: Transaction, key: str) -> timedelta | None:
    """Collect the data and tell the owner that it is there: the act of the work `privacy.export`."""
    export_id = UUID(key)
    async with transaction() as session:
        export = await repository.get_export(session, export_id)
        if export is None or export.content:
            return None
        found = await _collect(session, export.user_id)
    content = await asyncio.to_thread(_pack, found)
    async with transaction() as session:
        expires_at = utc_now() + rules.EXPORT_PERIOD
        await repository.fill_export(session, export_id, content=content, expires_at=expires_at)
        await telling.tell(
            session,
            user_id=export.user_id,
            kind="export_ready",
            key=f"export_ready:{export_id}",
            facts={"expires_at": expires_at.isoformat()},
        )
    return None


async def _collect(session: AsyncSession, user_id: UUID) -> Files:
    """Return the files of the ZIP by name."""
    bought = [order async for order in orders.export(session, buyer_id=user_id)]
    listed = [ticket async for ticket in tickets.export(session, seller_id=user_id)]
    return {
        "account.json": await accounts.export(session, user_id=user_id),
        "listings.json": {
            "tickets": listed,
            "draft": await drafts.get_draft(session, user_id=user_id),
        },
        "orders.json": bought,
        "deliveries.json": await deliveries.export(session, user_id=user_id),
        "addresses.json": await addresses.export(session, buyer_id=user_id),
        "gifts.json": await orders.export_gifts(session, user_id=user_id),
        "files.json": await files.export(session, user_id=user_id),
        "payments.json": await payments.export(session, order_ids=[order.id for order in bought]),
        "cases.json": await cases.list_cases(session, user_id=user_id),
        "notices.json": await notices.export(session, user_id=user_id),
    }


def _pack(files: Files) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        day = f"{utc_now():%Y-%m-%d}"
        archive.writestr("README.txt", README.format(brand=get_settings().brand_name, day=day))
        for name, content in files.items():
            archive.writestr(name, json.dumps(content, default=_as_json, indent=1))
    return packed.getvalue()


def _as_json(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(type(value))
