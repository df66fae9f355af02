"""deliveries of paid orders."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

DELIVERIES = """
CREATE TABLE deliveries (
  id uuid CONSTRAINT pk_deliveries PRIMARY KEY,
  order_id uuid NOT NULL CONSTRAINT uq_deliveries_order_id UNIQUE
    CONSTRAINT fk_deliveries_order_id_orders REFERENCES orders,
  seller_id uuid NOT NULL CONSTRAINT fk_deliveries_seller_id_users REFERENCES users,
  buyer_id uuid NOT NULL CONSTRAINT fk_deliveries_buyer_id_users REFERENCES users,
  method varchar
    CONSTRAINT ck_deliveries_method
    CHECK (method IN ('file', 'file_later', 'transfer', 'reissue', 'link')),
  status varchar NOT NULL
    CONSTRAINT ck_deliveries_status CHECK (status IN
      ('waiting', 'issuing', 'ready', 'sent', 'received', 'late', 'failed', 'voided')),
  due_at timestamptz,
  has_waited boolean NOT NULL DEFAULT false,
  opened_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  CONSTRAINT ck_deliveries_due CHECK ((due_at IS NOT NULL) =
    (method IS NOT NULL AND status IN ('waiting', 'issuing', 'late')))
)
"""
STEPS = """
CREATE TABLE delivery_steps (
  delivery_id uuid NOT NULL CONSTRAINT fk_delivery_steps_delivery_id_deliveries REFERENCES deliveries,
  version integer NOT NULL,
  transition varchar NOT NULL,
  status varchar NOT NULL,
  due_at timestamptz,
  by_user_id uuid CONSTRAINT fk_delivery_steps_by_user_id_users REFERENCES users,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_delivery_steps PRIMARY KEY (delivery_id, version)
)
"""
INDEXES = (
    "CREATE INDEX ix_deliveries_due_at ON deliveries (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX ix_deliveries_seller_id ON deliveries (seller_id, id)",
    "CREATE INDEX ix_deliveries_buyer_id ON deliveries (buyer_id, id)",
)


def upgrade() -> None:
    for statement in (DELIVERIES, STEPS, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE delivery_steps")
    op.execute("DROP TABLE deliveries")
