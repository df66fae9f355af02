"""Everything that the vault keeps of an account: the export, and the erasure."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.vault import repository
from ticketing_app.vault.schemas import FileExport
from ticketing_app.vault.service import erasure


async def export(session: AsyncSession, *, user_id: UUID) -> list[FileExport]:
    """Return the files that the account owns, without their bytes."""
    return [
        FileExport(
            id=file.id,
            kind=file.kind,
            pages=file.page_count,
            codes=file.code_count,
            bytes=file.byte_count,
            sha256=file.digest.hex(),
            created_at=file.created_at,
            opened_at=file.opened_at,
        )
        for file in await repository.list_by_owner(session, user_id)
    ]


async def erase(session: AsyncSession, *, user_id: UUID) -> None:
    """Erase the files that the account owns; sold ones belong to their buyers."""
    await erasure.erase_unsold(session, owner_id=user_id)
    bought = [file.id for file in await repository.list_by_owner(session, user_id)]
    await repository.erase_keys(session, bought)
    await repository.erase_addresses(session, user_id)
