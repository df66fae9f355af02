"""Queries of one seat do not read the listings of all seats."""

import pytest
from sqlalchemy import text

from tests import factories
from ticketing_app.core import db
from ticketing_app.tickets.repository import resale

SIZE = 3_000
FEW = 30
FILL = """
    INSERT INTO tickets (id, seller_id, title, price_cents, currency, status, version, created_at, previous_ticket_id)
    SELECT CAST(md5(CAST(n AS text)) AS uuid), seller_id, title, price_cents, currency, 'withdrawn', 1, now(),
           CASE WHEN n % 10 = 0 THEN CAST(md5(CAST(n - 1 AS text)) AS uuid) END
    FROM tickets, generate_series(1, :size) AS n WHERE id = :ticket_id
"""
READ = """
    SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)
    FROM pg_stat_xact_user_tables WHERE relname = 'tickets'
"""


@pytest.mark.usefixtures("database")
async def test_one_seat_reads_few_rows() -> None:
    ticket = await factories.make_ticket()
    async with db.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(FILL), {"ticket_id": ticket.id, "size": SIZE})
        await connection.execute(text("ANALYZE tickets"))
        # A sequential scan is faster for so few rows; the test is whether indexes suffice.
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        before = int(await connection.scalar(text(READ)) or 0)
        await resale.list_seats(session, [ticket.id])
        await resale.lock_seats(session, [ticket.id])
        await resale.list_ownership(session, ticket.id)
        read = int(await connection.scalar(text(READ)) or 0) - before
        await session.rollback()
    assert read < FEW
