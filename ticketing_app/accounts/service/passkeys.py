"""Passkeys of an account: added, listed, used and removed."""

from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import gateway, repository, rules
from ticketing_app.accounts.gateway import Credential, PasskeyRefusedError
from ticketing_app.accounts.models import Passkey
from ticketing_app.accounts.schemas import Caller, PasskeyCreate, PasskeyRead, UserRead
from ticketing_app.accounts.service import challenges, proof
from ticketing_app.core import db, limits
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.core.logging import get_logger
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import PasskeyAdded, PasskeyRemoved

log = get_logger()


class PasskeyKnownError(AppError):
    status = HTTPStatus.CONFLICT
    message = "This passkey is in use already."


class TooManyPasskeysError(AppError):
    status = HTTPStatus.CONFLICT
    message = (
        f"An account has at most {rules.MAX_PASSKEYS} passkeys. Remove one that you do not use."
    )


class NoPasskeyError(AppError):
    status = HTTPStatus.CONFLICT
    message = "Your account has no passkey yet. Enter your password instead."


class PasskeyNotFoundError(AppError):
    # Also for a passkey of another user: its existence must not be revealed.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this passkey among yours."


class UnknownPasskeyError(AppError):
    # Its owner removed it here, but the device still offers it.
    message = "We do not know this passkey any more. Sign in with your password instead."


class Recognised(NamedTuple):
    """The owner of a passkey; a counter that fell hints at a copy of it."""

    user: UserRead
    is_suspicious: bool


async def begin_adding(session: AsyncSession, *, caller: Caller) -> dict[str, object]:
    """Return the options for the browser; raises ProofNeededError or TooManyPasskeysError."""
    await proof.require_fresh(session, caller=caller)
    user = await repository.get_user(session, caller.user_id)
    known = await repository.list_passkeys(session, caller.user_id)
    _refuse_too_many(known)
    return challenges.remember(session, gateway.creation_options(user, known), "passkey", caller)


async def add_passkey(
    transaction: db.Transaction, *, caller: Caller, passkey: PasskeyCreate
) -> PasskeyRead:
    """Raises ChallengeOverError, PasskeyRefusedError, PasskeyKnownError or TooManyPasskeysError."""
    challenge = await challenges.redeem(transaction, passkey.credential, "passkey", caller)
    created = gateway.verify_creation(passkey.credential, challenge)
    async with transaction() as session:
        # Locked, so that concurrent calls cannot exceed the limit.
        user = await repository.get_user_for_update(session, caller.user_id)
        _refuse_too_many(await repository.list_passkeys(session, caller.user_id))
        row = Passkey(user_id=caller.user_id, name=passkey.name, **created._asdict())
        try:
            async with session.begin_nested():
                repository.add(session, row)
        except IntegrityError:
            raise PasskeyKnownError from None
        user.credentials_changed_at = row.created_at
        outbox.record(
            session,
            PasskeyAdded(
                user_id=user.id,
                user_version=user.version,
                email=user.email,
                passkey_id=row.id,
                passkey_name=row.name,
            ),
        )
        return _read(row)


def _refuse_too_many(known: list[Passkey]) -> None:
    if len(known) >= rules.MAX_PASSKEYS:
        raise TooManyPasskeysError


async def list_passkeys(session: AsyncSession, *, caller: Caller) -> list[PasskeyRead]:
    """Return the caller's passkeys, the oldest first."""
    return [_read(row) for row in await repository.list_passkeys(session, caller.user_id)]


async def remove_passkey(session: AsyncSession, *, caller: Caller, passkey_id: UUID) -> None:
    """Raises ProofNeededError, or PasskeyNotFoundError if the caller has none with this id."""
    await proof.require_fresh(session, caller=caller)
    removed = await repository.delete_passkey(
        session, user_id=caller.user_id, passkey_id=passkey_id
    )
    if removed is None:
        raise PasskeyNotFoundError
    user = await repository.get_user(session, caller.user_id)
    outbox.record(
        session,
        PasskeyRemoved(
            user_id=user.id,
            user_version=user.version,
            email=user.email,
            passkey_id=passkey_id,
            passkey_name=removed,
        ),
    )


async def begin_sign_in(session: AsyncSession) -> dict[str, object]:
    """Return the options for the browser, which asks for no address: passkeys know their account."""
    return challenges.remember(session, gateway.request_options(), "sign_in")


async def begin_proof(session: AsyncSession, *, caller: Caller) -> dict[str, object]:
    """Return the options for the browser, to use one of the caller's passkeys; raises NoPasskeyError."""
    own = await repository.list_passkeys(session, caller.user_id)
    if not own:
        # With an empty list, browsers would offer those of other accounts.
        raise NoPasskeyError
    return challenges.remember(session, gateway.request_options(own), "proof", caller)


async def recognise(session: AsyncSession, credential: Credential, challenge: bytes) -> Recognised:
    """Verify the answer to a challenge, and lock the account of its passkey.

    Raises:
        UnknownPasskeyError: the passkey was removed.
        PasskeyRefusedError: the answer is malformed or wrong.
    """
    found = await repository.get_passkey(session, gateway.read_credential_id(credential))
    if found is None:
        raise UnknownPasskeyError
    user = await repository.get_user_for_update(session, found.user_id)
    used = gateway.verify_use(credential, challenge, found)
    # Synchronised passkeys always send 0; the counter of others rises with each use.
    is_suspicious = bool(found.sign_count) and used.sign_count <= found.sign_count
    if is_suspicious:
        log.warning(
            "account.passkey_counter_fell", user_id=str(user.id), address=limits.client_address()
        )
    is_known = await repository.record_passkey_use(
        session,
        found.id,
        sign_count=max(used.sign_count, found.sign_count),
        is_backed_up=used.is_backed_up,
        now=utc_now(),
    )
    if not is_known:
        raise UnknownPasskeyError
    return Recognised(UserRead(id=user.id, email=user.email), is_suspicious)


async def prove(transaction: db.Transaction, *, caller: Caller, credential: Credential) -> None:
    """Mark the session as proved by a passkey of the caller; raises the errors of `recognise`."""
    challenge = await challenges.redeem(transaction, credential, "proof", caller)
    async with transaction() as session:
        recognised = await recognise(session, credential, challenge)
        if recognised.user.id != caller.user_id:
            raise PasskeyRefusedError
        await proof.record(session, session_id=caller.session_id)


def _read(row: Passkey) -> PasskeyRead:
    return PasskeyRead.model_validate(row.model_dump())
