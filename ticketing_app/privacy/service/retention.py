"""How long rows about people are kept: one table, from which one job deletes what is older."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.accounts.service import addresses, challenges, sessions, tokens
from ticketing_app.cases import service as cases
from ticketing_app.deliveries.service import addresses as delivery_addresses
from ticketing_app.notices.service import personal as notices
from ticketing_app.orders.service import personal as orders
from ticketing_app.payments.service import retention as payments
from ticketing_app.privacy import repository as exports
from ticketing_app.tickets.service import drafts
from ticketing_app.vault.service import erasure as files


class Kept(NamedTuple):
    """Rows that `delete(session, limit)` removes in batches; docs/operations.md has the same table."""

    what: str
    until: str
    delete: Callable[[AsyncSession, int], Awaitable[int]]


RETENTION = (
    Kept(
        "sign-ins, with device and address",
        "`RETENTION_DAYS` after they ended",
        sessions.delete_ended_sessions,
    ),
    Kept("links of mails, as hashes", "30 days after they expired", tokens.delete_expired),
    Kept("former e-mail addresses", "7 days after the change", addresses.delete_expired),
    Kept("challenges of passkeys", "5 minutes", challenges.delete_expired),
    Kept("notices and the addresses of their mails", "180 days", notices.delete_old),
    Kept(
        "addresses of friends who were given a ticket",
        "30 days after the gift ended",
        orders.erase_gift_addresses,
    ),
    Kept(
        "addresses at issuers, to which tickets are sent",
        "30 days after the tickets were sent or the order ended",
        delivery_addresses.delete_old,
    ),
    Kept("exports", "7 days", exports.delete_expired),
    Kept("unfinished listings", "30 days after the last change", drafts.delete_old),
    Kept("files of tickets, by their keys", "33 days after the event", files.erase_due),
    Kept("uploads that were not sold", "24 hours", files.delete_uploads),
    Kept("hashes of barcodes", "90 days after the event", files.delete_codes),
    Kept("reads of files, with addresses", "180 days", files.delete_reads),
    Kept("messages and reports", "3 years after they were closed", cases.delete_old),
    Kept(
        "webhooks of Stripe",
        "`RETENTION_DAYS` after they were handled",
        payments.delete_handled_webhooks,
    ),
    Kept("payment alerts", "a year after they were resolved", payments.delete_resolved_alerts),
)
