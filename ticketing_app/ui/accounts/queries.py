"""One read per account page, each in the caller's transaction."""

from dataclasses import dataclass

from ticketing_app.accounts.schemas import Caller
from ticketing_app.accounts.service import users
from ticketing_app.ui.transactions import Session


@dataclass(frozen=True)
class ProfilePage:
    is_confirmed: bool


async def load_profile_page(session: Session, *, caller: Caller) -> ProfilePage:
    return ProfilePage(is_confirmed=await users.is_confirmed(session, user_id=caller.user_id))
