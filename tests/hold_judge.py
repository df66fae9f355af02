"""A database trigger that judges each hold after its statement and before its commit.

A hold has locked all tickets of its listing, so concurrent holds cannot change the rest that the judge counts. A
broken rule fails the hold with an error that no use case expects.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

# now() is the beginning of the hold, which is its own transaction: the hold judges leases by it, too.
INSTALL = """
CREATE OR REPLACE FUNCTION judge_hold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held record;
  offer record;
BEGIN
  SELECT count(*) AS quantity, sum(i.price_cents) AS cents, bool_and(coalesce(
      t.status = 'for_sale' AND t.order_id = NEW.id AND t.locked_until = NEW.expires_at
      AND t.listing_id IS NOT DISTINCT FROM NEW.listing_id AND t.price_cents = i.price_cents
      AND t.seller_id <> NEW.buyer_id AND coalesce(t.starts_at > now(), true), false)) AS is_sound
    INTO held FROM order_items i LEFT JOIN tickets t ON t.id = i.ticket_id WHERE i.order_id = NEW.id;
  IF NOT coalesce(held.is_sound AND held.quantity = NEW.quantity AND held.cents = NEW.price_cents, false) THEN
    RAISE EXCEPTION 'an unsound hold: % with %', to_jsonb(NEW), to_jsonb(held);
  END IF;
  SELECT l.split, count(t.id) FILTER (WHERE t.status = 'for_sale'
      AND (t.locked_until IS NULL OR t.locked_until <= now())) AS rest
    INTO offer FROM listings l JOIN tickets t ON t.listing_id = l.id WHERE l.id = NEW.listing_id GROUP BY l.id;
  IF offer.split = 'together' AND offer.rest > 0 OR offer.split = 'no_single' AND offer.rest = 1 THEN
    RAISE EXCEPTION 'a hold that breaks the rule of the seller: % leaves %', to_jsonb(NEW), to_jsonb(offer);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER judge_hold AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION judge_hold();
"""
REMOVE = "DROP FUNCTION judge_hold CASCADE"


@asynccontextmanager
async def judged_holds(database_url: str) -> AsyncGenerator[None]:
    """Judge all holds in this database meanwhile."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        await connection.execute(INSTALL)
        yield
        await connection.execute(REMOVE)
    finally:
        await connection.close()
