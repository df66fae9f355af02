"""Inspected tickets as the vault gets them, without a file to inspect."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest

from ticketing_app.accounts.schemas import UserRead
from ticketing_app.core import db
from ticketing_app.vault.inspection import sandbox
from ticketing_app.vault.inspection.results import Code, Facts, FileKind, Inspection, TicketFile
from ticketing_app.vault.schemas import Reader, UploadRead
from ticketing_app.vault.service import claims, uploads

ADDRESS = "192.0.2.7"


def ticket(
    *payloads: bytes, content: bytes = b"%PDF-clean", issuer: str | None = None
) -> TicketFile:
    """Return a ticket of one page with these QR codes."""
    codes = tuple(
        Code("QRCode", "]Q1", payload, 1, f"<svg>{n}</svg>") for n, payload in enumerate(payloads)
    )
    return TicketFile(content, FileKind.PDF, 1, codes, (b"webp",), Facts(issuer=issuer))


def inspected(monkeypatch: pytest.MonkeyPatch, tickets: Sequence[TicketFile]) -> None:
    async def inspect(_: bytes) -> Inspection:
        return Inspection(FileKind.PDF, tuple(tickets))

    monkeypatch.setattr(sandbox, "inspect", inspect)


def reader(user: UserRead) -> Reader:
    return Reader(user.id, db.new_id(), ADDRESS)


async def upload(
    monkeypatch: pytest.MonkeyPatch,
    seller: UserRead,
    *tickets: TicketFile,
    data: bytes = b"an uploaded file",
) -> UploadRead:
    inspected(monkeypatch, tickets)
    return await uploads.take(db.transaction, owner_id=seller.id, data=data)


async def claim(seller: UserRead, *file_ids: UUID, day: date | None = None) -> None:
    async with db.transaction() as session:
        await claims.claim(session, seller_id=seller.id, file_ids=file_ids, event_day=day)
