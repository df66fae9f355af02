"""refunds by ticket."""

import sqlalchemy as sa

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REFUNDS = """
CREATE TABLE refunds (
  id uuid PRIMARY KEY,
  charge_id uuid NOT NULL CONSTRAINT fk_refunds_charge_id_charges REFERENCES charges,
  amount_cents integer NOT NULL CONSTRAINT ck_refunds_amount CHECK (amount_cents > 0),
  ticket_ids uuid[] NOT NULL,
  status varchar NOT NULL
    CONSTRAINT ck_refunds_status CHECK (status IN ('due', 'pending', 'succeeded', 'failed')),
  reason varchar,
  attempt integer NOT NULL DEFAULT 0,
  stripe_refund_id varchar CONSTRAINT uq_refunds_stripe_refund_id UNIQUE,
  checks integer NOT NULL DEFAULT 0,
  next_check_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
)
"""
# Few orders were refunded. Stripe's id of a refund that is due is that of the failed one before.
BACKFILL = """
INSERT INTO refunds (id, charge_id, amount_cents, ticket_ids, status, reason, stripe_refund_id, next_check_at, ended_at)
SELECT gen_random_uuid(), c.id, c.amount_cents,
       ARRAY(SELECT i.ticket_id FROM order_items i WHERE i.order_id = c.order_id ORDER BY i.ticket_id),
       c.refund_status, c.refund_reason, CASE WHEN c.refund_status <> 'due' THEN c.stripe_refund_id END,
       c.next_check_at, CASE WHEN c.refund_status IN ('succeeded', 'failed') THEN now() END
FROM charges c
WHERE c.refund_status IS NOT NULL
"""
ITEMS = """
UPDATE order_items i
SET refund_requested_at = now(), refunded_at = CASE WHEN o.status = 'refunded' THEN now() END
FROM orders o JOIN charges c ON c.order_id = o.id AND c.refund_status IS NOT NULL
WHERE o.id = i.order_id AND o.status IN ('refunding', 'refunded')
"""


def upgrade() -> None:
    op.execute("CREATE INDEX ix_events_cancelled ON events (starts_at) WHERE status = 'cancelled'")
    op.add_column(
        "order_items", sa.Column("refund_requested_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(REFUNDS)
    op.execute("CREATE INDEX ix_refunds_charge_id ON refunds (charge_id)")
    op.execute(
        "CREATE INDEX ix_refunds_due ON refunds (next_check_at) WHERE status IN ('due', 'pending')"
    )
    op.execute(BACKFILL)
    op.execute(ITEMS)


def downgrade() -> None:
    op.drop_table("refunds")
    op.drop_column("order_items", "refund_requested_at")
    op.drop_index("ix_events_cancelled", "events")
