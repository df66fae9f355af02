from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Computed, DateTime, Index, Text, func, text
from sqlalchemy.dialects.postgresql import REAL, TSVECTOR
from sqlmodel import Field, SQLModel

from ticketing_app.core.clock import utc_now
from ticketing_app.core.db import Table, new_id, utc_datetime
from ticketing_app.events.rules import NAME_MAX_LENGTH, EventStatus

IS_NOT_MERGED = text("merged_into_id IS NULL")


class City(Table, table=True):
    """A city with 5,000 inhabitants or more, from GeoNames (CC BY 4.0); `id` is theirs."""

    __tablename__ = "cities"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str
    country: str = Field(max_length=2, description="ISO 3166-1 alpha-2.")
    region: str | None = None
    timezone: str
    latitude: float = Field(sa_type=REAL)
    longitude: float = Field(sa_type=REAL)
    population: int


class CityName(Table, table=True):
    """A name of a city in Latin letters, as `search_key` (migration 0003)."""

    __tablename__ = "city_names"
    # For prefixes, in any collation.
    __table_args__ = (
        Index("ix_city_names_key", "key", postgresql_ops={"key": "text_pattern_ops"}),
    )

    city_id: int = Field(foreign_key="cities.id", primary_key=True)
    key: str = Field(primary_key=True, sa_type=Text)


class Venue(Table, table=True):
    """A place of events. It has the time zone of its city; a double is merged into another venue."""

    __tablename__ = "venues"
    __table_args__ = (
        Index(
            "uq_venues_one_name",
            text("search_key(name)"),
            text("search_key(city)"),
            "country",
            unique=True,
            postgresql_where=IS_NOT_MERGED,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(unique=True)
    name: str = Field(max_length=NAME_MAX_LENGTH)
    city: str = Field(max_length=NAME_MAX_LENGTH)
    country: str = Field(max_length=2, description="ISO 3166-1 alpha-2.")
    timezone: str
    latitude: float | None = Field(default=None, sa_type=REAL)
    longitude: float | None = Field(default=None, sa_type=REAL)
    city_id: int | None = Field(default=None, foreign_key="cities.id")
    merged_into_id: UUID | None = Field(default=None, foreign_key="venues.id")
    created_by_id: UUID | None = Field(default=None, foreign_key="users.id")
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = Field(
        default_factory=utc_now,
        sa_type=utc_datetime(),
        sa_column_kwargs={"server_default": text("now()")},
    )


class Event(Table, table=True):
    """A concert, match or play at one time. Venue, city and time zone are copies of the venue's."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("status IN ('scheduled', 'moved', 'cancelled')", name="status"),
        Index(
            "uq_events_one_start",
            "venue_id",
            "starts_local",
            text("search_key(title)"),
            unique=True,
            postgresql_where=IS_NOT_MERGED,
        ),
        # Other dates of an event. The index of similar titles has no statistics of equal ones.
        Index(
            "ix_events_title",
            text("search_key(title)"),
            "starts_at",
            postgresql_where=IS_NOT_MERGED,
        ),
        Index("ix_events_soonest", "starts_at", "id", postgresql_where=IS_NOT_MERGED),
        Index("ix_events_venue_id", "venue_id", "starts_at"),
        Index("ix_events_cancelled", "starts_at", postgresql_where=text("status = 'cancelled'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(unique=True)
    title: str = Field(max_length=NAME_MAX_LENGTH)
    category: str | None = None
    venue_id: UUID = Field(foreign_key="venues.id")
    venue: str = Field(max_length=NAME_MAX_LENGTH)
    city: str = Field(max_length=NAME_MAX_LENGTH)
    timezone: str
    # The local time is what people know; `starts_at` follows when the time zone is corrected.
    starts_local: datetime = Field(sa_type=DateTime)
    starts_at: datetime = Field(sa_type=utc_datetime())
    status: str = Field(
        default=EventStatus.SCHEDULED, sa_column_kwargs={"server_default": "scheduled"}
    )
    merged_into_id: UUID | None = Field(default=None, foreign_key="events.id")
    created_by_id: UUID | None = Field(default=None, foreign_key="users.id")
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = Field(
        default_factory=utc_now,
        sa_type=utc_datetime(),
        sa_column_kwargs={"server_default": text("now()")},
    )


def _similar(table: str, column: str) -> None:
    key = func.search_key(SQLModel.metadata.tables[table].c[column]).label("key")
    Index(
        f"ix_{table}_similar",
        key,
        postgresql_using="gin",
        postgresql_ops={"key": "gin_trgm_ops"},
        postgresql_where=IS_NOT_MERGED,
    )


_similar("venues", "name")
_similar("events", "title")

# Computed by the database, used only in SQL.
EVENTS = SQLModel.metadata.tables["events"]
EVENTS.append_column(
    Column(
        "search",
        TSVECTOR,
        Computed(
            "to_tsvector('simple'::regconfig, search_key((((((title)::text || ' '::text) || "
            "(venue)::text) || ' '::text) || (city)::text)))",
            persisted=True,
        ),
    )
)
EVENTS.append_column(Column("city_key", Text, Computed("search_key((city)::text)", persisted=True)))
Index(
    "ix_events_city",
    EVENTS.c.city_key,
    EVENTS.c.starts_at,
    EVENTS.c.id,
    postgresql_where=IS_NOT_MERGED,
)
Index("ix_events_search", EVENTS.c.search, postgresql_using="gin", postgresql_where=IS_NOT_MERGED)
