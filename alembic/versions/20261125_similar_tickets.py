"""index for similar tickets."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE INDEX ix_tickets_title ON tickets
          (lower(title), (coalesce(starts_at, 'infinity'::timestamptz)), id) WHERE status = 'for_sale'
    """)


def downgrade() -> None:
    op.drop_index("ix_tickets_title", table_name="tickets")
