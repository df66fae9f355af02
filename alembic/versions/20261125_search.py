"""search and filters of the list."""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STARTS_AT = "coalesce(starts_at, 'infinity'::timestamptz)"
OLD_INDEXES = {
    "ix_tickets_for_sale": "id",
    "ix_tickets_for_sale_price": "price_cents, id",
    "ix_tickets_for_sale_starts": f"{STARTS_AT}, id",
}
NEW_INDEXES = {
    "ix_tickets_newest": f"id, category, price_cents, ({STARTS_AT})",
    "ix_tickets_cheapest": f"price_cents, id, category, ({STARTS_AT})",
    "ix_tickets_soonest": f"({STARTS_AT}), id, category, price_cents",
    "ix_tickets_city": f"city_key, ({STARTS_AT}), id, category, price_cents",
}


def upgrade() -> None:
    # Both are trusted extensions: the owner of the database may create them.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    # An index needs an immutable function; unaccent is declared stable only because its rules are an
    # editable file. A body parsed at creation does not depend on the caller's search_path.
    # Characters that the text parser takes for parts of addresses or numbers become blanks;
    # apostrophes are removed.
    op.execute("""
        CREATE FUNCTION search_key(text) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN lower(translate(unaccent('unaccent'::regdictionary, $1), '-/.@_&+:''', '        '))
    """)
    op.add_column("tickets", sa.Column("utc_offset_minutes", sa.SmallInteger(), nullable=True))
    op.execute("""
        UPDATE tickets SET utc_offset_minutes =
          extract(epoch FROM starts_at AT TIME ZONE timezone - starts_at AT TIME ZONE 'UTC') / 60
        WHERE starts_at IS NOT NULL AND timezone IN (SELECT name FROM pg_timezone_names)
    """)
    # Two columns in one statement: the table is rewritten once.
    op.execute("""
        ALTER TABLE tickets
          ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, search_key(
            title || ' ' || coalesce(venue, '') || ' ' || coalesce(city, '')))) STORED,
          ADD COLUMN city_key text GENERATED ALWAYS AS (search_key(city)) STORED
    """)
    for name in OLD_INDEXES:
        op.drop_index(name, table_name="tickets")
    for name, columns in NEW_INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON tickets ({columns}) WHERE status = 'for_sale'")
    op.execute(
        "CREATE INDEX ix_tickets_search ON tickets USING gin (search) WHERE status = 'for_sale'"
    )
    # The planner does not use statistics of expressions of a partial index; create them separately.
    op.execute(f"CREATE STATISTICS st_tickets_starts_at ON ({STARTS_AT}) FROM tickets")
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.execute("INSERT INTO search_words SELECT word FROM ts_stat('SELECT search FROM tickets')")
    op.create_index(
        "ix_search_words_similar",
        "search_words",
        ["word"],
        postgresql_using="gist",
        postgresql_ops={"word": "gist_trgm_ops"},
    )
    op.execute("ANALYZE tickets, search_words")


def downgrade() -> None:
    op.drop_table("search_words")
    op.execute("DROP STATISTICS st_tickets_starts_at")
    for name in ("ix_tickets_search", *NEW_INDEXES):
        op.drop_index(name, table_name="tickets")
    for name, columns in OLD_INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON tickets ({columns}) WHERE status = 'for_sale'")
    for column in ("city_key", "search", "utc_offset_minutes"):
        op.drop_column("tickets", column)
    op.execute("DROP FUNCTION search_key(text)")
    # The extensions stay: something else may use them by now.
