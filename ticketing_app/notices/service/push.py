"""Web push: the browsers that a person subscribed, and the messages to them."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.schemas import Caller
from ticketing_app.accounts.service import sessions
from ticketing_app.core import db
from ticketing_app.core.errors import AppError
from ticketing_app.notices import repository, rules
from ticketing_app.notices.gateway import push
from ticketing_app.notices.models import Notice, PushSubscription
from ticketing_app.notices.schemas import PushMessage, PushSubscriptionCreate, PushTarget
from ticketing_app.notices.views import catalog
from ticketing_app.work import due as work

WORK_KIND = "notices.push"


class PushNotOfferedError(AppError):
    message = "Notices on this device are not available here."


class UnknownPushServiceError(AppError):
    message = "We do not know the push service of this browser."


def public_key() -> str:
    """Return the key that browsers subscribe with; empty if push is not offered."""
    return push.public_key()


async def subscribe(
    session: AsyncSession, *, caller: Caller, subscription: PushSubscriptionCreate
) -> None:
    """Send notices to this browser until its session ends.

    Raises PushNotOfferedError, and UnknownPushServiceError for an address that we would not call.
    """
    if not public_key():
        raise PushNotOfferedError
    if not rules.is_push_service(subscription.endpoint):
        raise UnknownPushServiceError
    # One per session, which belongs to one browser.
    await repository.delete_push_subscriptions(session, session_id=caller.session_id)
    await repository.save_push_subscription(
        session,
        PushSubscription(
            user_id=caller.user_id,
            session_id=caller.session_id,
            **subscription.model_dump(),
        ),
    )


async def unsubscribe(session: AsyncSession, *, caller: Caller) -> None:
    await repository.delete_push_subscriptions(session, session_id=caller.session_id)


async def is_subscribed(session: AsyncSession, *, caller: Caller) -> bool:
    """Whether the browser of this session gets notices."""
    return await repository.has_push_subscription(session, caller.session_id)


async def want(session: AsyncSession, *, user_id: UUID, notice_id: UUID) -> None:
    """Push a notice to the subscribed browsers of its reader, after the commit."""
    if not public_key():
        return
    for subscription_id in await repository.list_push_subscription_ids(session, user_id):
        await work.want(session, WORK_KIND, f"{notice_id}.{subscription_id}")


async def send_push(transaction: db.Transaction, key: str) -> None:
    """Push one notice to one browser, unless it was read, or the browser's session ended."""
    notice_id, _, subscription_id = key.partition(".")
    async with transaction() as session:
        notice = await repository.get_notice(session, UUID(notice_id))
        subscription = await repository.get_push_subscription(session, UUID(subscription_id))
        if subscription is None or notice is None or notice.read_at:
            return
        if not await sessions.is_live(session, session_id=subscription.session_id):
            await repository.delete_push_subscription(session, subscription.id)
            return
    if not public_key() or not rules.is_push_service(subscription.endpoint):
        return
    try:
        await push.send(PushTarget(**subscription.model_dump()), _message(notice))
    except push.SubscriptionGoneError:
        async with transaction() as session:
            await repository.delete_push_subscription(session, subscription.id)


def _message(notice: Notice) -> PushMessage:
    line = catalog.draw_line(notice.kind, notice.facts)
    kind = rules.KINDS.get(notice.kind)
    urgency = "high" if kind and kind.is_essential else "normal"
    return PushMessage(title=line.text, path=line.path, tag=notice.id.hex, urgency=urgency)
