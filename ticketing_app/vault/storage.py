"""Objects in a folder, an S3 bucket or memory; written once, always sealed.

FILES_URL selects the store. Each process makes its own on first use: the runtime of the library hangs
in a process that is forked after the first use.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from ticketing_app.core.errors import UnavailableError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import Settings, get_settings

CONNECT_TIMEOUT = timedelta(seconds=3)
CALL_TIMEOUT = timedelta(seconds=10)
TIMEOUT_SECONDS = 15
MAX_RETRIES = 2

log = get_logger()


class StorageError(UnavailableError):
    """The store did not answer in time, or refused."""


class MissingObjectError(Exception):
    pass


class Stored(NamedTuple):
    key: str
    stored_at: datetime


async def put(key: str, content: bytes) -> None:
    """Write a new object; after a retry of the library it may be there already."""
    async with _limits():
        with suppress(AlreadyExistsError):
            await obstore.put_async(_store(), key, content, mode="create", use_multipart=False)


async def get(key: str) -> bytes:
    """Return an object; raises MissingObjectError."""
    async with _limits():
        try:
            found = await obstore.get_async(_store(), key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise MissingObjectError from None


async def delete(key: str) -> None:
    """Delete an object, or do nothing if it is missing."""
    async with _limits():
        with suppress(FileNotFoundError):
            await obstore.delete_async(_store(), key)


async def list_objects(prefix: str | None = None) -> AsyncIterator[Stored]:
    """Return all objects below `prefix`, in pages."""
    pages = obstore.list(_store(), prefix, chunk_size=500)
    while True:
        async with _limits():
            try:
                page = await anext(pages)
            except StopAsyncIteration:
                return
        for found in page:
            yield Stored(found["path"], found["last_modified"])


@asynccontextmanager
async def _limits() -> AsyncGenerator[None]:
    """Bound a call, and translate the errors of the library."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            yield
    except (BaseError, OSError, TimeoutError) as error:
        # The text of an error may quote addresses and keys.
        log.warning("vault.storage_failed", error=type(error).__name__)
        raise StorageError from error


def forget() -> None:
    """Make the next call read FILES_URL again, as in tests."""
    _open.cache_clear()


def _store() -> ObjectStore:
    return _open(os.getpid())


@lru_cache(maxsize=1)
def _open(_process_id: int) -> ObjectStore:
    settings = get_settings()
    url = urlsplit(settings.files_url)
    if url.scheme == "memory":
        return MemoryStore()
    if url.scheme == "s3":
        return _open_bucket(settings)
    folder = Path(url.path) if url.path else settings.ticketing_data_dir / "files"
    return LocalStore(folder.absolute(), mkdir=True)


def _open_bucket(settings: Settings) -> ObjectStore:
    url = urlsplit(settings.files_url)
    return S3Store(
        url.netloc,
        prefix=url.path.strip("/") or None,
        config={
            "region": settings.files_s3_region,
            "endpoint": settings.files_s3_endpoint,
            "access_key_id": settings.files_s3_access_key,
            "secret_access_key": settings.files_s3_secret_key.get_secret_value(),
        },
        client_options={
            "allow_http": settings.files_s3_endpoint.startswith("http://"),
            "connect_timeout": CONNECT_TIMEOUT,
            "timeout": CALL_TIMEOUT,
        },
        retry_config={"max_retries": MAX_RETRIES, "retry_timeout": CALL_TIMEOUT},
    )
