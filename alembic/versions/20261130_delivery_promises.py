"""how a ticket is delivered."""

import sqlalchemy as sa

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

METHODS = "delivery_method IN ('file', 'file_later', 'transfer', 'reissue', 'link')"
# All existing rows have NULL, so that the check is true without reading them.
CHECK = f"ALTER TABLE tickets ADD CONSTRAINT ck_tickets_delivery_method CHECK ({METHODS}) NOT VALID"

# The columns of migration 0009, and the promise.
OLD_FIELDS = (
    "title, price_cents, venue, city, starts_at, timezone, category,"
    ' section, "row", seat, face_value_cents, description'
)
NEW_FIELDS = f"{OLD_FIELDS}, delivery_method, issuer, ready_on, vault_file_id"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("delivery_method", sa.String(), nullable=True))
    op.add_column("tickets", sa.Column("issuer", sa.String(), nullable=True))
    op.add_column("tickets", sa.Column("ready_on", sa.Date(), nullable=True))
    op.add_column("tickets", sa.Column("sellable_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("vault_file_id", sa.Uuid(), nullable=True))
    op.add_column("tickets", sa.Column("code_count", sa.SmallInteger(), nullable=True))
    op.add_column("tickets", sa.Column("is_sealed", sa.Boolean(), nullable=True))
    op.execute(CHECK)
    op.execute(_content_version(NEW_FIELDS))
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        # A failed attempt leaves an invalid index.
        op.drop_index(
            "uq_tickets_vault_file_id", "tickets", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "uq_tickets_vault_file_id",
            "tickets",
            ["vault_file_id"],
            unique=True,
            postgresql_concurrently=True,
            postgresql_where=sa.text(
                "status IN ('for_sale', 'paused') AND vault_file_id IS NOT NULL"
            ),
        )
        op.drop_index(
            "ix_tickets_vault_file_id", "tickets", if_exists=True, postgresql_concurrently=True
        )
        op.create_index(
            "ix_tickets_vault_file_id",
            "tickets",
            ["vault_file_id"],
            postgresql_concurrently=True,
            postgresql_where=sa.text("vault_file_id IS NOT NULL"),
        )
        op.execute("ALTER TABLE tickets VALIDATE CONSTRAINT ck_tickets_delivery_method")
        op.execute("SET lock_timeout = '3s'")


def _content_version(fields: str) -> str:
    """Replace the trigger by one for changes of these columns."""
    names = [field.strip() for field in fields.split(",")]
    old = ", ".join(f"OLD.{name}" for name in names)
    new = ", ".join(f"NEW.{name}" for name in names)
    return (
        f"CREATE OR REPLACE TRIGGER content_version BEFORE UPDATE OF {fields} ON tickets"
        f" FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))"
        " EXECUTE FUNCTION set_content_version()"
    )


def downgrade() -> None:
    op.execute(_content_version(OLD_FIELDS))
    op.drop_index("ix_tickets_vault_file_id", "tickets")
    op.drop_index("uq_tickets_vault_file_id", "tickets")
    for column in (
        "is_sealed",
        "code_count",
        "vault_file_id",
        "sellable_until",
        "ready_on",
        "issuer",
        "delivery_method",
    ):
        op.drop_column("tickets", column)
