"""limits and indexes."""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "orders", sa.Column("is_excused", sa.Boolean(), nullable=False, server_default="false")
    )
    op.add_column("charges", sa.Column("client_address", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("charges", "client_address")
    op.drop_column("orders", "is_excused")
    op.drop_column("orders", "ended_at")
