"""addresses and proofs of deliveries."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

PROOF = """
ALTER TABLE deliveries ADD COLUMN proof_file_id uuid, ADD COLUMN proof_reference varchar
"""
ADDRESSES = """
CREATE TABLE delivery_addresses (
  order_id uuid CONSTRAINT pk_delivery_addresses PRIMARY KEY
    CONSTRAINT fk_delivery_addresses_order_id_orders REFERENCES orders,
  buyer_id uuid NOT NULL CONSTRAINT fk_delivery_addresses_buyer_id_users REFERENCES users,
  key_name varchar NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL,
  version integer NOT NULL DEFAULT 1,
  changed_at timestamptz NOT NULL
)
"""
READS = """
CREATE TABLE delivery_address_reads (
  order_id uuid NOT NULL CONSTRAINT fk_delivery_address_reads_order_id_delivery_addresses
    REFERENCES delivery_addresses ON DELETE CASCADE,
  session_id uuid NOT NULL,
  user_id uuid NOT NULL CONSTRAINT fk_delivery_address_reads_user_id_users REFERENCES users,
  count integer NOT NULL DEFAULT 1,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  CONSTRAINT pk_delivery_address_reads PRIMARY KEY (order_id, session_id)
)
"""
INDEXES = (
    "CREATE INDEX ix_delivery_addresses_buyer_id ON delivery_addresses (buyer_id)",
    "CREATE INDEX ix_delivery_addresses_changed_at ON delivery_addresses (changed_at)",
)


def upgrade() -> None:
    for statement in (PROOF, ADDRESSES, READS, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE delivery_address_reads")
    op.execute("DROP TABLE delivery_addresses")
    op.execute("ALTER TABLE deliveries DROP COLUMN proof_file_id, DROP COLUMN proof_reference")
