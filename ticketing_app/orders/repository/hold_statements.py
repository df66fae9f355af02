"""The hold: the statements that span features.

"Give these tickets to this buyer if they are free", decided by PostgreSQL in one statement, which is also
the whole transaction (it runs on an AUTOCOMMIT connection). `HOLD_LOOSE` takes one ticket without a listing,
`HOLD_LISTED` tickets of one listing: chosen ones, or the best for a quantity.

How they work. `was` selects the tickets under every condition and locks their rows (FOR NO KEY UPDATE).
Fifty concurrent buyers queue at that lock; the conditions are then judged on the rows as the winner left
them, so the other forty-nine find nothing. `lapsed` closes the orders of expired leases, so a ticket is free
the moment its time is over, without a worker (rule 2), and `freed` their items. `held` moves the leases,
`made` inserts the order, `items` its items, `events` adds the events of all these orders to the outbox, and
`steps` their history. If `was` is empty, the other parts have no effect.

What must not be "simplified":
- No part may decide by the rows of a part that writes other than by a join: `order_id IN (SELECT id FROM
  lapsed)` caused internal errors under load, and a LEFT JOIN on its count is optimised away. Counts of parts
  that only select may decide.
- `freed`: the foreign key of items would do the same, but only at the end of the statement.
- `(SELECT count(*) FROM freed) >= 0` is always true. It makes PostgreSQL close the old orders and free
  their items before it inserts the new ones, which the unique indexes (rule 1) would refuse otherwise.
- `IS TRUE` after a list of statuses: without it the planner may use a small index of active orders, whose
  condition implies this one, and read all of them; their number grows with each hold.
- Ticket rows are locked before order rows, both by id, as in every transaction of the program; the
  opposite order deadlocks against the expiry.
- `now()` is correct here, because the statement is the transaction. A statement that waited for a row
  lock has an older `now()`, which can only refuse a lease that ended meanwhile, never take over one that
  is still running.

The limits (open holds, cool-down) are checked inside to save a round trip; concurrent requests may exceed
them, because limits are not invariants. The reason of a refusal is read afterwards.
"""

from sqlalchemy import text

# Reads the buyer's last day once: the number of open holds, and the end of the cool-down in this scope
# (`rules.cooldown_seconds`). `since` is an id older than any relevant order. It is compared together
# with the buyer: by `id` alone the planner may choose the primary key, because its statistics know no
# rows that new, and read the orders of all buyers of the day.
# Versions of the program before `ended_at` cancel without setting it; such a hold costs nothing.
_LIMITS = """
    SELECT count(*) FILTER (
             WHERE o.status IN ('created', 'awaiting_payment') AND o.expires_at > now()
           ) AS open_holds,
           max(lost.ended_at) + make_interval(secs => CAST(:cooldown_seconds AS float8) / 3 * (power(
             4,
             least(:longest_cooldown_holds, CAST(
               extract(epoch FROM sum(lost.ended_at - o.created_at)) AS float8
             ) / CAST(:hold_seconds AS float8))
           ) - 1)) AS cooldown_ends_at
    FROM orders o
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN ({scope}) IS NOT TRUE OR o.is_excused THEN NULL
        WHEN o.status = 'cancelled' THEN o.ended_at
        WHEN o.status = 'expired' OR (o.status IN ('created', 'awaiting_payment') AND o.expires_at <= now())
          THEN coalesce(o.ended_at, o.expires_at)
      END AS ended_at
    ) lost
    WHERE o.buyer_id = :buyer_id
      AND (o.buyer_id, o.id) > (:buyer_id, :since)
      AND coalesce(lost.ended_at > now() - CAST(:cooldown_window AS interval), true)
"""
TICKET_LIMITS = _LIMITS.format(scope="o.ticket_id = :ticket_id")
LISTING_LIMITS = _LIMITS.format(scope="o.listing_id = :listing_id")
_WITHIN = """
        SELECT l.open_holds < :max_open_holds AND coalesce(l.cooldown_ends_at <= now(), true)
          AND (CAST(:max_unconfirmed_holds AS bigint) IS NULL
            OR l.open_holds < CAST(:max_unconfirmed_holds AS bigint)
            OR (SELECT email_confirmed_at IS NOT NULL FROM users WHERE id = :buyer_id))
        FROM ({limits}) l
"""

_OPEN = """
          status = 'for_sale'
      AND (locked_until IS NULL OR locked_until <= now())
      AND coalesce(least(starts_at, sellable_until) > now(), true)
      AND seller_id <> :buyer_id
"""

# Every condition stands at the row that is locked.
_LOOSE = f"""
WITH was AS (
    SELECT t.id, t.order_id
    FROM tickets t
    WHERE t.id = :ticket_id
      AND t.listing_id IS NULL
      AND {_OPEN}
      AND t.version = coalesce(CAST(:seen_version AS integer), t.version)
      AND t.price_cents = coalesce(CAST(:seen_price_cents AS bigint), t.price_cents)
      AND ({_WITHIN.format(limits=TICKET_LIMITS)})
    FOR NO KEY UPDATE OF t
), lapsed AS (
    UPDATE orders o SET status = 'expired', version = o.version + 1, ended_at = o.expires_at
    FROM was
    WHERE o.id = was.order_id AND (o.status IN ('created', 'awaiting_payment')) IS TRUE
    RETURNING o.id, o.version, o.buyer_id, o.price_cents, o.currency, o.expires_at, o.ticket_id, o.listing_id
)"""  # noqa: S608  # built from constants.

# All rows of the listing are locked, without a condition on anything that may change, and judged as they
# are after the wait: a ticket that came back meanwhile is not in the snapshot of the statement, so
# conditions at the lock would undercount the rest, and break the seller's rule. The count before the lock
# can only refuse: a hold of sold tickets locks nothing.
#
# The listing is locked last (FOR SHARE), so that its rule and version are those after the wait, too.
_LISTED = f"""
WITH locked AS (
    SELECT t.id, t.listing_id, t.position, t.seller_id, t.status, t.starts_at, t.sellable_until,
           t.order_id, t.locked_until, t.version, t.price_cents
    FROM tickets t
    WHERE t.listing_id = :listing_id
      AND CAST(:quantity AS integer) <= (
        SELECT count(*) FROM tickets f
        WHERE f.listing_id = :listing_id AND f.status = 'for_sale'
          AND (f.locked_until IS NULL OR f.locked_until <= now())
      )
    ORDER BY t.id
    FOR NO KEY UPDATE OF t
), available AS (
    SELECT *, count(*) OVER () AS left_before, position - row_number() OVER (ORDER BY position) AS run
    FROM locked
    WHERE {_OPEN}
), ranked AS (
    SELECT *, count(*) OVER (PARTITION BY run) AS run_size FROM available
), asked AS (
    SELECT * FROM ranked
    WHERE (id = ANY(CAST(:ticket_ids AS uuid[])) OR CAST(:ticket_ids AS uuid[]) IS NULL)
      AND version = coalesce(CAST(:seen_ticket_version AS integer), version)
      AND price_cents = coalesce(CAST(:seen_price_cents AS bigint), price_cents)
    -- The shortest run of neighbouring seats that is long enough, rather none that leaves one over.
    ORDER BY run_size < :quantity, run_size - :quantity = 1, abs(run_size - :quantity), run, position
    LIMIT :quantity
), was AS (
    SELECT a.id, a.order_id
    FROM asked a JOIN listings l ON l.id = a.listing_id
    WHERE (SELECT count(*) FROM asked) = :quantity
      AND CASE l.split
            WHEN 'together' THEN a.left_before = :quantity
            WHEN 'no_single' THEN a.left_before - :quantity <> 1
            ELSE true
          END
      AND (NOT l.is_side_by_side OR CAST(:ticket_ids AS uuid[]) IS NOT NULL
        OR (SELECT count(DISTINCT run) FROM asked) = 1)
      AND l.version = coalesce(CAST(:seen_version AS integer), l.version)
      AND ({_WITHIN.format(limits=LISTING_LIMITS)})
    FOR SHARE OF l
), due AS (
    -- By id: otherwise two holds of other tickets of the same two orders deadlock.
    SELECT o.id
    FROM orders o JOIN (SELECT DISTINCT order_id FROM was) AS holding ON holding.order_id = o.id
    WHERE (o.status IN ('created', 'awaiting_payment')) IS TRUE
    ORDER BY o.id
    FOR UPDATE OF o
), lapsed AS (
    UPDATE orders o SET status = 'expired', version = o.version + 1, ended_at = o.expires_at
    FROM due
    WHERE o.id = due.id
    RETURNING o.id, o.version, o.buyer_id, o.price_cents, o.currency, o.expires_at, o.listing_id
), rest AS (
    -- Tickets of these orders that the new order does not take.
    SELECT l.id, l.order_id
    FROM locked l JOIN due ON due.id = l.order_id
    WHERE l.id NOT IN (SELECT id FROM was)
), let_go AS (
    UPDATE tickets t SET order_id = NULL, holder_id = NULL, locked_until = NULL, version = t.version + 1
    FROM rest
    WHERE t.id = rest.id
    RETURNING t.id, t.status, t.version
)"""  # noqa: S608  # as above.

_HELD = """, freed AS (
    UPDATE order_items i SET is_order_live = false
    FROM lapsed
    WHERE i.order_id = lapsed.id
    RETURNING i.order_id, i.ticket_id
), held AS (
    UPDATE tickets t
    SET order_id = :order_id,
        holder_id = :buyer_id,
        locked_until = now() + make_interval(secs => :hold_seconds),
        version = t.version + 1
    FROM was
    WHERE t.id = was.id
    RETURNING t.id, t.version, t.locked_until, t.title, t.price_cents, t.currency, t.seller_id, t.event_id,
              t.section, t.row, t.seat
), made AS (
    INSERT INTO orders (
        id, buyer_id, ticket_id, quantity, listing_id, title, price_cents, currency, status, expires_at,
        is_grace_used, version, created_at
    )
"""
_LOOSE_ORDER = """
    SELECT :order_id, :buyer_id, held.id, 1, CAST(NULL AS uuid), held.title, held.price_cents, held.currency,
           'created', held.locked_until, false, 1, now()
    FROM held
    WHERE (SELECT count(*) FROM freed) >= 0
"""
_LISTED_ORDER = """
    SELECT :order_id, :buyer_id, CASE WHEN count(*) = 1 THEN (array_agg(held.id))[1] END, count(*), :listing_id,
           min(held.title), sum(held.price_cents), min(held.currency),
           'created', min(held.locked_until), false, 1, now()
    FROM held
    HAVING count(*) > 0 AND (SELECT count(*) FROM freed) >= 0
"""
_ITEMS = """
    RETURNING *
), items AS (
    INSERT INTO order_items (order_id, ticket_id, price_cents)
    SELECT made.id, held.id, held.price_cents FROM made, held
)"""

# `ticket_id` and `ticket_version` are those of the first ticket.
_LOOSE_CHANGES = """, ended AS (
    SELECT lapsed.*, 1 AS nth, lapsed.ticket_id AS first_id, CAST(NULL AS integer) AS first_version,
           jsonb_build_array(jsonb_build_object('id', lapsed.ticket_id, 'version', NULL)) AS tickets
    FROM lapsed
), begun AS (
    SELECT made.*, held.id AS first_id, held.version AS first_version, held.seller_id, held.event_id,
           jsonb_build_array(jsonb_build_object('id', held.id, 'version', held.version)) AS tickets
    FROM made, held
)"""
_LISTED_CHANGES = """, ended AS (
    SELECT lapsed.*, row_number() OVER (ORDER BY lapsed.id) AS nth, changed.*
    FROM lapsed CROSS JOIN LATERAL (
        SELECT (array_agg(f.ticket_id ORDER BY f.ticket_id))[1] AS first_id,
               (array_agg(g.version ORDER BY f.ticket_id))[1] AS first_version,
               jsonb_agg(jsonb_build_object('id', f.ticket_id, 'version', g.version) ORDER BY f.ticket_id) AS tickets
        FROM freed f LEFT JOIN let_go g ON g.id = f.ticket_id AND g.status = 'for_sale'
        WHERE f.order_id = lapsed.id
    ) changed
), begun AS (
    SELECT made.*, changed.*
    FROM made CROSS JOIN LATERAL (
        SELECT (array_agg(id ORDER BY id))[1] AS first_id, (array_agg(version ORDER BY id))[1] AS first_version,
               (array_agg(seller_id))[1] AS seller_id, (array_agg(event_id))[1] AS event_id,
               jsonb_agg(jsonb_build_object('id', id, 'version', version) ORDER BY id) AS tickets
        FROM held
    ) changed
)"""

_RECORD = """, events AS (
    INSERT INTO outbox (
        id, name, schema_version, occurred_at, aggregate_id, aggregate_version, correlation_id, payload
    )
    SELECT (CAST(:expired_event_ids AS uuid[]))[ended.nth], 'OrderExpired', 1, now(), ended.id, ended.version,
           CAST(:correlation_id AS text),
           jsonb_build_object(
             'order_id', ended.id, 'order_version', ended.version, 'status', 'expired',
             'buyer_id', ended.buyer_id, 'price_cents', ended.price_cents, 'currency', ended.currency,
             'expires_at', ended.expires_at, 'ticket_id', ended.first_id,
             'ticket_version', ended.first_version, 'tickets', ended.tickets, 'locked_until', NULL,
             'event_id', (SELECT event_id FROM held LIMIT 1), 'listing_id', ended.listing_id)
    FROM ended
    UNION ALL
    SELECT CAST(:created_event_id AS uuid), 'OrderCreated', 1, now(), begun.id, begun.version,
           CAST(:correlation_id AS text),
           jsonb_build_object(
             'order_id', begun.id, 'order_version', begun.version, 'status', begun.status,
             'buyer_id', begun.buyer_id, 'price_cents', begun.price_cents, 'currency', begun.currency,
             'expires_at', begun.expires_at, 'ticket_id', begun.first_id, 'title', begun.title,
             'ticket_version', begun.first_version, 'tickets', begun.tickets,
             'locked_until', begun.expires_at, 'seller_id', begun.seller_id,
             'event_id', begun.event_id, 'listing_id', begun.listing_id)
    FROM begun
), steps AS (
    INSERT INTO order_steps (order_id, version, status, expires_at, at)
    SELECT lapsed.id, lapsed.version, 'expired', lapsed.expires_at, now() FROM lapsed
    UNION ALL
    SELECT made.id, made.version, made.status, made.expires_at, now() FROM made
)
SELECT made.id, made.buyer_id, made.quantity, made.listing_id, made.title, made.price_cents, made.currency, made.status,
       made.expires_at, made.created_at, (SELECT count(*) FROM lapsed) AS lapsed,
       held.id AS ticket_id, held.price_cents AS ticket_price_cents, held.section, held.row, held.seat,
       held.event_id
FROM made, held
ORDER BY held.id
"""

HOLD_LOOSE = text(_LOOSE + _HELD + _LOOSE_ORDER + _ITEMS + _LOOSE_CHANGES + _RECORD)
HOLD_LISTED = text(_LISTED + _HELD + _LISTED_ORDER + _ITEMS + _LISTED_CHANGES + _RECORD)
