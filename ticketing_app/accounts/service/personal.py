"""Everything that an account keeps of its owner: the export, and the erasure."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import repository
from ticketing_app.accounts.schemas import AccountExport, PasskeyRead, SignInExport
from ticketing_app.core.clock import utc_now
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import UserErased

# Fields of the domain events of an account that tell who its user is.
PERSONAL = ("email", "new_email", "former_email", "device", "address", "passkey_name")


async def export(session: AsyncSession, *, user_id: UUID) -> AccountExport:
    user = await repository.get_user(session, user_id)
    sessions = await repository.list_sessions(session, user_id)
    passkeys = await repository.list_passkeys(session, user_id)
    return AccountExport(
        **user.model_dump(),
        sign_ins=[SignInExport.model_validate(row.model_dump()) for row in sessions],
        passkeys=[PasskeyRead.model_validate(row.model_dump()) for row in passkeys],
    )


async def lock_for_erasure(session: AsyncSession, *, user_id: UUID) -> datetime | None:
    """Lock the account against concurrent sign-ins; return the time of the last one."""
    await repository.get_user_for_update(session, user_id)
    return await repository.get_last_sign_in(session, user_id)


async def erase(session: AsyncSession, *, user_id: UUID) -> str:
    """Erase who the user was, for good; return the former address. The id stays for the books."""
    user = await repository.get_user_for_update(session, user_id)
    address = user.email
    user.email = erased_email(user_id)
    user.email_confirmed_at = None
    user.password_hash = None
    user.version += 1
    user.erased_at = utc_now()
    await repository.delete_keys(session, user_id)
    await outbox.erase(session, aggregate_id=user_id, names=PERSONAL)
    outbox.record(session, UserErased(user_id=user.id, user_version=user.version, email=user.email))
    return address


def erased_email(user_id: UUID) -> str:
    return f"erased-{user_id}@invalid"
