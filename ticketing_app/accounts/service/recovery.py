"""Recovery of an account by a mailed link: after a forgotten password, or a change by a thief."""

from typing import NamedTuple
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import passwords, repository
from ticketing_app.accounts.rules import TokenPurpose
from ticketing_app.accounts.schemas import UserRead
from ticketing_app.accounts.service import addresses, tokens
from ticketing_app.core import db
from ticketing_app.core.clock import utc_now
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import (
    EmailConfirmed,
    PasswordChanged,
    PasswordResetRequested,
    UserUpdated,
)

RECOVERING = frozenset({TokenPurpose.RESET, TokenPurpose.UNDO})


class Recovered(NamedTuple):
    user: UserRead
    ended: list[UUID]


async def send_reset(transaction: db.Transaction, email: str) -> None:
    """Have a link mailed, if the address has an account: the act of `accounts.reset`."""
    async with transaction() as session:
        if user := await repository.get_user_by_email(session, email):
            outbox.record(session, PasswordResetRequested(**addresses.facts(user)))


async def check_new_password(transaction: db.Transaction, *, secret: str, password: str) -> str:
    """Return the hash of the password; raises InvalidTokenError, or InvalidInputError if it is a common one."""
    # Without a connection meanwhile: both may wait for a thread.
    async with transaction() as session:
        token = await tokens.find(session, secret=secret, purposes=RECOVERING)
    email = token.facts["email"]
    await passwords.require_uncommon(password, email=email, field="newPassword")
    return await passwords.hash_password(password)


async def recover(session: AsyncSession, *, secret: str, password_hash: str) -> Recovered:
    """Set the password, end all sessions and mailed links; the link proved the address.

    Passkeys stay if the address was confirmed before, and is not restored.

    Raises InvalidTokenError, or EmailInUseError if an undone change cannot be undone.
    """
    found = await tokens.find(session, secret=secret, purposes=RECOVERING)
    # Accounts are locked before their tokens, everywhere.
    user = await repository.get_user_for_update(session, found.user_id)
    token = await tokens.redeem(session, secret=secret, purposes=RECOVERING)
    was_confirmed = user.email_confirmed_at is not None
    if token.purpose == TokenPurpose.UNDO:
        await addresses.restore(session, user, token.facts["email"])
    elif token.facts["email"] != user.email:
        raise tokens.InvalidTokenError
    else:
        user.version += 1
    if token.purpose == TokenPurpose.UNDO or not was_confirmed:
        # Possibly those of a thief, or of another person who signed up with this address.
        await repository.delete_passkeys(session, user.id)
    now = utc_now()
    user.password_hash = password_hash
    user.email_confirmed_at = user.email_confirmed_at or now
    user.credentials_changed_at = now
    await repository.delete_tokens(session, user.id, tokens.BY_MAIL)
    outbox.record(session, UserUpdated(**addresses.facts(user)))
    outbox.record(session, PasswordChanged(**addresses.facts(user), is_reset=True))
    if not was_confirmed:
        outbox.record(session, EmailConfirmed(**addresses.facts(user)))
    ended = await repository.revoke_sessions(session, user_id=user.id, now=now, except_id=None)
    return Recovered(UserRead(id=user.id, email=user.email), ended)
