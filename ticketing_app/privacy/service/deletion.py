"""An account that its owner leaves: 14 days to come back, then the erasure."""

from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts import auth
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError
from ticketing_app.notices.service import telling as notices
from ticketing_app.orders.service import gifts
from ticketing_app.orders.service import personal as orders
from ticketing_app.orders.service.personal import OrderObstacle
from ticketing_app.privacy import repository, rules
from ticketing_app.privacy.models import Deletion
from ticketing_app.privacy.schemas import DeletionRead
from ticketing_app.tickets.service import personal as tickets
from ticketing_app.tickets.service.personal import SaleObstacle
from ticketing_app.vault.service import erasure as files
from ticketing_app.work import due as work

WORK = "privacy.erase"

SENTENCES: dict[OrderObstacle | SaleObstacle, str] = {
    OrderObstacle.HELD: "You hold tickets: pay for them, or release them first.",
    OrderObstacle.MONEY_MOVING: "Money of one of your orders is on its way. Please try again when it has arrived.",
    SaleObstacle.BEING_BOUGHT: "Somebody is buying a ticket of yours right now. Please try again in 15 minutes.",
    SaleObstacle.SOLD_FOR_LATER: "You sold tickets for events to come, and their buyers may need you until then.",
}


class AccountNeededError(AppError):
    """The account cannot be deleted now; one sentence for each reason."""

    status = HTTPStatus.CONFLICT


async def list_reasons(session: AsyncSession, *, user_id: UUID) -> list[str]:
    """Return why the account cannot be deleted now, as sentences for its owner."""
    found = await orders.list_obstacles(session, user_id=user_id)
    return [sentence for reason, sentence in SENTENCES.items() if reason in found]


async def get_deletion(session: AsyncSession, *, user_id: UUID) -> DeletionRead | None:
    row = await repository.get_deletion(session, user_id)
    return DeletionRead(due_at=row.due_at) if row else None


async def request_deletion(session: AsyncSession, *, caller: Caller) -> DeletionRead:
    """Take the listings off sale, end every session, and erase the account in 14 days.

    Raises:
        AccountNeededError: somebody still needs this account, or its money is on the way.
    """
    # Locks the tickets first, so that none is bought between the check and the withdrawal.
    is_free = await tickets.withdraw_all(session, seller_id=caller.user_id)
    reasons = await list_reasons(session, user_id=caller.user_id)
    if reasons or not is_free:
        raise AccountNeededError(" ".join(reasons) or SENTENCES[SaleObstacle.BEING_BOUGHT])
    await files.erase_unsold(session, owner_id=caller.user_id)
    now = utc_now()
    asked = Deletion(user_id=caller.user_id, requested_at=now, due_at=rules.erasure_at(now))
    await repository.add_deletion(session, asked)
    await gifts.withdraw_all(session, from_id=caller.user_id)
    await auth.end_sessions(session, caller=caller, including_this=True)
    facts = {"due_at": asked.due_at.isoformat()}
    key = f"account_leaving:{caller.user_id}:{now.isoformat()}"
    await notices.tell(
        session, user_id=caller.user_id, kind="account_leaving", key=key, facts=facts
    )
    await work.want(session, WORK, caller.user_id, at=asked.due_at, is_moved=True)
    return DeletionRead(due_at=asked.due_at)


async def keep_account(session: AsyncSession, *, user_id: UUID) -> None:
    """End the deletion, if there is one, as the owner signed in."""
    if await repository.delete_deletion(session, user_id):
        key = f"account_kept:{user_id}:{utc_now().isoformat()}"
        await notices.tell(session, user_id=user_id, kind="account_kept", key=key, facts={})
