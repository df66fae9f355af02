"""E-mail addresses of accounts: free, confirmed, changed."""

from typing import NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import repository, rules
from ticketing_app.accounts.models import User
from ticketing_app.accounts.rules import TokenPurpose
from ticketing_app.accounts.schemas import Caller, UserRead
from ticketing_app.accounts.service import tokens
from ticketing_app.accounts.service.registration import EmailInUseError
from ticketing_app.core.clock import utc_now
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import (
    EmailChanged,
    EmailConfirmationRequested,
    EmailConfirmed,
    UserUpdated,
)

CONFIRMING = frozenset({TokenPurpose.CONFIRM, TokenPurpose.CHANGE})


class UserFacts(TypedDict):
    """The facts of every event of an account."""

    user_id: UUID
    user_version: int
    email: str


def facts(user: User) -> UserFacts:
    return {"user_id": user.id, "user_version": user.version, "email": user.email}


async def request_confirmation(session: AsyncSession, *, caller: Caller) -> None:
    """Have the link sent again; nothing happens if the address is confirmed."""
    user = await repository.get_user(session, caller.user_id)
    if user.email_confirmed_at is None:
        outbox.record(session, EmailConfirmationRequested(**facts(user)))


class Confirmed(NamedTuple):
    user: UserRead
    is_changed: bool


async def confirm(session: AsyncSession, *, secret: str) -> Confirmed:
    """Confirm the address that the link was sent to; one that was asked for becomes the account's.

    Raises InvalidTokenError, also if the account has another address by now, or EmailInUseError.
    """
    found = await tokens.find(session, secret=secret, purposes=CONFIRMING)
    # Accounts are locked before their tokens, everywhere.
    user = await repository.get_user_for_update(session, found.user_id)
    token = await tokens.redeem(session, secret=secret, purposes=CONFIRMING)
    if token.purpose == TokenPurpose.CHANGE:
        await _complete_change(session, user, token.facts["email"])
    elif token.facts["email"] != user.email:
        raise tokens.InvalidTokenError
    elif user.email_confirmed_at is None:
        user.email_confirmed_at = utc_now()
        user.version += 1
        outbox.record(session, UserUpdated(**facts(user)))
        outbox.record(session, EmailConfirmed(**facts(user)))
    user_read = UserRead(id=user.id, email=user.email)
    return Confirmed(user_read, is_changed=token.purpose == TokenPurpose.CHANGE)


async def _complete_change(session: AsyncSession, user: User, email: str) -> None:
    former_email = user.email
    former_version = user.version
    now = utc_now()
    await require_free(session, email, user_id=user.id)
    await replace(session, user, email)
    user.email_confirmed_at = now
    user.credentials_changed_at = now
    await repository.delete_tokens(session, user.id, tokens.BY_MAIL)
    await repository.reserve_email(
        session,
        email=former_email,
        user_id=user.id,
        user_version=former_version,
        expires_at=rules.email_reserved_until(now),
    )
    outbox.record(session, UserUpdated(**facts(user)))
    outbox.record(session, EmailChanged(**facts(user), former_email=former_email))


async def restore(session: AsyncSession, user: User, email: str) -> None:
    """Undo a change of address, and all later ones.

    Raises InvalidTokenError if the address is no longer kept for the account.
    """
    former = await repository.get_former_email(session, email, user_id=user.id)
    if former is None:
        raise tokens.InvalidTokenError
    await repository.release_emails(session, user.id, from_version=former.user_version)
    await replace(session, user, email)


async def require_free(session: AsyncSession, email: str, *, user_id: UUID) -> None:
    """Raises EmailInUseError: another account has this address, or can still get it back."""
    holder = await repository.get_user_by_email(session, email)
    if (holder and holder.id != user_id) or await repository.is_reserved(
        session, email, user_id=user_id
    ):
        raise EmailInUseError


async def replace(session: AsyncSession, user: User, email: str) -> None:
    try:
        async with session.begin_nested():
            user.email = email
            user.version += 1
    except IntegrityError:
        # Another account took it just now.
        raise EmailInUseError from None


async def delete_expired(session: AsyncSession, limit: int) -> int:
    return await repository.delete_expired_emails(session, limit=limit)
