"""A ticket is on sale once: fingerprints of its barcodes are claimed while it is listed or sold."""

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from operator import itemgetter
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession
from typing_extensions import override

from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.core.settings import get_settings
from ticketing_app.vault import repository, rules
from ticketing_app.vault.models import VaultCode, VaultFile


class UnknownFileError(AppError):
    message = "We do not have this file any more. Please upload it again."
    field = "delivery"


class KnownTicketError(AppError):
    """The barcode belongs to another file; `known_file_id` is set if it is the seller's own listing."""

    status = HTTPStatus.CONFLICT
    field = "delivery"

    def __init__(self, message: str, *, known_file_id: UUID | None = None) -> None:
        super().__init__(message)
        self.known_file_id = known_file_id

    @property
    @override
    def extra(self) -> dict[str, str | int]:
        return {"fileId": str(self.known_file_id)} if self.known_file_id else {}


async def claim(
    session: AsyncSession, *, seller_id: UUID, file_ids: Sequence[UUID], event_day: date | None
) -> None:
    """Claim the barcodes of these files for a listing; a file that has them already keeps them.

    Raises:
        UnknownFileError: a file is erased, not the seller's, or the proof of a delivery.
        KnownTicketError: another file has claimed the same barcode.
    """
    files = {file.id: file for file in await repository.lock_files(session, file_ids)}
    for file_id in file_ids:
        file = files.get(file_id)
        if file is None or file.owner_id != seller_id or file.wrapped_key is None or file.is_proof:
            raise UnknownFileError
    codes = await repository.list_codes(session, file_ids)
    # In sorted order and one statement each: one UPDATE of several codes deadlocks between sellers.
    wanted = [(_fingerprint(code, event_day), code) for code in codes]
    for fingerprint, code in sorted(wanted, key=itemgetter(0)):
        await _claim_code(session, code, fingerprint, seller_id)
    await repository.set_claimed(session, file_ids, erase_at=rules.erase_at(event_day))


def _fingerprint(code: VaultCode, event_day: date | None) -> bytes:
    if code.is_claimed and code.fingerprint:
        return code.fingerprint
    key = get_settings().fingerprint_key.get_secret_value().encode()
    return rules.fingerprint(key, code.digest, is_short=code.is_short, event_day=event_day)


async def _claim_code(
    session: AsyncSession, code: VaultCode, fingerprint: bytes, seller_id: UUID
) -> None:
    if code.is_claimed:
        return
    try:
        async with session.begin_nested():
            await repository.claim_code(
                session, file_id=code.file_id, digest=code.digest, fingerprint=fingerprint
            )
    except IntegrityError:
        known = await repository.get_claimant(session, fingerprint)
        raise _refusal(known, seller_id) from None


def _refusal(known: VaultFile | None, seller_id: UUID) -> KnownTicketError:
    if known and known.owner_id == seller_id:
        return KnownTicketError("You have this ticket on sale already.", known_file_id=known.id)
    if known and known.given_by == seller_id and known.moved_at:
        day = f"{known.moved_at:%b} {known.moved_at.day}"
        return KnownTicketError(f"You sold this ticket on {day}; it belongs to its buyer.")
    return KnownTicketError(
        "This ticket is for sale here already, or was sold here. If it is yours, tell us."
    )


async def release(session: AsyncSession, *, file_ids: Sequence[UUID]) -> None:
    """Free the barcodes of withdrawn files; one that was sold keeps them until its event."""
    files = await repository.lock_files(session, file_ids)
    own = [file.id for file in files if file.owner_id == file.given_by]
    await repository.release_codes(session, own)
    erase_at = utc_now() + rules.UPLOAD_PERIOD
    await repository.set_released(session, own, erase_at=erase_at)
