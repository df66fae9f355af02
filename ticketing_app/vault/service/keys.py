"""Change of FILES_KEY: the wrapped keys in the rows, never the objects."""

from http import HTTPStatus

from ticketing_app.core.db import Transaction
from ticketing_app.core.errors import AppError
from ticketing_app.vault import envelope, repository
from ticketing_app.vault.envelope import UnreadableFileError, WrappedKey

BATCH = 200


class KeyMissingError(AppError):
    status = HTTPStatus.CONFLICT
    message = "A file needs a key that is neither FILES_KEY nor FILES_KEY_PREVIOUS."


async def rewrap(transaction: Transaction) -> int:
    """Wrap every key by FILES_KEY; raises KeyMissingError."""
    done = 0
    while True:
        async with transaction() as session:
            files = await repository.list_by_other_key(
                session, envelope.current_name(), limit=BATCH
            )
            for file in files:
                wrapped = WrappedKey(file.key_name or "", file.wrapped_key or b"")
                try:
                    data_key = envelope.unwrap(wrapped, file.id)
                except UnreadableFileError:
                    raise KeyMissingError from None
                file.key_name, file.wrapped_key = envelope.wrap(data_key, file.id)
        done += len(files)
        if not files:
            return done
