"""Files as their owners read them; each read is recorded before the bytes are handed out."""

import re
from collections.abc import Collection, Sequence
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.vault import envelope, repository, rules, storage
from ticketing_app.vault.envelope import UnreadableFileError, WrappedKey
from ticketing_app.vault.models import VaultFile, VaultRead
from ticketing_app.vault.schemas import (
    FilePart,
    FileRead,
    KeptCode,
    KeptSecrets,
    Reader,
    TicketSource,
)
from ticketing_app.vault.storage import MissingObjectError

log = get_logger()

_PAGE = re.compile(r"page-[1-9]\d?")
_CODE = re.compile(r"code-([1-9]\d?)")


class FileMissingError(AppError):
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this file."


class FileSealedError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This ticket is still sealed. Open it first."


class FileErasedError(AppError):
    status = HTTPStatus.GONE
    message = "This ticket was erased, as its event was long ago."


class FileDamagedError(AppError):
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    message = "We can't read this file. We were told about it; please write to us."


async def describe(session: AsyncSession, *, file_ids: Collection[UUID]) -> dict[UUID, FileRead]:
    """Return the files by id, without content; unknown ids are left out."""
    return {file.id: _read(file) for file in await repository.list_files(session, file_ids)}


async def list_files(session: AsyncSession, *, owner_id: UUID) -> list[FileRead]:
    return [_read(file) for file in await repository.list_by_owner(session, owner_id)]


def _read(file: VaultFile) -> FileRead:
    return FileRead(
        **file.model_dump(
            include={
                "id",
                "owner_id",
                "kind",
                "page_count",
                "code_count",
                "byte_count",
                "opened_at",
            }
        ),
        digest=file.digest.hex(),
        is_claimed=file.claimed_at is not None,
        has_moved=file.moved_at is not None,
        is_erased=file.wrapped_key is None,
    )


async def break_seal(
    session: AsyncSession, *, file_ids: Collection[UUID], reader: Reader
) -> list[UUID]:
    """Mark the reader's own files as opened, for good; return those that were sealed until now."""
    opened = await repository.open_files(session, file_ids, owner_id=reader.user_id)
    _record(session, opened, rules.SEAL, reader)
    return opened


async def read_part(
    transaction: Transaction, *, file_id: UUID, part: str, reader: Reader
) -> FilePart:
    """Return a part of a file for its owner.

    Raises:
        FileMissingError: no such file or part, or it has another owner.
        FileSealedError: a buyer has to break the seal first.
        FileErasedError, FileDamagedError, StorageError: it cannot be read.
    """
    code = _CODE.fullmatch(part)
    if not code and part != rules.CLEAN and not _PAGE.fullmatch(part):
        raise FileMissingError
    file, data_key = await _unlock(transaction, file_id, part, reader)
    if code:
        content = _drawing(await _load_secrets(file, data_key), int(code[1]))
        return FilePart(content, "image/svg+xml", rules.digest_part(content))
    content = await _load(file.id, data_key, part)
    media_type = file.kind if part == rules.CLEAN else "image/webp"
    return FilePart(content, media_type, rules.digest_part(content))


async def read_preview(
    transaction: Transaction, *, file_id: UUID, part: str, reader: Reader
) -> FilePart:
    """Return the picture of a page to its uploader, while it is not sold; raises like `read_part`."""
    if not _PAGE.fullmatch(part):
        raise FileMissingError
    async with transaction() as session:
        file = await repository.get_file(session, file_id)
        if file and file.given_by != reader.user_id:
            raise FileMissingError
    return await read_part(transaction, file_id=file_id, part=part, reader=reader)


async def read_codes(
    transaction: Transaction, *, file_id: UUID, reader: Reader
) -> tuple[KeptCode, ...]:
    """Return the barcodes of a file for its owner; raises like `read_part`."""
    file, data_key = await _unlock(transaction, file_id, "codes", reader)
    return (await _load_secrets(file, data_key)).codes


async def read_source(transaction: Transaction, *, file_id: UUID) -> TicketSource:
    """Return the secrets that the issuer of the ticket needs; they never reach a page."""
    async with transaction() as session:
        file = await repository.get_file(session, file_id)
    if file is None:
        raise FileMissingError
    kept = await _load_secrets(file, _data_key(file))
    payloads = tuple(code.payload for code in kept.codes)
    return TicketSource(file.owner_id, kept.issuer, payloads)


async def _unlock(
    transaction: Transaction, file_id: UUID, part: str, reader: Reader
) -> tuple[VaultFile, bytes]:
    """Return the file and its key; the record of the read is committed before."""
    async with transaction() as session:
        file = await repository.get_file(session, file_id)
        if file is None or file.owner_id != reader.user_id:
            raise FileMissingError
        if file.opened_at is None and file.owner_id != file.given_by:
            raise FileSealedError
        data_key = _data_key(file)
        _record(session, [file_id], part, reader)
    return file, data_key


def _data_key(file: VaultFile) -> bytes:
    if file.key_name is None or file.wrapped_key is None:
        raise FileErasedError
    try:
        return envelope.unwrap(WrappedKey(file.key_name, file.wrapped_key), file.id)
    except UnreadableFileError:
        log.exception("vault.key_unreadable", file_id=str(file.id), key_name=file.key_name)
        raise FileDamagedError from None


def _record(session: AsyncSession, file_ids: Sequence[UUID], part: str, reader: Reader) -> None:
    reads = [VaultRead(file_id=file_id, part=part, **reader._asdict()) for file_id in file_ids]
    repository.add_reads(session, reads)


async def _load_secrets(file: VaultFile, data_key: bytes) -> KeptSecrets:
    return KeptSecrets.model_validate_json(await _load(file.id, data_key, rules.SECRETS))


async def _load(file_id: UUID, data_key: bytes, part: str) -> bytes:
    try:
        sealed = await storage.get(rules.object_key(file_id, part))
        return envelope.unseal(data_key, file_id, part, sealed)
    except MissingObjectError:
        if part not in (rules.CLEAN, rules.SECRETS):
            raise FileMissingError from None
        log.exception("vault.object_missing", file_id=str(file_id), part=part)
        raise FileDamagedError from None
    except UnreadableFileError:
        log.exception("vault.object_unreadable", file_id=str(file_id), part=part)
        raise FileDamagedError from None


def _drawing(kept: KeptSecrets, number: int) -> bytes:
    svg = kept.codes[number - 1].svg if number <= len(kept.codes) else None
    if svg is None:
        raise FileMissingError
    return svg.encode()
