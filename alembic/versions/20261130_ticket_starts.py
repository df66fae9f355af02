"""index of the starts of all tickets."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NAME = "ix_tickets_starts_at"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        # A failed attempt leaves an invalid index.
        op.drop_index(NAME, "tickets", if_exists=True, postgresql_concurrently=True)
        op.create_index(NAME, "tickets", ["starts_at"], postgresql_concurrently=True)
        op.execute("SET lock_timeout = '3s'")


def downgrade() -> None:
    op.drop_index(NAME, "tickets")
