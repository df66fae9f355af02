"""content version of tickets."""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FIELDS = (
    "title, price_cents, venue, city, starts_at, timezone, category,"
    ' section, "row", seat, face_value_cents, description'
)
OLD, NEW = (
    ", ".join(f"{row}.{field.strip()}" for field in FIELDS.split(",")) for row in ("OLD", "NEW")
)
FUNCTION = """
CREATE FUNCTION set_content_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.content_version := NEW.version;
  RETURN NEW;
END $$
"""
# UPDATE OF: a hold, which changes none of these columns, does not even compare them.
TRIGGER = f"""
CREATE TRIGGER content_version BEFORE UPDATE OF {FIELDS} ON tickets
FOR EACH ROW WHEN (({OLD}) IS DISTINCT FROM ({NEW}))
EXECUTE FUNCTION set_content_version()
"""


def upgrade() -> None:
    # In two steps: existing rows stay NULL, as the version of their last change is unknown.
    op.add_column("tickets", sa.Column("content_version", sa.Integer(), nullable=True))
    op.alter_column("tickets", "content_version", server_default="1")
    op.execute(FUNCTION)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("DROP TRIGGER content_version ON tickets")
    op.execute("DROP FUNCTION set_content_version()")
    op.drop_column("tickets", "content_version")
