"""A sign-in ends the deletion of the account."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.messaging.catalog import UserSignedIn
from ticketing_app.privacy.service import deletion


async def on_user_signed_in(session: AsyncSession, event: UserSignedIn) -> None:
    await deletion.keep_account(session, user_id=event.user_id)
