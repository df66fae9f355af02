"""Encryption of files: a data key for each file, wrapped by FILES_KEY and kept in its row.

A change of FILES_KEY touches rows only, and erasing the key in the row erases the file in every backup.
"""

import base64
import hashlib
import os
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ticketing_app.core.settings import get_settings

NONCE_BYTES = 12


class UnreadableFileError(Exception):
    """The bytes or the row were changed, or their key is not in the settings."""


class WrappedKey(NamedTuple):
    key_name: str
    wrapped_key: bytes


def new_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)


def wrap(data_key: bytes, file_id: UUID) -> WrappedKey:
    key = _keys()[0]
    return WrappedKey(_name_of(key), _encrypt(key, data_key, file_id.bytes))


def unwrap(wrapped: WrappedKey, file_id: UUID) -> bytes:
    for key in _keys():
        if _name_of(key) == wrapped.key_name:
            return _decrypt(key, wrapped.wrapped_key, file_id.bytes)
    raise UnreadableFileError


def current_name() -> str:
    return _name_of(_keys()[0])


def key_names() -> list[str]:
    return [_name_of(key) for key in _keys()]


def seal(data_key: bytes, file_id: UUID, part: str, content: bytes) -> bytes:
    return _encrypt(data_key, content, file_id.bytes + part.encode())


def unseal(data_key: bytes, file_id: UUID, part: str, sealed: bytes) -> bytes:
    """Decrypt one part of a file; raises UnreadableFileError for another file's or part's bytes."""
    return _decrypt(data_key, sealed, file_id.bytes + part.encode())


def _encrypt(key: bytes, content: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, bound_to)


def _decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        raise UnreadableFileError from None


def _keys() -> list[bytes]:
    settings = get_settings()
    keys = (settings.files_key, settings.files_key_previous)
    return [base64.b64decode(key.get_secret_value()) for key in keys if key]


def _name_of(key: bytes) -> str:
    """Return a public name of a key, so that a row records which one it needs."""
    return hashlib.sha256(b"files-key-name" + key).hexdigest()[:8]
