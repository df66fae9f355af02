"""Passkeys (WebAuthn): the only module that imports its library."""

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRequestOptions,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ticketing_app.accounts.models import Passkey, User
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.core.settings import get_settings

log = get_logger()

Result = TypeVar("Result")
# The answer of a browser, as its `toJSON` returns it.
Credential = Mapping[str, Any]

DEFAULT_PORTS = {"http": 80, "https": 443}


class PasskeyRefusedError(AppError):
    message = "This passkey could not be checked. Nothing was changed; please try again."


class PasskeysUnavailableError(AppError):
    # PUBLIC_URL is an IP address, which browsers refuse.
    status = HTTPStatus.NOT_FOUND
    message = "Passkeys do not work at this address."


class Ceremony(NamedTuple):
    """`options` for the browser; its answer contains the challenge."""

    options: dict[str, Any]
    challenge: bytes


class NewPasskey(NamedTuple):
    """A credential that the browser has just created."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    is_backed_up: bool


class Use(NamedTuple):
    """A verified answer of a known passkey."""

    sign_count: int
    is_backed_up: bool


def creation_options(user: User, known: Sequence[Passkey]) -> Ceremony:
    """Options to create a passkey; browsers refuse those that are `known` already."""
    return _ceremony(
        webauthn.generate_registration_options(
            rp_id=_host(),
            rp_name=get_settings().brand_name,
            user_id=user.id.bytes,
            user_name=user.email,
            exclude_credentials=[_descriptor(passkey) for passkey in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
    )


def request_options(allowed: Sequence[Passkey] = ()) -> Ceremony:
    """Options to use one of these passkeys; without any, one of those that the browser has for this site."""
    return _ceremony(
        webauthn.generate_authentication_options(
            rp_id=_host(),
            allow_credentials=[_descriptor(passkey) for passkey in allowed],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def read_challenge(credential: Credential) -> bytes:
    """Return the challenge that an answer contains; raises PasskeyRefusedError for a malformed answer."""
    return _checked(
        lambda: (
            parse_client_data_json(
                base64url_to_bytes(credential["response"]["clientDataJSON"])
            ).challenge
        )
    )


def read_credential_id(credential: Credential) -> bytes:
    """Raises PasskeyRefusedError for a malformed answer."""
    return _checked(lambda: base64url_to_bytes(credential["rawId"]))


def verify_creation(credential: Credential, challenge: bytes) -> NewPasskey:
    """Raises PasskeyRefusedError."""
    verified = _checked(
        lambda: webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    )
    return NewPasskey(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=_transports(credential),
        is_backed_up=verified.credential_backed_up,
    )


def verify_use(credential: Credential, challenge: bytes, passkey: Passkey) -> Use:
    """Raises PasskeyRefusedError; the caller compares the counter, as a wrong one is reported, not refused."""
    handle = credential["response"].get("userHandle")
    if handle and _checked(lambda: base64url_to_bytes(handle)) != passkey.user_id.bytes:
        raise PasskeyRefusedError
    verified = _checked(
        lambda: webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    )
    return Use(verified.new_sign_count, verified.credential_backed_up)


def _checked(read: Callable[[], Result]) -> Result:
    try:
        return read()
    # The library's parsers raise errors of every kind for malformed input.
    except Exception as error:
        log.info("passkey.refused", reason=f"{type(error).__name__}: {error}"[:200])
        raise PasskeyRefusedError from error


def _ceremony(
    options: PublicKeyCredentialCreationOptions | PublicKeyCredentialRequestOptions,
) -> Ceremony:
    return Ceremony(json.loads(options_to_json(options)), options.challenge)


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(each) for each in passkey.transports]
    return PublicKeyCredentialDescriptor(id=passkey.credential_id, transports=transports)


def _transports(credential: Credential) -> list[str]:
    known = {each.value for each in AuthenticatorTransport}
    sent = credential["response"].get("transports")
    return [each for each in known if each in sent] if isinstance(sent, list) else []


def _host() -> str:
    """Return the domain to which passkeys belong."""
    host = urlsplit(get_settings().public_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host
    raise PasskeysUnavailableError


def _origin() -> str:
    """Return PUBLIC_URL as browsers write an origin."""
    url = urlsplit(get_settings().public_url)
    port = f":{url.port}" if url.port and url.port != DEFAULT_PORTS[url.scheme] else ""
    return f"{url.scheme}://{url.hostname}{port}"
