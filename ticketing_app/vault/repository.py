"""SQL of kept files."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, case, delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.vault.models import VaultCode, VaultFile, VaultRead

HAS_KEY = col(VaultFile.wrapped_key).is_not(None)


async def add_files(
    session: AsyncSession, files: Sequence[VaultFile], codes: Sequence[VaultCode]
) -> None:
    session.add_all(files)
    await session.flush()
    session.add_all(codes)


def add_reads(session: AsyncSession, reads: Sequence[VaultRead]) -> None:
    session.add_all(reads)


async def get_file(session: AsyncSession, file_id: UUID) -> VaultFile | None:
    return await session.get(VaultFile, file_id, populate_existing=True)


async def list_files(session: AsyncSession, file_ids: Collection[UUID]) -> list[VaultFile]:
    query = select(VaultFile).where(col(VaultFile.id).in_(file_ids))
    return list(await session.exec(query.execution_options(populate_existing=True)))


async def lock_files(session: AsyncSession, file_ids: Collection[UUID]) -> list[VaultFile]:
    """Lock in the order of ids."""
    query = select(VaultFile).where(col(VaultFile.id).in_(file_ids)).order_by(col(VaultFile.id))
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(await session.exec(locked))


async def list_by_owner(session: AsyncSession, owner_id: UUID) -> list[VaultFile]:
    query = select(VaultFile).where(VaultFile.owner_id == owner_id)
    return list(await session.exec(query.order_by(col(VaultFile.id))))


# ---- claims ----------------------------------------------------------------------------------


async def list_codes(session: AsyncSession, file_ids: Collection[UUID]) -> list[VaultCode]:
    query = select(VaultCode).where(col(VaultCode.file_id).in_(file_ids))
    return list(await session.exec(query.execution_options(populate_existing=True)))


async def claim_code(
    session: AsyncSession, *, file_id: UUID, digest: bytes, fingerprint: bytes
) -> None:
    """Claim one fingerprint; raises IntegrityError if another file has it."""
    statement = (
        update(VaultCode)
        .where(col(VaultCode.file_id) == file_id, col(VaultCode.digest) == digest)
        .values(fingerprint=fingerprint, is_claimed=True)
    )
    await session.exec(statement)


async def get_claimant(session: AsyncSession, fingerprint: bytes) -> VaultFile | None:
    query = (
        select(VaultFile)
        .join(VaultCode, col(VaultCode.file_id) == VaultFile.id)
        .where(VaultCode.fingerprint == fingerprint, col(VaultCode.is_claimed))
    )
    return (await session.exec(query)).first()


async def release_codes(session: AsyncSession, file_ids: Collection[UUID]) -> None:
    statement = update(VaultCode).where(col(VaultCode.file_id).in_(file_ids))
    await session.exec(statement.values(is_claimed=False))


async def set_claimed(
    session: AsyncSession, file_ids: Collection[UUID], *, erase_at: datetime | None
) -> None:
    statement = update(VaultFile).where(col(VaultFile.id).in_(file_ids))
    claimed_at = func.coalesce(col(VaultFile.claimed_at), func.clock_timestamp())
    await session.exec(statement.values(claimed_at=claimed_at, erase_at=erase_at))


async def set_released(
    session: AsyncSession, file_ids: Collection[UUID], *, erase_at: datetime
) -> None:
    statement = update(VaultFile).where(col(VaultFile.id).in_(file_ids))
    await session.exec(statement.values(claimed_at=None, erase_at=erase_at))


async def set_erase_at(
    session: AsyncSession, file_ids: Collection[UUID], *, erase_at: datetime | None
) -> None:
    statement = update(VaultFile).where(
        col(VaultFile.id).in_(file_ids), col(VaultFile.claimed_at).is_not(None)
    )
    await session.exec(statement.values(erase_at=erase_at))


async def keep_proof(
    session: AsyncSession, file_id: UUID, *, owner_id: UUID, erase_at: datetime
) -> bool:
    """Mark an unclaimed file of its owner as a proof; return whether there is one."""
    # One statement: the owner may erase or list the file at the same time.
    statement = (
        update(VaultFile)
        .where(
            col(VaultFile.id) == file_id,
            col(VaultFile.owner_id) == owner_id,
            col(VaultFile.claimed_at).is_(None),
            HAS_KEY,
        )
        .values(is_proof=True, erase_at=func.greatest(col(VaultFile.erase_at), erase_at))
    )
    return (await session.exec(statement)).rowcount > 0


# ---- owners and seals ------------------------------------------------------------------------


async def move_files(
    session: AsyncSession,
    file_ids: Collection[UUID],
    *,
    from_id: UUID,
    to_id: UUID,
    erase_at: datetime,
) -> set[UUID]:
    """Give the files of `from_id` to `to_id`; one that is not kept until its event gets `erase_at`."""
    is_dated = and_(col(VaultFile.claimed_at).is_not(None), col(VaultFile.erase_at).is_not(None))
    statement = (
        update(VaultFile)
        .where(col(VaultFile.id).in_(file_ids), col(VaultFile.owner_id) == from_id)
        .values(
            owner_id=to_id,
            moved_at=func.clock_timestamp(),
            erase_at=case((is_dated, col(VaultFile.erase_at)), else_=erase_at),
        )
        .returning(col(VaultFile.id))
    )
    return set((await session.exec(statement)).scalars().all())


async def open_files(
    session: AsyncSession, file_ids: Collection[UUID], *, owner_id: UUID
) -> list[UUID]:
    """Break the seals that are whole; return their files."""
    statement = (
        update(VaultFile)
        .where(
            col(VaultFile.id).in_(file_ids),
            col(VaultFile.owner_id) == owner_id,
            col(VaultFile.opened_at).is_(None),
            HAS_KEY,
        )
        .values(opened_at=func.clock_timestamp())
        .returning(col(VaultFile.id))
    )
    return list((await session.exec(statement)).scalars().all())


# ---- keys and periods ------------------------------------------------------------------------


async def list_by_other_key(session: AsyncSession, key_name: str, *, limit: int) -> list[VaultFile]:
    """Lock files with a key that another key than this has wrapped."""
    query = (
        select(VaultFile)
        .where(HAS_KEY, VaultFile.key_name != key_name)
        .order_by(col(VaultFile.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(await session.exec(query))


async def count_by_other_keys(session: AsyncSession, key_names: Collection[str]) -> int:
    query = select(func.count()).where(HAS_KEY, col(VaultFile.key_name).not_in(key_names))
    return (await session.exec(query)).one()


async def erase_keys(session: AsyncSession, file_ids: Collection[UUID]) -> None:
    statement = update(VaultFile).where(col(VaultFile.id).in_(file_ids), HAS_KEY)
    await session.exec(statement.values(key_name=None, wrapped_key=None, erase_at=utc_now()))


async def erase_due_keys(session: AsyncSession, limit: int) -> int:
    due = select(VaultFile.id).where(HAS_KEY, col(VaultFile.erase_at) <= func.now()).limit(limit)
    locked = list(await session.exec(due.with_for_update(skip_locked=True)))
    statement = update(VaultFile).where(col(VaultFile.id).in_(locked))
    return (await session.exec(statement.values(key_name=None, wrapped_key=None))).rowcount


async def list_readable_ids(session: AsyncSession, file_ids: Collection[UUID]) -> set[UUID]:
    query = select(VaultFile.id).where(col(VaultFile.id).in_(file_ids), HAS_KEY)
    return set(await session.exec(query))


async def delete_file(session: AsyncSession, file_id: UUID) -> None:
    await session.exec(delete(VaultFile).where(col(VaultFile.id) == file_id))


async def delete_files(session: AsyncSession, *, limit: int) -> int:
    """Delete erased uploads that were never sold."""
    return await db.delete_batch(
        session,
        VaultFile,
        ~HAS_KEY,
        col(VaultFile.claimed_at).is_(None),
        col(VaultFile.moved_at).is_(None),
        limit=limit,
    )


async def delete_codes(session: AsyncSession, *, erased_for: timedelta, limit: int) -> int:
    erased = select(VaultFile.id).where(~HAS_KEY, col(VaultFile.erase_at) < func.now() - erased_for)
    return await db.delete_batch(
        session, VaultCode, col(VaultCode.file_id).in_(erased), limit=limit
    )


async def erase_addresses(session: AsyncSession, user_id: UUID) -> None:
    statement = update(VaultRead).where(col(VaultRead.user_id) == user_id)
    await session.exec(statement.values(address=""))


async def delete_reads(session: AsyncSession, *, before: datetime, limit: int) -> int:
    return await db.delete_batch(
        session, VaultRead, col(VaultRead.id) < db.oldest_id(before), limit=limit
    )
