"""indexes for similar tickets."""

from alembic import op

revision = "0005"
down_revision = "0002"
branch_labels = None
depends_on = None

STARTS_AT = "coalesce(starts_at, 'infinity'::timestamptz)"
INDEXES = {
    "ix_tickets_for_sale_title": f"lower(title), ({STARTS_AT}), id",
    "ix_tickets_for_sale_kind": f"category, lower(city), ({STARTS_AT}), id",
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON tickets ({columns}) WHERE status = 'for_sale'")


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="tickets")
