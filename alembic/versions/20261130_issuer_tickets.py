"""tickets at their issuers, frozen while on sale and issued anew for their buyers."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ISSUER_TICKETS = """
CREATE TABLE issuer_tickets (
  address varchar NOT NULL,
  organizer varchar NOT NULL,
  event varchar NOT NULL,
  position bigint NOT NULL,
  file_id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  is_frozen boolean NOT NULL,
  step varchar NOT NULL
    CONSTRAINT ck_issuer_tickets_step CHECK (step IN ('none', 'asked', 'issued', 'stored')),
  recipient_id uuid CONSTRAINT fk_issuer_tickets_recipient_id_users REFERENCES users,
  turn integer NOT NULL,
  order_code varchar NOT NULL,
  link_digest bytea NOT NULL
    CONSTRAINT ck_issuer_tickets_link_digest CHECK (length(link_digest) = 32),
  CONSTRAINT pk_issuer_tickets PRIMARY KEY (address, organizer, event, position),
  CONSTRAINT ck_issuer_tickets_recipient CHECK ((step = 'none') = (recipient_id IS NULL))
)
"""


def upgrade() -> None:
    op.execute(ISSUER_TICKETS)
    op.execute("CREATE UNIQUE INDEX uq_issuer_tickets_file_id ON issuer_tickets (file_id)")
    op.execute("CREATE INDEX ix_issuer_tickets_ticket_id ON issuer_tickets (ticket_id)")


def downgrade() -> None:
    op.execute("DROP TABLE issuer_tickets")
