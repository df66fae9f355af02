"""Keys among the settings: their types, and those of development, which production refuses."""

import base64
import re
from typing import Annotated

from pydantic import AfterValidator, SecretStr

DEVELOPMENT_JWT_KEY = "development-only-key-never-used-in-production"
DEVELOPMENT_FILES_KEY = base64.b64encode(b"development-only-key-of-32-bytes").decode()
DEVELOPMENT_FINGERPRINT_KEY = "development-only-fingerprint-key-never-used-in-production"
MINIMUM_LENGTH = 32
FILES_KEY_BYTES = 32
_PUSH_KEY = re.compile("[A-Za-z0-9_-]{43}=?")


def _check_push_key(key: SecretStr) -> SecretStr:
    if key and not _PUSH_KEY.fullmatch(key.get_secret_value()):
        msg = "the 32 bytes of a private P-256 key in base64url (43 characters)"
        raise ValueError(msg)
    return key


def _check_files_key(key: SecretStr) -> SecretStr:
    try:
        decoded = base64.b64decode(key.get_secret_value(), validate=True)
    except ValueError:
        decoded = b""
    if key and len(decoded) != FILES_KEY_BYTES:
        msg = f"the base64 of {FILES_KEY_BYTES} random bytes"
        raise ValueError(msg)
    return key


PushKey = Annotated[SecretStr, AfterValidator(_check_push_key)]
FilesKey = Annotated[SecretStr, AfterValidator(_check_files_key)]
