"""The erasure of an account: only what the books need stays, under an id that means nobody."""

from datetime import timedelta
from uuid import UUID

from ticketing_app.accounts.service import personal as accounts
from ticketing_app.cases import service as cases
from ticketing_app.core.db import Transaction
from ticketing_app.core.logging import get_logger
from ticketing_app.deliveries.service import addresses
from ticketing_app.notices.service import personal as notices
from ticketing_app.orders.service import personal as orders
from ticketing_app.privacy import repository, rules
from ticketing_app.tickets.service import personal as tickets
from ticketing_app.vault.service import personal as files

log = get_logger()


async def erase_account(transaction: Transaction, key: str) -> timedelta | None:
    """Erase the account if its deletion is due and nothing needs it; otherwise try again later.

    The act of the work `privacy.erase`; `key` is the id of the user.
    """
    user_id = UUID(key)
    async with transaction() as session:
        # A sign-in waits for this lock, and then finds no account.
        last_sign_in = await accounts.lock_for_erasure(session, user_id=user_id)
        deletion = await repository.get_due_deletion(session, user_id)
        if deletion is None:
            return None
        if rules.is_kept(last_sign_in, deletion.requested_at):
            await repository.delete_deletion(session, user_id)
            return None
        # A sale may have been disputed since.
        if await orders.list_obstacles(session, user_id=user_id):
            return rules.RETRY
        address = await accounts.erase(session, user_id=user_id)
        await tickets.erase(session, seller_id=user_id)
        await orders.erase(session, address=address)
        await addresses.erase(session, buyer_id=user_id)
        await files.erase(session, user_id=user_id)
        await notices.erase(session, user_id=user_id, address=address)
        await cases.erase(session, user_id=user_id, address=address)
        await repository.delete_exports(session, user_id)
        await repository.delete_deletion(session, user_id)
    log.info("account.erased", user_id=key)
    return None
