"""The end of files: the key in the row first, then the objects, which are noise without it."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.vault import repository, rules, storage
from ticketing_app.vault.service import claims
from ticketing_app.vault.service.reading import FileMissingError
from ticketing_app.vault.storage import StorageError, Stored

SWEEP_BATCH = 500
# A younger object may belong to an upload without a committed row.
SWEEP_AGE = timedelta(days=1)

log = get_logger()


class FileInUseError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This file belongs to a listing. Withdraw the listing first."


class ProofKeptError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This screenshot shows that you sent a ticket. We keep it for as long as the ticket."


async def erase_upload(transaction: Transaction, *, owner_id: UUID, file_id: UUID) -> None:
    """Erase a file that nothing needs; raises FileMissingError, FileInUseError and ProofKeptError."""
    async with transaction() as session:
        found = await repository.lock_files(session, [file_id])
        if not found or found[0].owner_id != owner_id:
            raise FileMissingError
        if found[0].claimed_at or found[0].moved_at:
            raise FileInUseError
        if found[0].is_proof:
            raise ProofKeptError
        await repository.delete_file(session, file_id)
    await delete_objects([file_id])


async def erase_unsold(session: AsyncSession, *, owner_id: UUID) -> None:
    """Erase the unsold uploads of an account, except the proofs of its deliveries."""
    owned = await repository.list_by_owner(session, owner_id)
    unsold = [file.id for file in owned if file.given_by == owner_id and not file.is_proof]
    await claims.release(session, file_ids=unsold)
    await repository.erase_keys(session, unsold)


async def erase_file(session: AsyncSession, *, file_id: UUID) -> None:
    """Erase a file of any owner, as the operator; raises FileMissingError."""
    if not await repository.lock_files(session, [file_id]):
        raise FileMissingError
    await repository.erase_keys(session, [file_id])
    log.info("vault.file_erased", file_id=str(file_id))


async def keep_until(
    session: AsyncSession, *, file_ids: Collection[UUID], event_day: date | None
) -> None:
    """Move the end of the keeping of listed or sold files, as their event was moved."""
    await repository.set_erase_at(session, file_ids, erase_at=rules.erase_at(event_day))


async def keep_proof(
    session: AsyncSession, *, owner_id: UUID, file_id: UUID, event_day: date | None
) -> None:
    """Keep a screenshot as long as the tickets of its delivery would be; its codes stay free.

    Raises FileMissingError if it is not an upload of this owner, or belongs to a listing.
    """
    erase_at = rules.erase_at(event_day) or utc_now() + rules.KEPT_WITHOUT_DATE
    if not await repository.keep_proof(session, file_id, owner_id=owner_id, erase_at=erase_at):
        raise FileMissingError


async def erase_replaced(session: AsyncSession, *, file_id: UUID) -> None:
    """Erase a file after its ticket was issued anew; its barcodes stay claimed."""
    await repository.erase_keys(session, [file_id])


async def delete_objects(file_ids: Iterable[UUID]) -> None:
    """Delete the objects of erased files; those that the store does not delete now, the sweep will."""
    try:
        for file_id in file_ids:
            async for stored in storage.list_objects(rules.object_folder(file_id)):
                await storage.delete(stored.key)
    except StorageError:
        return


# ---- the daily job and the retention ---------------------------------------------------------


async def sweep(transaction: Transaction) -> int:
    """Delete old objects without a readable row: of erased files, and of uploads that broke off."""
    before = utc_now() - SWEEP_AGE
    deleted = 0
    batch: list[Stored] = []
    async for stored in storage.list_objects():
        if stored.stored_at < before:
            batch.append(stored)
        if len(batch) == SWEEP_BATCH:
            deleted += await _delete_orphans(transaction, batch)
            batch = []
    deleted += await _delete_orphans(transaction, batch)
    if deleted:
        log.info("vault.swept", objects=deleted)
    return deleted


async def _delete_orphans(transaction: Transaction, objects: list[Stored]) -> int:
    ids = {stored.key: rules.file_of(stored.key) for stored in objects}
    async with transaction() as session:
        known = {found for found in ids.values() if found}
        readable = await repository.list_readable_ids(session, known)
    orphans = [key for key, file_id in ids.items() if file_id and file_id not in readable]
    for key in orphans:
        await storage.delete(key)
    return len(orphans)


async def erase_due(session: AsyncSession, limit: int) -> int:
    return await repository.erase_due_keys(session, limit)


async def delete_uploads(session: AsyncSession, limit: int) -> int:
    return await repository.delete_files(session, limit=limit)


async def delete_codes(session: AsyncSession, limit: int) -> int:
    erased_for = rules.FINGERPRINT_PERIOD - rules.KEPT_PERIOD
    return await repository.delete_codes(session, erased_for=erased_for, limit=limit)


async def delete_reads(session: AsyncSession, limit: int) -> int:
    before = utc_now() - rules.READS_PERIOD
    return await repository.delete_reads(session, before=before, limit=limit)
