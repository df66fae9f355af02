"""listings of several tickets."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LISTINGS = """
CREATE TABLE listings (
  id uuid PRIMARY KEY,
  seller_id uuid NOT NULL CONSTRAINT fk_listings_seller_id_users REFERENCES users,
  event_id uuid CONSTRAINT fk_listings_event_id_events REFERENCES events,
  split varchar NOT NULL DEFAULT 'any' CONSTRAINT ck_listings_split CHECK (split IN ('any', 'no_single', 'together')),
  is_side_by_side boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
)
"""
# The check is validated by the next migration, without this lock.
TICKETS = """
ALTER TABLE tickets
  ADD COLUMN listing_id uuid CONSTRAINT fk_tickets_listing_id_listings REFERENCES listings,
  ADD COLUMN position smallint,
  ADD COLUMN is_front boolean NOT NULL DEFAULT true,
  DROP CONSTRAINT ck_tickets_status,
  ADD CONSTRAINT ck_tickets_status CHECK (status IN ('for_sale', 'paused', 'withdrawn', 'sold')) NOT VALID
"""


def upgrade() -> None:
    op.execute(LISTINGS)
    op.execute("CREATE INDEX ix_listings_seller_id ON listings (seller_id, id)")
    op.execute(TICKETS)


def downgrade() -> None:
    op.execute("UPDATE tickets SET status = 'withdrawn' WHERE status = 'paused'")
    op.execute(
        "ALTER TABLE tickets DROP COLUMN listing_id, DROP COLUMN position, DROP COLUMN is_front,"
        " DROP CONSTRAINT ck_tickets_status,"
        " ADD CONSTRAINT ck_tickets_status CHECK (status IN ('for_sale', 'withdrawn', 'sold'))"
    )
    op.drop_table("listings")
