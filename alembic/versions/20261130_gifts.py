"""gifts of tickets."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

GIFTS = """
CREATE TABLE gifts (
  id uuid PRIMARY KEY,
  ticket_id uuid NOT NULL CONSTRAINT fk_gifts_ticket_id_tickets REFERENCES tickets,
  file_id uuid NOT NULL CONSTRAINT fk_gifts_file_id_vault_files REFERENCES vault_files,
  from_id uuid NOT NULL CONSTRAINT fk_gifts_from_id_users REFERENCES users,
  to_email varchar,
  to_id uuid CONSTRAINT fk_gifts_to_id_users REFERENCES users,
  status varchar NOT NULL CONSTRAINT ck_gifts_status
    CHECK (status IN ('offered', 'taken', 'declined', 'withdrawn', 'lapsed')),
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  created_at timestamptz NOT NULL,
  version integer NOT NULL,
  CONSTRAINT ck_gifts_taken CHECK ((status = 'taken') = (to_id IS NOT NULL)),
  CONSTRAINT ck_gifts_ended CHECK ((status = 'offered') = (ended_at IS NULL))
)
"""


def upgrade() -> None:
    op.execute(GIFTS)
    op.execute("CREATE UNIQUE INDEX uq_gifts_one_open ON gifts (file_id) WHERE status = 'offered'")
    op.execute("CREATE INDEX ix_gifts_erase ON gifts (ended_at) WHERE to_email IS NOT NULL")
    for column in ("ticket_id", "from_id", "to_id"):
        op.create_index(f"ix_gifts_{column}", "gifts", [column])


def downgrade() -> None:
    op.drop_table("gifts")
