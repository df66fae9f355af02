"""Facts of an account for the letters that protect it. Their links have tokens, made as late as this."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app import routes
from ticketing_app.accounts.rules import TokenPurpose
from ticketing_app.accounts.service import tokens, users
from ticketing_app.core.clock import utc_now
from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.views.account import (
    AddressChangedFacts,
    AddressChangeFacts,
    ConfirmAddressFacts,
    PasskeyFacts,
    PasswordChangedFacts,
    ResetPasswordFacts,
    SignInFacts,
    WelcomeFacts,
)
from ticketing_app.notices.views.facts import absolute


async def prepare_welcome(session: AsyncSession, mail: DueMail) -> WelcomeFacts:
    if mail.is_confirmed:
        return WelcomeFacts()
    return WelcomeFacts(confirm_url=await _link(session, mail, TokenPurpose.CONFIRM))


async def prepare_confirm_address(
    session: AsyncSession, mail: DueMail
) -> ConfirmAddressFacts | None:
    if mail.is_confirmed:
        return None
    return ConfirmAddressFacts(confirm_url=await _link(session, mail, TokenPurpose.CONFIRM))


async def prepare_reset_password(session: AsyncSession, mail: DueMail) -> ResetPasswordFacts | None:
    if mail.address != await _get_email(session, mail):
        return None
    return ResetPasswordFacts(reset_url=await _link(session, mail, TokenPurpose.RESET))


async def prepare_address_change(session: AsyncSession, mail: DueMail) -> AddressChangeFacts | None:
    user = await users.get_user(session, user_id=_owner_id(mail))
    if user.version != mail.facts["user_version"]:
        # A change that a thief asked for must not outlive the recovery of the account.
        return None
    return AddressChangeFacts(confirm_url=await _link(session, mail, TokenPurpose.CHANGE))


async def prepare_address_changed(
    session: AsyncSession, mail: DueMail
) -> AddressChangedFacts | None:
    email = await _get_email(session, mail)
    if mail.address == email:
        return None
    undo_url = await _link(session, mail, TokenPurpose.UNDO)
    return AddressChangedFacts(new_email=email, undo_url=undo_url)


async def prepare_password_changed(_session: AsyncSession, mail: DueMail) -> PasswordChangedFacts:
    is_reset = mail.facts["is_reset"]
    return PasswordChangedFacts(changed_at=utc_now() - mail.age, is_reset=is_reset)


async def prepare_passkey(_session: AsyncSession, mail: DueMail) -> PasskeyFacts:
    # Mails to an unconfirmed address carry no words of a user.
    name = mail.facts["title"] if mail.is_confirmed else "Without a name here"
    return PasskeyFacts(name=name, at=utc_now() - mail.age)


async def prepare_new_signin(_session: AsyncSession, mail: DueMail) -> SignInFacts:
    known = mail.facts
    return SignInFacts(
        device=known["device"], address=known["client_address"], at=utc_now() - mail.age
    )


async def _get_email(session: AsyncSession, mail: DueMail) -> str:
    return (await users.get_user(session, user_id=_owner_id(mail))).email


async def _link(session: AsyncSession, mail: DueMail, purpose: TokenPurpose) -> str:
    sets_password = purpose in {TokenPurpose.RESET, TokenPurpose.UNDO}
    page = routes.RESET if sets_password else routes.CONFIRM
    secret = await tokens.issue(
        session, user_id=_owner_id(mail), purpose=purpose, facts={"email": mail.address}
    )
    # In the fragment: servers, logs and the Referer header do not get it.
    return f"{absolute(page)}#token={secret}"


def _owner_id(mail: DueMail) -> UUID:
    if mail.user_id is None:
        msg = f"{mail.kind} is about an account"
        raise ValueError(msg)
    return mail.user_id
