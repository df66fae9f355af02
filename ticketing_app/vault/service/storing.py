"""Writes tickets: sealed objects first, then the rows."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Transaction, new_id
from ticketing_app.core.settings import get_settings
from ticketing_app.vault import envelope, repository, rules, storage
from ticketing_app.vault.inspection.results import Code
from ticketing_app.vault.models import VaultCode, VaultFile
from ticketing_app.vault.schemas import KeptCode, KeptSecrets


class NewTicket(NamedTuple):
    """A ticket to keep; `identity` stands for it where no barcode was read."""

    kind: str
    content: bytes
    identity: bytes
    page_count: int = 0
    codes: tuple[Code, ...] = ()
    previews: tuple[bytes, ...] = ()
    issuer: str | None = None


async def store(
    transaction: Transaction,
    *,
    owner_id: UUID,
    tickets: Sequence[NewTicket],
    given_by: UUID | None = None,
) -> list[UUID]:
    """Store the tickets of one upload; raises StorageError, and then leaves objects to the sweep.

    `given_by` is another person than the owner if the issuer made the file for a buyer.
    """
    upload_id = new_id()
    now = utc_now()
    files: list[VaultFile] = []
    codes: list[VaultCode] = []
    for ticket in tickets:
        data_key = envelope.new_key()
        file_id = new_id()
        sealed = await asyncio.to_thread(_seal, data_key, file_id, ticket)
        for part, content in sealed.items():
            await storage.put(rules.object_key(file_id, part), content)
        wrapped = envelope.wrap(data_key, file_id)
        files.append(
            VaultFile(
                id=file_id,
                owner_id=owner_id,
                given_by=given_by or owner_id,
                upload_id=upload_id,
                kind=ticket.kind,
                page_count=ticket.page_count,
                code_count=len(ticket.codes),
                byte_count=len(ticket.content),
                digest=hashlib.sha256(ticket.content).digest(),
                erase_at=now + rules.UPLOAD_PERIOD,
                **wrapped._asdict(),
            )
        )
        codes += _codes(file_id, ticket)
    async with transaction() as session:
        await repository.add_files(session, files, codes)
    return [file.id for file in files]


def _seal(data_key: bytes, file_id: UUID, ticket: NewTicket) -> dict[str, bytes]:
    codes = tuple(KeptCode.model_validate(code) for code in ticket.codes)
    secrets = KeptSecrets(issuer=ticket.issuer, codes=codes).model_dump_json()
    parts = {rules.CLEAN: ticket.content, rules.SECRETS: secrets.encode()}
    parts |= {rules.page_part(n): page for n, page in enumerate(ticket.previews, 1)}
    return {
        part: envelope.seal(data_key, file_id, part, content) for part, content in parts.items()
    }


def _codes(file_id: UUID, ticket: NewTicket) -> list[VaultCode]:
    key = get_settings().fingerprint_key.get_secret_value().encode()
    payloads = {code.payload for code in ticket.codes}
    if not payloads:
        digest = rules.digest_file(key, ticket.identity)
        return [VaultCode(file_id=file_id, digest=digest, is_short=False)]
    return [
        VaultCode(
            file_id=file_id,
            digest=rules.digest_code(key, payload),
            is_short=rules.is_short(payload),
        )
        for payload in payloads
    ]
