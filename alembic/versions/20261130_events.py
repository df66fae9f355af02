"""events, venues and cities."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE cities (
  id integer PRIMARY KEY,
  name varchar NOT NULL,
  country varchar(2) NOT NULL,
  region varchar,
  timezone varchar NOT NULL,
  latitude real NOT NULL,
  longitude real NOT NULL,
  population integer NOT NULL
);
CREATE TABLE city_names (
  city_id integer NOT NULL CONSTRAINT fk_city_names_city_id_cities REFERENCES cities,
  key text NOT NULL,
  CONSTRAINT pk_city_names PRIMARY KEY (city_id, key)
);
CREATE INDEX ix_city_names_key ON city_names (key text_pattern_ops);
CREATE TABLE venues (
  id uuid PRIMARY KEY,
  slug varchar NOT NULL CONSTRAINT uq_venues_slug UNIQUE,
  name varchar(120) NOT NULL,
  city varchar(120) NOT NULL,
  country varchar(2) NOT NULL,
  timezone varchar NOT NULL,
  latitude real,
  longitude real,
  city_id integer CONSTRAINT fk_venues_city_id_cities REFERENCES cities,
  merged_into_id uuid CONSTRAINT fk_venues_merged_into_id_venues REFERENCES venues,
  created_by_id uuid CONSTRAINT fk_venues_created_by_id_users REFERENCES users,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX uq_venues_one_name ON venues (search_key(name), search_key(city), country)
  WHERE merged_into_id IS NULL;
CREATE INDEX ix_venues_similar ON venues USING gin (search_key(name) gin_trgm_ops) WHERE merged_into_id IS NULL;
CREATE TABLE events (
  id uuid PRIMARY KEY,
  slug varchar NOT NULL CONSTRAINT uq_events_slug UNIQUE,
  title varchar(120) NOT NULL,
  category varchar,
  venue_id uuid NOT NULL CONSTRAINT fk_events_venue_id_venues REFERENCES venues,
  venue varchar(120) NOT NULL,
  city varchar(120) NOT NULL,
  timezone varchar NOT NULL,
  starts_local timestamp NOT NULL,
  starts_at timestamptz NOT NULL,
  status varchar NOT NULL DEFAULT 'scheduled'
    CONSTRAINT ck_events_status CHECK (status IN ('scheduled', 'moved', 'cancelled')),
  merged_into_id uuid CONSTRAINT fk_events_merged_into_id_events REFERENCES events,
  created_by_id uuid CONSTRAINT fk_events_created_by_id_users REFERENCES users,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, search_key(
    title || ' ' || venue || ' ' || city))) STORED,
  city_key text GENERATED ALWAYS AS (search_key(city)) STORED
);
CREATE UNIQUE INDEX uq_events_one_start ON events (venue_id, starts_local, search_key(title))
  WHERE merged_into_id IS NULL;
CREATE INDEX ix_events_soonest ON events (starts_at, id) WHERE merged_into_id IS NULL;
CREATE INDEX ix_events_city ON events (city_key, starts_at, id) WHERE merged_into_id IS NULL;
CREATE INDEX ix_events_venue_id ON events (venue_id, starts_at);
CREATE INDEX ix_events_search ON events USING gin (search) WHERE merged_into_id IS NULL;
CREATE INDEX ix_events_similar ON events USING gin (search_key(title) gin_trgm_ops) WHERE merged_into_id IS NULL
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    op.execute(
        "ALTER TABLE tickets ADD COLUMN event_id uuid"
        " CONSTRAINT fk_tickets_event_id_events REFERENCES events"
    )


def downgrade() -> None:
    op.drop_column("tickets", "event_id")
    for table in ("events", "venues", "city_names", "cities"):
        op.drop_table(table)
