"""index of the starts of all tickets."""

import sqlalchemy as sa

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NAME = "ix_tickets_starts_at"
STARTS_AT = sa.text("COALESCE(starts_at, 'infinity'::timestamp with time zone)")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        # A failed attempt leaves an invalid index.
        op.drop_index(NAME, "tickets", if_exists=True, postgresql_concurrently=True)
        op.create_index(NAME, "tickets", [STARTS_AT], postgresql_concurrently=True)
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    op.drop_index(NAME, "tickets")
