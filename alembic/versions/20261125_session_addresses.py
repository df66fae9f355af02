"""from where a session was started."""

import sqlalchemy as sa
import sqlmodel

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString(length=64)
    op.add_column("sessions", sa.Column("address", text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("sessions", "address")
