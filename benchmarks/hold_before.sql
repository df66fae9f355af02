-- The hold before orders had items: one ticket per order. Compared with by benchmarks/hold.py.
WITH was AS (
    SELECT t.id, t.order_id, t.price_cents, t.currency, t.title
    FROM tickets t
    WHERE t.id = :ticket_id
      AND t.status = 'for_sale'
      AND (t.locked_until IS NULL OR t.locked_until <= now())
      AND (t.starts_at IS NULL OR t.starts_at > now())
      AND t.seller_id <> :buyer_id
      AND t.version = coalesce(CAST(:seen_version AS integer), t.version)
      AND t.price_cents = coalesce(CAST(:seen_price_cents AS bigint), t.price_cents)
      AND (
        SELECT l.open_holds < :max_open_holds AND coalesce(l.cooldown_ends_at <= now(), true)
        FROM (
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
        WHEN o.ticket_id <> :ticket_id OR o.is_excused THEN NULL
        WHEN o.status = 'cancelled' THEN o.ended_at
        WHEN o.status = 'expired' OR (o.status IN ('created', 'awaiting_payment') AND o.expires_at <= now())
          THEN coalesce(o.ended_at, o.expires_at)
      END AS ended_at
    ) lost
    WHERE o.buyer_id = :buyer_id
      AND (o.buyer_id, o.id) > (:buyer_id, :since)
      AND coalesce(lost.ended_at > now() - CAST(:cooldown_window AS interval), true)
) l
      )
    FOR NO KEY UPDATE OF t
), lapsed AS (
    UPDATE orders o SET status = 'expired', version = o.version + 1, ended_at = o.expires_at
    FROM was
    WHERE o.id = was.order_id AND (o.status IN ('created', 'awaiting_payment')) IS TRUE
    RETURNING o.id, o.version, o.buyer_id, o.price_cents, o.currency, o.expires_at, o.ticket_id
), held AS (
    UPDATE tickets t
    SET order_id = :order_id,
        holder_id = :buyer_id,
        locked_until = now() + make_interval(secs => :hold_seconds),
        version = t.version + 1
    FROM was
    WHERE t.id = was.id
    RETURNING t.id, t.version, t.locked_until, t.title, t.price_cents, t.currency, t.seller_id
), made AS (
    INSERT INTO orders (
        id, buyer_id, ticket_id, title, price_cents, currency, status, expires_at, is_grace_used, version, created_at
    )
    SELECT :order_id, :buyer_id, held.id, held.title, held.price_cents, held.currency, 'created',
           held.locked_until, false, 1, now()
    FROM held
    WHERE (SELECT count(*) FROM lapsed) >= 0
    RETURNING *
), events AS (
    INSERT INTO outbox (
        id, name, schema_version, occurred_at, aggregate_id, aggregate_version, correlation_id, payload
    )
    SELECT CAST(:expired_event_id AS uuid), 'OrderExpired', 1, now(), lapsed.id, lapsed.version, :correlation_id,
           jsonb_build_object(
             'order_id', lapsed.id, 'order_version', lapsed.version, 'status', 'expired',
             'buyer_id', lapsed.buyer_id, 'price_cents', lapsed.price_cents, 'currency', lapsed.currency,
             'expires_at', lapsed.expires_at, 'ticket_id', lapsed.ticket_id,
             'ticket_version', NULL, 'locked_until', NULL)
    FROM lapsed
    UNION ALL
    SELECT CAST(:created_event_id AS uuid), 'OrderCreated', 1, now(), made.id, made.version, :correlation_id,
           jsonb_build_object(
             'order_id', made.id, 'order_version', made.version, 'status', made.status,
             'buyer_id', made.buyer_id, 'price_cents', made.price_cents, 'currency', made.currency,
             'expires_at', made.expires_at, 'ticket_id', made.ticket_id, 'title', made.title,
             'ticket_version', held.version, 'locked_until', held.locked_until,
             'seller_id', held.seller_id)
    FROM made, held
), steps AS (
    INSERT INTO order_steps (order_id, version, status, expires_at, at)
    SELECT lapsed.id, lapsed.version, 'expired', lapsed.expires_at, now() FROM lapsed
    UNION ALL
    SELECT made.id, made.version, made.status, made.expires_at, now() FROM made
)
SELECT id, buyer_id, ticket_id, title, price_cents, currency, status, expires_at, is_grace_used, version, created_at,
       (SELECT count(*) FROM lapsed) AS lapsed
FROM made
