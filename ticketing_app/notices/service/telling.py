"""Creates a notice for one person, and the work of its channels."""

from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import users
from ticketing_app.core.clock import utc_now
from ticketing_app.messaging import outbox
from ticketing_app.messaging.catalog import NoticeCreated
from ticketing_app.notices import repository, rules
from ticketing_app.notices.models import Notice, Send
from ticketing_app.notices.rules import Channel
from ticketing_app.notices.service import push
from ticketing_app.work import due as work

MAIL_WORK = "notices.mail"
DIGEST_WORK = "notices.digest"


async def tell(
    session: AsyncSession,
    *,
    user_id: UUID,
    kind: str,
    key: str,
    facts: dict[str, Any],
    address: str | None = None,
) -> None:
    """Make a notice and its sends in the caller's transaction; nothing if there is one with this key.

    `address`, for kinds that protect the account: another one than its present address.
    """
    how = rules.KINDS[kind]
    channels = rules.wanted_channels(how, await repository.list_choices(session, user_id, kind))
    notice = Notice(
        user_id=user_id, kind=kind, key=key, facts=facts, is_shown=Channel.BELL in channels
    )
    if not await repository.insert_notice(session, notice):
        return
    if notice.is_shown:
        outbox.record(session, NoticeCreated(notice_id=notice.id, user_id=user_id, kind=kind))
    if Channel.PUSH in channels:
        await push.want(session, user_id=user_id, notice_id=notice.id)
    if Channel.MAIL not in channels:
        return
    if how.is_digest:
        at = rules.next_digest_at(utc_now())
        await work.want(session, DIGEST_WORK, f"{user_id}.{kind}", at=at)
    else:
        user = await users.get_user(session, user_id=user_id)
        await _send(session, notice, address or user.email)


async def tell_address(
    session: AsyncSession, *, address: str, kind: str, key: str, facts: dict[str, Any]
) -> None:
    """Create a notice that is only mailed, to an address with or without an account."""
    notice = Notice(user_id=None, kind=kind, key=key, facts=facts, is_shown=False)
    if await repository.insert_notice(session, notice):
        await _send(session, notice, address)


async def _send(session: AsyncSession, notice: Notice, address: str) -> None:
    send = Send(notice_id=notice.id, channel=Channel.MAIL, address=address)
    repository.add_send(session, send)
    await work.want(session, MAIL_WORK, send.id)
