"""The rules of the product, checked from outside: by the database and by Stripe's books alone.

Imports nothing of orders, payments or expiration, so that a bug there cannot hide itself.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

# Each query returns the rows that break a rule; rule numbers are those of docs/architecture.md.
QUERIES = {
    "1: more than one live or paid order of a ticket": """
        SELECT i.ticket_id, count(*) FROM order_items i JOIN orders o ON o.id = i.order_id
        WHERE o.status IN ('created', 'awaiting_payment', 'capturing', 'completed', 'refunding')
          AND i.refunded_at IS NULL
        GROUP BY i.ticket_id HAVING count(*) > 1""",
    "1: the unique index that keeps rule 1 is gone": """
        SELECT 'uq_order_items_one_live_per_ticket' WHERE NOT EXISTS (
          SELECT FROM pg_indexes WHERE indexname = 'uq_order_items_one_live_per_ticket'
            AND indexdef LIKE '%UNIQUE%')""",
    "1: an item is live and its order is not, or the reverse": """
        SELECT i.order_id, i.ticket_id, o.status FROM order_items i JOIN orders o ON o.id = i.order_id
        WHERE i.is_order_live
          <> (o.status IN ('created', 'awaiting_payment', 'capturing', 'completed', 'refunding'))""",
    "1: an order has more or fewer tickets than it counts": """
        SELECT o.id, o.quantity, count(i.ticket_id) FROM orders o LEFT JOIN order_items i ON i.order_id = o.id
        GROUP BY o.id HAVING count(i.ticket_id) <> o.quantity
          OR (count(i.ticket_id) = 1 AND min(i.ticket_id::text) <> o.ticket_id::text)""",
    "1: a running or paid order lacks one of its tickets": """
        SELECT o.id, o.status, t.id, t.order_id FROM orders o
        JOIN order_items i ON i.order_id = o.id JOIN tickets t ON t.id = i.ticket_id
        WHERE (o.status IN ('capturing', 'completed')
            OR (o.status IN ('created', 'awaiting_payment') AND o.expires_at > clock_timestamp()))
          AND t.order_id IS DISTINCT FROM o.id""",
    "1: an open order has tickets of another listing": """
        SELECT o.id, o.listing_id, t.id, t.listing_id FROM orders o
        JOIN order_items i ON i.order_id = o.id JOIN tickets t ON t.id = i.ticket_id
        WHERE o.status IN ('created', 'awaiting_payment', 'capturing')
          AND t.listing_id IS DISTINCT FROM o.listing_id""",
    "1: an order of several tickets has no listing": """
        SELECT id, quantity FROM orders WHERE quantity > 1 AND listing_id IS NULL""",
    "1: a sold ticket has two listings again": """
        SELECT previous_ticket_id, count(*) FROM tickets
        WHERE previous_ticket_id IS NOT NULL AND (status <> 'withdrawn' OR locked_until IS NOT NULL)
        GROUP BY previous_ticket_id HAVING count(*) > 1""",
    "1: a ticket is listed again by a seller who does not own it": """
        WITH RECURSIVE walk AS (
          SELECT id AS listing, seller_id, previous_ticket_id AS next, NULL::uuid AS owner_id, false AS is_found
          FROM tickets WHERE status IN ('for_sale', 'paused') AND previous_ticket_id IS NOT NULL
          UNION ALL
          SELECT w.listing, w.seller_id, p.previous_ticket_id,
            CASE WHEN p.status <> 'sold' OR o.status IS NULL THEN NULL
              WHEN o.status = 'completed' AND i.refund_requested_at IS NULL THEN CASE WHEN EXISTS (
                SELECT FROM charges c WHERE c.order_id = o.id
                AND c.dispute_status NOT IN ('won', 'warning_closed', 'prevented')) THEN NULL ELSE coalesce((
                SELECT g.to_id FROM gifts g WHERE g.ticket_id = p.id AND g.status = 'taken'
                ORDER BY g.ended_at DESC LIMIT 1), o.buyer_id) END
              ELSE p.seller_id END,
            p.status <> 'sold' OR o.status IS NULL OR (o.status = 'completed' AND i.refund_requested_at IS NULL)
              OR p.previous_ticket_id IS NULL
          FROM walk w JOIN tickets p ON p.id = w.next LEFT JOIN orders o ON o.id = p.order_id
          LEFT JOIN order_items i ON i.order_id = o.id AND i.ticket_id = p.id WHERE NOT w.is_found)
        SELECT listing, seller_id, owner_id FROM walk WHERE is_found AND owner_id IS DISTINCT FROM seller_id""",
    "1: a bought ticket is sold again for another event": """
        SELECT t.id, t.event_id, p.event_id AS bought_for FROM tickets t JOIN tickets p ON p.id = t.previous_ticket_id
        JOIN events bought ON bought.id = p.event_id LEFT JOIN events sold ON sold.id = t.event_id
        WHERE coalesce(sold.merged_into_id, sold.id) IS DISTINCT FROM coalesce(bought.merged_into_id, bought.id)""",
    "1: a disputed order and its charge differ": """
        SELECT o.id, o.is_disputed, c.dispute_status FROM orders o JOIN charges c ON c.order_id = o.id
        WHERE c.dispute_status IS NOT NULL
          AND o.is_disputed <> (c.dispute_status NOT IN ('won', 'warning_closed', 'prevented'))""",
    "2: a running hold and the lease of one of its tickets differ": """
        SELECT o.id, o.expires_at, t.id, t.locked_until, t.order_id FROM orders o
        JOIN order_items i ON i.order_id = o.id JOIN tickets t ON t.id = i.ticket_id
        WHERE o.status IN ('created', 'awaiting_payment')
          AND (t.order_id IS DISTINCT FROM o.id OR t.locked_until IS DISTINCT FROM o.expires_at)""",
    "2: a ticket is locked for an order that does not hold it": """
        SELECT t.id, t.order_id, o.status FROM tickets t LEFT JOIN orders o ON o.id = t.order_id
        WHERE t.locked_until > clock_timestamp()
          AND (o.id IS NULL OR NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id AND i.ticket_id = t.id)
            OR o.status NOT IN ('created', 'awaiting_payment', 'capturing'))""",
    "3: an order that is over keeps a ticket": """
        SELECT o.id, o.status, t.id AS ticket_id, t.locked_until FROM tickets t JOIN orders o ON o.id = t.order_id
        WHERE o.status IN ('cancelled', 'expired')""",
    "3: an unsold ticket belongs to an order without a lease": """
        SELECT id, status, order_id FROM tickets
        WHERE status <> 'sold' AND order_id IS NOT NULL AND locked_until IS NULL""",
    "3: a ticket does not belong to the order that pays for it": """
        SELECT o.id, o.status, t.order_id, t.locked_until FROM orders o
        JOIN order_items i ON i.order_id = o.id JOIN tickets t ON t.id = i.ticket_id
        WHERE (o.status = 'capturing' AND (t.order_id IS DISTINCT FROM o.id OR t.locked_until <> 'infinity'))
           OR (o.status IN ('completed', 'refunding', 'refunded')
             AND (t.order_id IS DISTINCT FROM o.id OR t.status <> 'sold')
             AND EXISTS (SELECT FROM order_steps s WHERE s.order_id = o.id AND s.status = 'completed'))""",
    "3: holder and buyer differ": """
        SELECT t.id, t.holder_id, o.buyer_id FROM tickets t JOIN orders o ON o.id = t.order_id
        WHERE t.holder_id IS DISTINCT FROM o.buyer_id""",
    "4: a ticket is sold without a paid order": """
        SELECT t.id, o.status FROM tickets t LEFT JOIN orders o ON o.id = t.order_id
        WHERE t.status = 'sold' AND coalesce(o.status NOT IN ('completed', 'refunding', 'refunded'), true)""",
    "4: the events of an order tell of something after its end": """
        SELECT later.aggregate_id, ended.name, later.name FROM outbox ended
        JOIN outbox later ON later.aggregate_id = ended.aggregate_id
         AND later.aggregate_version > ended.aggregate_version
        WHERE ended.name IN ('OrderCancelled', 'OrderExpired')
           OR (ended.name = 'OrderCompleted' AND later.name IN ('OrderCancelled', 'OrderExpired'))""",
    "5: the price or title of an order differs from what the hold told": """
        SELECT o.id, o.price_cents, o.title, e.payload FROM orders o
        JOIN outbox e ON e.aggregate_id = o.id AND e.name = 'OrderCreated'
        WHERE o.price_cents <> (e.payload ->> 'price_cents')::int OR o.title <> e.payload ->> 'title'""",
    "5: the items of an order do not add up to its price": """
        SELECT o.id, o.price_cents, sum(i.price_cents) FROM orders o JOIN order_items i ON i.order_id = o.id
        GROUP BY o.id HAVING sum(i.price_cents) <> o.price_cents""",
    "5: a held or sold ticket was changed": """
        SELECT t.id, t.price_cents, i.price_cents FROM tickets t JOIN orders o ON o.id = t.order_id
        JOIN order_items i ON i.order_id = o.id AND i.ticket_id = t.id
        WHERE (o.status IN ('capturing', 'completed', 'refunding', 'refunded')
            OR (o.status IN ('created', 'awaiting_payment') AND o.expires_at > clock_timestamp()))
          AND (t.price_cents <> i.price_cents OR t.title <> o.title OR t.currency <> o.currency)""",
    "6: a seller bought their own ticket": """
        SELECT o.id FROM orders o JOIN order_items i ON i.order_id = o.id JOIN tickets t ON t.id = i.ticket_id
        WHERE o.buyer_id = t.seller_id""",
    "7: a completed order without a completed charge of its price": """
        SELECT o.id FROM orders o LEFT JOIN charges c ON c.order_id = o.id AND c.status = 'completed'
        WHERE o.status = 'completed'
          AND (c.id IS NULL OR c.amount_cents <> o.price_cents OR c.currency <> o.currency)""",
    "7: a charge of another amount than its order": """
        SELECT c.id, c.amount_cents, o.price_cents, o.quantity FROM charges c JOIN orders o ON o.id = c.order_id
        WHERE c.amount_cents <> o.price_cents OR c.currency <> o.currency""",
    "7: a completed charge without a paid order": """
        SELECT c.id, o.status FROM charges c JOIN orders o ON o.id = c.order_id
        WHERE c.status = 'completed' AND o.status NOT IN ('completed', 'refunding', 'refunded')""",
    "7: an order counts as refunded without a refund": """
        SELECT o.id, c.refund_status FROM orders o JOIN charges c ON c.order_id = o.id AND c.status = 'completed'
        WHERE (o.status = 'refunded') IS DISTINCT FROM coalesce(c.refund_status = 'succeeded', false)""",
    "7: an order and its items differ about the refund": """
        SELECT o.id, o.status FROM orders o CROSS JOIN LATERAL (
          SELECT bool_and(refunded_at IS NOT NULL) AS refunded,
            bool_and(refund_requested_at IS NOT NULL) AS requested FROM order_items WHERE order_id = o.id) i
        WHERE CASE WHEN o.status NOT IN ('completed', 'refunding', 'refunded') THEN i.requested OR i.refunded
          ELSE o.status <> CASE WHEN i.refunded THEN 'refunded' WHEN i.requested THEN 'refunding' ELSE 'completed' END
          END""",
    "7: the money given back is not the price of the refunded items": """
        SELECT c.id, o.status, c.amount_cents, given.all_cents, given.item_cents, items.cents FROM charges c
        JOIN orders o ON o.id = c.order_id AND o.status IN ('completed', 'refunding', 'refunded')
        CROSS JOIN LATERAL (SELECT coalesce(sum(price_cents), 0) AS cents FROM order_items
          WHERE order_id = o.id AND refunded_at IS NOT NULL) items
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents), 0) AS all_cents,
            coalesce(sum(amount_cents) FILTER (WHERE status = 'succeeded' AND ticket_ids <> '{}' AND NOT EXISTS (
              SELECT FROM order_items i WHERE i.order_id = o.id AND i.ticket_id = ANY(ticket_ids)
                AND i.refunded_at IS NULL)), 0) AS item_cents
          FROM refunds r WHERE r.charge_id = c.id AND status IN ('pending', 'succeeded')) given
        WHERE c.status = 'completed'
          AND CASE WHEN o.status = 'refunded' THEN given.all_cents <> c.amount_cents
            ELSE given.item_cents <> items.cents END""",
    "7: more money is given back than was taken": """
        SELECT c.id, c.amount_cents, sum(r.amount_cents) FROM charges c JOIN refunds r ON r.charge_id = c.id
        WHERE r.status <> 'failed' GROUP BY c.id HAVING sum(r.amount_cents) > c.amount_cents""",
    "7: a ticket is refunded that the order does not have": """
        SELECT r.id, r.ticket_ids FROM refunds r JOIN charges c ON c.id = r.charge_id
        WHERE NOT r.ticket_ids <@ ARRAY(SELECT ticket_id FROM order_items WHERE order_id = c.order_id)""",
    "8: a change of an order without its event": """
        SELECT o.id, o.version, count(e.id) FROM orders o
        LEFT JOIN outbox e ON e.aggregate_id = o.id AND e.name LIKE 'Order%'
        GROUP BY o.id HAVING count(DISTINCT e.aggregate_version) <> o.version OR count(e.id) <> o.version""",
    "8: an event of an order without one of its tickets": """
        SELECT e.name, e.aggregate_id, e.payload -> 'tickets' AS tickets FROM outbox e
        WHERE e.name LIKE 'Order%' AND (
          SELECT array_agg(told ->> 'id' ORDER BY told ->> 'id') FROM jsonb_array_elements(e.payload -> 'tickets') told
        ) IS DISTINCT FROM (
          SELECT array_agg(i.ticket_id::text ORDER BY i.ticket_id::text) FROM order_items i
          WHERE i.order_id = e.aggregate_id)""",
    "8: a change of an order that its history does not tell": """
        SELECT o.id, o.version, count(s.version) FROM orders o LEFT JOIN order_steps s ON s.order_id = o.id
        GROUP BY o.id HAVING count(s.version) <> o.version OR max(s.version) <> o.version""",
    "8: an order and its history differ": """
        SELECT o.id, o.version, o.status, s.status FROM orders o
        JOIN order_steps s ON s.order_id = o.id AND s.version = o.version WHERE o.status <> s.status""",
    "8: an order and its last event differ": """
        SELECT o.id, o.status, e.payload ->> 'status' FROM orders o
        JOIN outbox e ON e.aggregate_id = o.id AND e.aggregate_version = o.version AND e.name LIKE 'Order%'
        WHERE o.status <> e.payload ->> 'status'""",
    "9: a completed order has no delivery": """
        SELECT o.id FROM orders o WHERE o.status = 'completed'
          AND NOT EXISTS (SELECT FROM deliveries d WHERE d.order_id = o.id)""",
    "9: a delivery and its order differ": """
        SELECT d.id, d.status, o.status AS order_status FROM deliveries d JOIN orders o ON o.id = d.order_id
        WHERE o.buyer_id <> d.buyer_id OR o.status NOT IN ('completed', 'refunding', 'refunded')
          OR (o.status = 'completed' AND d.status = 'voided')
          OR (o.status <> 'completed' AND d.status NOT IN ('voided', 'failed'))""",
    "9: a delivery and its history differ": """
        SELECT d.id, d.version, d.status, s.status AS step FROM deliveries d
        LEFT JOIN delivery_steps s ON s.delivery_id = d.id AND s.version = d.version
        WHERE s.status IS DISTINCT FROM d.status OR s.due_at IS DISTINCT FROM d.due_at
          OR (SELECT count(*) FROM delivery_steps e WHERE e.delivery_id = d.id) <> d.version""",
    "9: a delivery was opened without a step": """
        SELECT d.id FROM deliveries d WHERE (d.opened_at IS NOT NULL) <> EXISTS (
          SELECT FROM delivery_steps s WHERE s.delivery_id = d.id AND s.transition = 'open')""",
    "9: a ticket is used that was never paid": """
        SELECT u.ticket_id FROM ticket_uses u WHERE NOT EXISTS (
          SELECT FROM order_items i JOIN orders o ON o.id = i.order_id
          WHERE i.ticket_id = u.ticket_id AND o.status IN ('completed', 'refunding', 'refunded'))""",
    "9: a file is here that its delivery lacks": """
        SELECT d.id, t.id AS ticket_id FROM deliveries d JOIN order_items i ON i.order_id = d.order_id
        JOIN tickets t ON t.id = i.ticket_id LEFT JOIN vault_files f ON f.id = t.vault_file_id
        WHERE d.method IN ('file', 'link') AND d.status IN ('ready', 'received') AND f.id IS NULL""",
    "9: the seller of a file still owns it": """
        SELECT d.id, f.id AS file_id FROM deliveries d JOIN order_items i ON i.order_id = d.order_id
        JOIN tickets t ON t.id = i.ticket_id JOIN vault_files f ON f.id = t.vault_file_id
        WHERE d.status IN ('ready', 'received') AND i.refund_requested_at IS NULL AND f.owner_id = d.seller_id
          AND NOT EXISTS (SELECT FROM tickets n WHERE n.previous_ticket_id = t.id)
          AND NOT EXISTS (SELECT FROM gifts g WHERE g.ticket_id = t.id AND g.status = 'taken')""",
    "9: a sold file is not with the last buyer or friend": """
        WITH sales AS (
          SELECT t.vault_file_id AS file_id, t.id AS ticket_id, t.seller_id, o.buyer_id,
            o.status = 'completed' AND i.refund_requested_at IS NULL AS is_valid,
            row_number() OVER (PARTITION BY t.vault_file_id ORDER BY t.id) AS nth
          FROM tickets t JOIN orders o ON o.id = t.order_id
          JOIN order_items i ON i.order_id = o.id AND i.ticket_id = t.id
          LEFT JOIN deliveries d ON d.order_id = o.id
          WHERE t.status = 'sold' AND t.vault_file_id IS NOT NULL
            AND d.status IS DISTINCT FROM 'waiting' AND d.status IS DISTINCT FROM 'late'
        ), owners AS (
          SELECT DISTINCT ON (s.file_id) s.file_id, CASE WHEN NOT s.is_valid THEN s.seller_id ELSE coalesce((
            SELECT g.to_id FROM gifts g WHERE g.ticket_id = s.ticket_id AND g.status = 'taken'
            ORDER BY g.ended_at DESC LIMIT 1), s.buyer_id) END AS owner_id
          FROM sales s WHERE s.is_valid OR s.nth = 1 ORDER BY s.file_id, s.is_valid DESC, s.nth DESC)
        SELECT w.file_id, w.owner_id, f.owner_id AS file_owner FROM owners w JOIN vault_files f ON f.id = w.file_id
        WHERE f.owner_id <> w.owner_id
          AND NOT EXISTS (SELECT FROM tickets h WHERE h.vault_file_id = w.file_id
            AND h.status <> 'sold' AND h.order_id IS NOT NULL)""",
    "9: a file for sale is unclaimed, or of another owner": """
        SELECT t.id, t.seller_id, f.owner_id, f.claimed_at FROM tickets t
        LEFT JOIN vault_files f ON f.id = t.vault_file_id
        WHERE t.status IN ('for_sale', 'paused') AND t.vault_file_id IS NOT NULL AND t.order_id IS NULL
          AND (f.id IS NULL OR f.owner_id <> t.seller_id OR f.claimed_at IS NULL)""",
    "9: two files have claimed the same barcode": """
        SELECT fingerprint, count(*) FROM vault_codes WHERE is_claimed GROUP BY fingerprint HAVING count(*) > 1""",
    "9: a file and its barcodes differ about the claim": """
        SELECT f.id, f.claimed_at, c.is_claimed FROM vault_files f JOIN vault_codes c ON c.file_id = f.id
        WHERE c.is_claimed <> (f.claimed_at IS NOT NULL)""",
    "9: a file lost its key before its time": """
        SELECT id, erase_at FROM vault_files WHERE wrapped_key IS NULL
          AND (erase_at IS NULL OR erase_at > clock_timestamp())""",
    "9: the proof of a delivery may be erased": """
        SELECT d.id, f.id AS file_id FROM deliveries d LEFT JOIN vault_files f ON f.id = d.proof_file_id
        WHERE d.proof_file_id IS NOT NULL AND d.status = 'sent' AND (f.id IS NULL OR NOT f.is_proof)""",
    "9: a seal was broken without a record": """
        SELECT f.id FROM vault_files f WHERE f.opened_at IS NOT NULL AND NOT EXISTS (
          SELECT FROM vault_reads r WHERE r.file_id = f.id AND r.part = 'seal')""",
    "9: a gift is taken without its receiver, or the reverse": """
        SELECT id, status FROM gifts WHERE (status = 'taken') <> (to_id IS NOT NULL)""",
    "9: a ticket is offered twice": """
        SELECT file_id, count(*) FROM gifts WHERE status = 'offered' GROUP BY file_id HAVING count(*) > 1""",
    "9: a ticket is offered and for sale": """
        SELECT g.id, t.id AS ticket_id FROM gifts g JOIN tickets t ON t.vault_file_id = g.file_id
        WHERE g.status = 'offered' AND g.expires_at > clock_timestamp() AND t.status IN ('for_sale', 'paused')""",
    "9: a ticket is offered by a user who has lost it": """
        SELECT g.id FROM gifts g JOIN vault_files f ON f.id = g.file_id
        WHERE g.status = 'offered' AND f.owner_id <> g.from_id""",
    "8: a change of a gift without its event": """
        SELECT g.id, g.version, count(e.id) FROM gifts g
        LEFT JOIN outbox e ON e.aggregate_id = g.id AND e.name = 'TicketGiven'
        GROUP BY g.id HAVING count(e.id) <> g.version""",
    "work: an open gift never lapses": """
        SELECT g.id FROM gifts g WHERE g.status = 'offered'
          AND NOT EXISTS (SELECT FROM work w WHERE w.kind = 'orders.gift' AND w.key = g.id::text)""",
    "9: a promised re-issue did not happen": """
        SELECT d.id, r.file_id FROM deliveries d JOIN order_items i ON i.order_id = d.order_id
        JOIN tickets t ON t.id = i.ticket_id JOIN vault_files f ON f.id = t.vault_file_id
        JOIN issuer_tickets r ON r.file_id = f.id
        WHERE d.method = 'reissue' AND d.status IN ('ready', 'received') AND f.owner_id = d.buyer_id
          AND (r.step <> 'stored' OR r.recipient_id <> d.buyer_id OR f.given_by <> d.seller_id)""",
    "9: a re-issue is promised of a ticket that its seller can use": """
        SELECT t.id FROM tickets t WHERE t.status = 'for_sale' AND t.delivery_method = 'reissue'
          AND coalesce(t.starts_at > now() + interval '1 h', true) AND NOT EXISTS (
            SELECT FROM issuer_tickets r WHERE r.file_id = t.vault_file_id AND r.is_frozen)""",
    "9: a change of a delivery without its event": """
        SELECT d.id, d.version, count(e.id) FROM deliveries d
        LEFT JOIN outbox e ON e.aggregate_id = d.id AND e.name = 'DeliveryChanged'
        GROUP BY d.id HAVING count(e.id) <> d.version""",
    "9: the address of a buyer is kept in plain text, or not for the buyer of its order": """
        SELECT a.order_id FROM delivery_addresses a JOIN orders o ON o.id = a.order_id
        WHERE a.buyer_id <> o.buyer_id OR encode(a.sealed, 'escape') LIKE '%"name"%'""",
    "11: tickets did not come, and the money stays": """
        SELECT d.id, o.status FROM deliveries d JOIN orders o ON o.id = d.order_id
        WHERE d.status = 'failed' AND o.status NOT IN ('refunding', 'refunded')
          AND NOT EXISTS (SELECT FROM work w
            WHERE w.kind = 'payments.failed_delivery' AND w.key = d.order_id::text AND w.due_at IS NOT NULL)
          AND EXISTS (SELECT FROM outbox e JOIN inbox i ON i.event_id = e.id
            WHERE e.aggregate_id = d.id AND e.payload ->> 'status' = 'failed' AND i.status = 'done'
              AND i.subscriber = 'payments.subscribers.on_delivery_changed')""",
    "11: a buyer gave more time twice, or a seller sent too late": """
        SELECT s.delivery_id FROM delivery_steps s
        LEFT JOIN delivery_steps b ON b.delivery_id = s.delivery_id AND b.version = s.version - 1
        WHERE s.transition IN ('wait', 'send', 'hand_over') AND s.at > b.due_at + interval '1 s'
        UNION ALL
        SELECT delivery_id FROM delivery_steps WHERE transition = 'wait'
        GROUP BY delivery_id HAVING count(*) > 1""",
    "11: a deadline without a promise, or the reverse": """
        SELECT id, method, status, due_at FROM deliveries
        WHERE (due_at IS NOT NULL) <> (method IS NOT NULL AND status IN ('waiting', 'issuing', 'late'))""",
    "listing: tickets of several sellers or events": """
        SELECT l.id, t.id AS ticket_id FROM listings l JOIN tickets t ON t.listing_id = l.id
        WHERE t.seller_id <> l.seller_id OR t.event_id IS DISTINCT FROM l.event_id""",
    "listing: not exactly one front": """
        SELECT listing_id, count(*) FILTER (WHERE is_front) FROM tickets
        WHERE listing_id IS NOT NULL AND status IN ('for_sale', 'paused')
        GROUP BY listing_id HAVING count(*) FILTER (WHERE is_front) <> 1""",
    "listing: a single ticket is not its own front": """
        SELECT id FROM tickets WHERE listing_id IS NULL AND NOT is_front""",
    "listing: positions are missing or not unique": """
        SELECT listing_id FROM tickets WHERE listing_id IS NOT NULL
        GROUP BY listing_id HAVING count(DISTINCT position) <> count(*)""",
    "listing: more than ten tickets": """
        SELECT listing_id FROM tickets WHERE listing_id IS NOT NULL GROUP BY listing_id HAVING count(*) > 10""",
    "listing: unsold tickets differ in price, title or start": """
        SELECT listing_id FROM tickets WHERE listing_id IS NOT NULL AND status IN ('for_sale', 'paused')
        GROUP BY listing_id HAVING count(DISTINCT (price_cents, currency, title, starts_at)) > 1""",
    "listing: paused in part": """
        SELECT listing_id FROM tickets WHERE listing_id IS NOT NULL AND status IN ('for_sale', 'paused')
        GROUP BY listing_id HAVING count(DISTINCT status) > 1""",
    "listing: a seller offers a seat of an event twice": """
        SELECT seller_id, event_id, min(seat) FROM tickets
        WHERE status IN ('for_sale', 'paused') AND event_id IS NOT NULL AND seat IS NOT NULL
        GROUP BY seller_id, event_id, search_key(coalesce(section, '')), search_key(coalesce("row", '')),
          search_key(seat)
        HAVING count(*) > 1""",
    "case: an answered one without an answer": """
        SELECT id, number FROM cases c WHERE status = 'waiting'
          AND NOT EXISTS (SELECT FROM case_answers a WHERE a.case_id = c.id)""",
    "case: closed without its time": """
        SELECT id, number FROM cases WHERE (status = 'closed') <> (closed_at IS NOT NULL)""",
    "account: an address that it may restore belongs to another one": """
        SELECT f.email, f.user_id, u.id FROM former_emails f JOIN users u ON u.email = f.email
        WHERE u.id <> f.user_id AND f.expires_at > clock_timestamp()""",
    "mail: a due one without its work": """
        SELECT s.id FROM sends s LEFT JOIN work w ON w.kind = 'notices.mail' AND w.key = s.id::text
        WHERE s.status = 'due' AND w.key IS NULL""",
    "mail: a notice is mailed twice to an address": """
        SELECT notice_id, channel, address, count(*) FROM sends
        GROUP BY notice_id, channel, address HAVING count(*) > 1""",
    "mail: the unique index that keeps it single is gone": """
        SELECT 'uq_sends_notice_id' WHERE NOT EXISTS (
          SELECT FROM pg_indexes WHERE indexname = 'uq_sends_notice_id' AND indexdef LIKE '%UNIQUE%')""",
    "mail: two notices of one thing": """
        SELECT key FROM notices GROUP BY key HAVING count(*) > 1""",
    "push: a browser gets the notices of another account than the one signed in": """
        SELECT p.id FROM push_subscriptions p JOIN sessions s ON s.id = p.session_id
        WHERE s.user_id <> p.user_id""",
    "work: an open charge is never checked": """
        SELECT c.id FROM charges c WHERE (c.status = 'created'
            OR (c.refund_status IN ('due', 'pending') AND NOT EXISTS (
              SELECT FROM refunds r WHERE r.charge_id = c.id AND r.status IN ('due', 'pending'))))
          AND NOT EXISTS (SELECT FROM work w WHERE w.kind = 'payments.charge' AND w.key = c.id::text)""",
    "work: a refund is never made or followed": """
        SELECT r.id FROM refunds r WHERE r.status IN ('due', 'pending')
          AND NOT EXISTS (SELECT FROM work w WHERE w.kind = 'payments.refund' AND w.key = r.id::text)""",
    "work: a webhook is never handled": """
        SELECT e.id, e.kind FROM stripe_events e WHERE e.handled_at IS NULL AND NOT EXISTS (
          SELECT FROM work w WHERE w.kind IN ('payments.webhook', 'payments.webhook_later') AND w.key = e.id)""",
    "an event or venue was merged into one that is merged itself": """
        SELECT e.id FROM events e JOIN events t ON t.id = e.merged_into_id WHERE t.merged_into_id IS NOT NULL
        UNION ALL
        SELECT v.id FROM venues v JOIN venues t ON t.id = v.merged_into_id WHERE t.merged_into_id IS NOT NULL""",
}

# One statement: a round trip for each would take most of the time of a short test.
ALL_QUERIES = " UNION ALL ".join(
    f"SELECT '{rule}' AS rule, jsonb_agg(to_jsonb(q)) AS rows FROM ({query}) q HAVING count(*) > 0"
    for rule, query in QUERIES.items()
)


ORDERS = """
SELECT o.id, o.status, o.price_cents, o.currency, (SELECT coalesce(sum(r.amount_cents), 0) FROM refunds r
  JOIN charges c ON c.id = r.charge_id WHERE c.order_id = o.id AND r.status IN ('pending', 'succeeded')) AS refunded
FROM orders o"""


class Connections:
    """To the database and the emulator of one stack."""

    def __init__(self, database_url: str, stripe_url: str) -> None:
        self._dsn = database_url.replace("postgresql+asyncpg://", "postgresql://")
        self._open: dict[str, asyncpg.Connection] = {}
        # Loading certificates would take longer than the request; the emulator speaks plain HTTP.
        # An idle connection that a restart of the emulator closed is not used again.
        self.stripe = httpx.AsyncClient(
            base_url=stripe_url,
            verify=False,  # noqa: S501  # plain HTTP on this machine.
            trust_env=False,
        )

    async def database(self) -> asyncpg.Connection:
        """Return the connection that reads."""
        return await self._connection("origin")

    async def filler(self) -> asyncpg.Connection:
        """Return the connection that fills and empties tables in any order: without foreign keys and triggers.

        To turn them off on the other one would discard its plan of the long query.
        """
        return await self._connection("replica")

    async def close(self) -> None:
        for connection in self._open.values():
            await connection.close()
        await self.stripe.aclose()

    async def _connection(self, role: str) -> asyncpg.Connection:
        """Return the connection in this role, a new one after a restart of PostgreSQL."""
        connection = self._open.get(role)
        if connection is None or connection.is_closed():
            # No limit of the size: to plan the long query takes ten times as long as to execute it.
            connection = await asyncpg.connect(
                self._dsn,
                max_cacheable_statement_size=0,
                server_settings={"session_replication_role": role},
            )
        self._open[role] = connection
        return connection


_shared: dict[tuple[str, asyncio.AbstractEventLoop], Connections] = {}


@asynccontextmanager
async def shared_connections(database_url: str, stripe_url: str) -> AsyncGenerator[None]:
    """Use the same connections for all calls on this event loop: new ones take most of the time."""
    key = database_url, asyncio.get_running_loop()
    _shared[key] = Connections(database_url, stripe_url)
    try:
        yield
    finally:
        await _shared.pop(key).close()


@asynccontextmanager
async def connections(database_url: str, stripe_url: str) -> AsyncGenerator[Connections]:
    if shared := _shared.get((database_url, asyncio.get_running_loop())):
        yield shared
        return
    own = Connections(database_url, stripe_url)
    try:
        yield own
    finally:
        await own.close()


async def empty(database_url: str, stripe_url: str) -> None:
    """Delete all rows and all of the emulator's books."""
    async with connections(database_url, stripe_url) as opened:
        filler = await opened.filler()
        deletions = await filler.fetchval(
            "SELECT string_agg('DELETE FROM ' || quote_ident(tablename), '; ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
        # TRUNCATE would take fifty times as long on tables that are nearly empty.
        await filler.execute(str(deletions))
        (await opened.stripe.post("/_emulator/reset")).raise_for_status()


async def broken_rules(database_url: str, stripe_url: str, *, settled: bool = False) -> list[str]:
    """Return a sentence for each broken rule; `settled` also asks for no work left undone.

    Settled means that every payment was looked at since its order ended: then only completed
    orders and those with a refund under way have captured money, and no authorisation is open on a dead order.
    """
    async with connections(database_url, stripe_url) as opened:
        database = await opened.database()
        # One snapshot for all, so that a running system does not look broken between two queries.
        async with database.transaction(isolation="repeatable_read", readonly=True):
            rows = await database.fetch(ALL_QUERIES)
            broken = [f"{row['rule']}: {row['rows']}" for row in rows]
            orders = {str(row["id"]): row for row in await database.fetch(ORDERS)}
            answer = await opened.stripe.get("/_emulator/books")
    books = answer.raise_for_status().json()
    return broken + _check_money(orders, books, settled=settled)


def _check_money(
    orders: dict[str, asyncpg.Record], books: dict[str, Any], *, settled: bool
) -> list[str]:
    # Requests that the pinned version of Stripe's API rejects would only fail in production.
    broken = [f"a wrong request to Stripe: {request}" for request in books["wrong_requests"]]
    taken, given_back = Counter[str](), Counter[str]()
    for intent in books["intents"]:
        order_id = intent["metadata"].get("order_id")
        if order_id not in orders:
            continue
        taken[order_id] += intent["captured"]
        given_back[order_id] += intent["refunded"]
        is_dead = orders[order_id]["status"] in {"cancelled", "expired", "completed"}
        if settled and is_dead and intent["authorised"]:
            broken.append(f"7: an authorisation is open on an order that is over: {intent}")
    for order_id, order in orders.items():
        must_be_paid = order["status"] == "completed"
        may_be_paid = must_be_paid or order["status"] == "refunding" or not settled
        kept = taken[order_id] - given_back[order_id]
        told = f"order {order_id} of {order['price_cents']} is {order['status']}, {taken[order_id]} taken, {kept} kept"
        if must_be_paid and taken[order_id] != order["price_cents"]:
            broken.append(f"7: not exactly the price was taken: {told}")
        # A partial refund keeps the order, for example for a restricted view; a full one ends it.
        if must_be_paid and kept <= 0:
            broken.append(f"7: an order counts as paid, and its money is gone: {told}")
        if not may_be_paid and kept:
            broken.append(f"7: money was taken for nothing: {told}")
        if settled and given_back[order_id] != order["refunded"]:
            broken.append(f"7: {order['refunded']} of it count as given back: {told}")
        if taken[order_id] > order["price_cents"]:
            broken.append(f"7: charged too much: {told}")
    return broken
