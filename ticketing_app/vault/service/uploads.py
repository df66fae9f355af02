"""A file that a seller uploads: inspected, and kept as one file for each of its tickets."""

from uuid import UUID

from ticketing_app.core.db import Transaction
from ticketing_app.vault.inspection import sandbox
from ticketing_app.vault.inspection.results import Inspection
from ticketing_app.vault.schemas import Suggestion, UploadedFile, UploadRead
from ticketing_app.vault.service import reading, storing
from ticketing_app.vault.service.storing import NewTicket


async def take(
    transaction: Transaction, *, owner_id: UUID, data: bytes, given_by: UUID | None = None
) -> UploadRead:
    """Inspect and keep a file; as sealed as a bought one if its owner is not `given_by`.

    Raises:
        FileRefusedError: it is no ticket that we can keep.
        InspectionBusyError, InspectionUnavailableError: it was not inspected.
        StorageError: it was not kept.
    """
    found = await sandbox.inspect(data)
    file_ids = await storing.store(
        transaction, owner_id=owner_id, tickets=_tickets_of(found, data), given_by=given_by
    )
    async with transaction() as session:
        files = await reading.describe(session, file_ids=file_ids)
    items = [
        UploadedFile(
            id=file_id,
            kind=ticket.media_type,
            pages=ticket.page_count,
            codes=len(ticket.codes),
            sha256=files[file_id].digest,
            suggestion=Suggestion.model_validate(ticket.facts, from_attributes=True),
        )
        for file_id, ticket in zip(file_ids, found.tickets, strict=True)
    ]
    return UploadRead(items=items, removed=list(found.removed))


def _tickets_of(found: Inspection, data: bytes) -> list[NewTicket]:
    return [
        NewTicket(
            kind=ticket.media_type,
            content=ticket.clean,
            identity=b"%d " % number + data,
            page_count=ticket.page_count,
            codes=ticket.codes,
            previews=ticket.previews,
            issuer=ticket.facts.issuer,
        )
        for number, ticket in enumerate(found.tickets)
    ]
