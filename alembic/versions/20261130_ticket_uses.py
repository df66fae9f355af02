"""ticket_uses: tickets whose owner is in."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

USES = """
CREATE TABLE ticket_uses (
  ticket_id uuid CONSTRAINT pk_ticket_uses PRIMARY KEY
    CONSTRAINT fk_ticket_uses_ticket_id_tickets REFERENCES tickets,
  used_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute(USES)


def downgrade() -> None:
    op.execute("DROP TABLE ticket_uses")
