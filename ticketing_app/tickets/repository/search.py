"""SQL of searches; its plans were measured with a million tickets (benchmarks/search.py)."""

import base64
import binascii
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, ValidationError
from sqlalchemy import (
    ColumnElement,
    FromClause,
    SmallInteger,
    Text,
    case,
    column,
    func,
    literal,
    literal_column,
    or_,
    text,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select, SelectOfScalar

from ticketing_app.core.days import DayFilter, Start, When, may_start_on, starts_on
from ticketing_app.core.money import MAXIMUM_CENTS
from ticketing_app.core.text_search import SIMPLE, cached_query, prefix_tsquery, tsquery
from ticketing_app.core.validation import SearchText, in_calendar
from ticketing_app.tickets.models import STARTS_AT, TICKETS, SearchWord, Ticket
from ticketing_app.tickets.repository.tickets import (
    TicketRow,
    comes_in_time,
    count_available,
    is_locked,
    ticket_row,
)
from ticketing_app.tickets.rules import TicketStatus
from ticketing_app.tickets.schemas.search import (
    Q_MAX_LENGTH,
    LooseTicketFilter,
    TicketFilter,
    TicketSort,
)

SHORTEST_CORRECTED = 3
MAX_WORDS_PER_LISTING = 60

_STARTS_AT: ColumnElement[Any] = literal_column(STARTS_AT)
SOONEST = (_STARTS_AT, col(Ticket.id))
_NEVER: ColumnElement[Any] = literal_column("'infinity'::timestamptz")
_WEEKENDS = {When.WEEKEND, When.NEXT_WEEKEND}
_MINUTE: ColumnElement[Any] = literal_column("interval '1 minute'")


class InvalidCursorError(ValueError):
    pass


class Cursor(BaseModel, frozen=True):
    """Position of the last row of a page; `q` is the corrected text of the search."""

    sort: TicketSort
    id: UUID
    price_cents: Annotated[int, Field(ge=0, le=MAXIMUM_CENTS)] | None = None
    starts_at: Annotated[AwareDatetime, AfterValidator(in_calendar)] | None = None
    q: Annotated[SearchText, Field(max_length=Q_MAX_LENGTH)] | None = None


def make_cursor(sort: TicketSort, last: Ticket, q: str | None = None) -> str:
    key: dict[str, Any] = {
        TicketSort.NEWEST: {},
        TicketSort.CHEAPEST: {"price_cents": last.price_cents},
        TicketSort.SOONEST: {"starts_at": last.starts_at},
    }[sort]
    return write_cursor(Cursor(sort=sort, id=last.id, q=q, **key))


def write_cursor(cursor: Cursor) -> str:
    written = cursor.model_dump_json(exclude_none=True)
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def read_cursor(wanted: TicketFilter) -> Cursor | None:
    """Raises InvalidCursorError: the cursor is made up, or of another sort order."""
    if not wanted.cursor:
        return None
    try:
        padding = "=" * (-len(wanted.cursor) % 4)
        cursor = Cursor.model_validate_json(base64.urlsafe_b64decode(wanted.cursor + padding))
    except (ValidationError, ValueError, binascii.Error):
        raise InvalidCursorError from None
    is_whole = cursor.sort is not TicketSort.CHEAPEST or cursor.price_cents is not None
    if cursor.sort is not wanted.sort or not is_whole:
        raise InvalidCursorError
    return cursor


async def list_for_sale(
    session: AsyncSession, wanted: TicketFilter, cursor: Cursor | None
) -> list[TicketRow]:
    """Return up to `limit` + 1 rows after the cursor: the extra row shows that there is a next page."""
    return [TicketRow(*row) for row in (await session.exec(page_query(wanted, cursor))).all()]


@cached_query
def page_query(
    wanted: TicketFilter, cursor: Cursor | None
) -> Select[Ticket, bool, int | None, int | None]:
    conditions = [*_conditions(wanted, cursor), *_on_weekend(wanted)]
    query = select(*ticket_row()).where(*conditions)
    return query.order_by(*_order(wanted)).limit(wanted.limit + 1)


def _on_weekend(wanted: TicketFilter) -> Iterator[ColumnElement[bool]]:
    """For an index that PostgreSQL combines with that of the words; it may read all tickets in order otherwise.

    A single letter begins so many words that this would be slower.
    """
    if wanted.when in _WEEKENDS and len(wanted.q.strip()) > 1:
        yield from may_start_on(DayFilter(wanted.when), TICKETS.c.starts_at)


def _order(wanted: TicketFilter) -> Iterator[ColumnElement[Any]]:
    keys: dict[TicketSort, ColumnElement[Any]] = {
        TicketSort.NEWEST: TICKETS.c.id,
        TicketSort.CHEAPEST: TICKETS.c.price_cents,
        TicketSort.SOONEST: _STARTS_AT,
    }
    key = keys[wanted.sort]
    if wanted.q and wanted.city:
        # Words and city select few rows, but the planner does not know that they correlate (the city is
        # one of the words) and would scan the index of the sort order. The expression prevents that.
        key = func.coalesce(key, key)
    if wanted.sort is TicketSort.NEWEST:
        yield key.desc()
    else:
        yield key
        yield TICKETS.c.id


async def count_for_sale(session: AsyncSession, wanted: TicketFilter, limit: int) -> int:
    return (await session.exec(count_query(wanted, limit))).one()


@cached_query
def count_query(wanted: TicketFilter, limit: int) -> SelectOfScalar[int]:
    if not wanted.available_only:
        found = select(Ticket.status).where(*_conditions(wanted)).limit(limit)
        return select(func.count()).select_from(found.subquery())
    # OFFSET keeps the planner from choosing an index by the cost of reading other tickets of all listings.
    others = wanted.model_copy(update={"available_only": False})
    matching = select(Ticket.listing_id, Ticket.locked_until).where(*_conditions(others))
    ticket = matching.offset(0).subquery("ticket")
    available = select(ticket.c.listing_id).where(_is_available(ticket)).limit(limit)
    return select(func.count()).select_from(available.subquery())


async def list_similar(session: AsyncSession, ticket: Ticket, limit: int) -> list[TicketRow]:
    """Return up to `limit` available tickets, the soonest events first."""
    # Each half scans an index in order and stops at the limit; a query with OR could do neither.
    halves = [
        select(Ticket.id)
        .where(
            Ticket.status == TicketStatus.FOR_SALE,
            Ticket.is_front,
            func.coalesce(Ticket.listing_id, Ticket.id) != (ticket.listing_id or ticket.id),
            _is_available(),
            func.now() < _STARTS_AT,
            comes_in_time(),
            *conditions,
        )
        .order_by(*SOONEST)
        .limit(limit)
        for conditions in similarity_conditions(ticket.title, ticket.category, ticket.city)
    ]
    query = (
        select(*ticket_row())
        .where(col(Ticket.id).in_(union(*halves)))
        .order_by(*SOONEST)
        .limit(limit)
    )
    return [TicketRow(*row) for row in (await session.exec(query)).all()]


def similarity_conditions(
    title: str, category: str | None, city: str | None
) -> list[list[ColumnElement[bool]]]:
    """Return conditions, the closest first: same title; same category in the same city."""
    same_title = [func.lower(col(Ticket.title)) == func.lower(title)]
    if category is None or city is None:
        return [same_title]
    same_kind = [
        col(Ticket.category) == category,
        TICKETS.c.city_key == func.search_key(city),
    ]
    return [same_title, same_kind]


async def list_matching(
    session: AsyncSession, wanted: TicketFilter, ticket_ids: list[UUID]
) -> list[UUID]:
    query = select(Ticket.id).where(col(Ticket.id).in_(ticket_ids), *_conditions(wanted))
    return list((await session.exec(query)).all())


# ---- typing errors -----------------------------------------------------------------------------


async def list_words(session: AsyncSession, q: str, limit: int) -> dict[str, bool]:
    """Map the first words of `q` to whether a ticket on sale contains them."""
    rows = await session.exec(words_query(q, limit))
    return dict(rows.all())


def words_query(q: str, limit: int) -> Select[str, bool]:
    words = (
        func.unnest(func.to_tsvector(SIMPLE, func.search_key(q)))
        .table_valued(column("lexeme", Text()), column("positions", ARRAY(SmallInteger())))
        .alias("words")
    )
    place = words.c.positions[1]
    following = func.lead(place).over(order_by=place)
    typed = select(words.c.lexeme, place.label("place"), following.is_(None).label("is_last"))
    typed = typed.subquery("typed")
    wanted = case((typed.c.is_last, prefix_tsquery(typed.c.lexeme)), else_=tsquery(typed.c.lexeme))
    on_sale = select(Ticket.id).where(*for_sale_and_upcoming(), TICKETS.c.search.op("@@")(wanted))
    # Shorter words cannot be corrected, so they count as on sale.
    is_on_sale = or_(func.length(typed.c.lexeme) < SHORTEST_CORRECTED, on_sale.exists())
    return select(typed.c.lexeme, is_on_sale).order_by(typed.c.place).limit(limit)


async def list_similar_words(session: AsyncSession, word: str, limit: int) -> list[str]:
    """Return known words, the most similar first."""
    return list((await session.exec(similar_words_query(word, limit))).all())


def similar_words_query(word: str, limit: int) -> SelectOfScalar[str]:
    distance = col(SearchWord.word).op("<->")(word)
    return select(SearchWord.word).order_by(distance).limit(limit)


async def add_search_words(session: AsyncSession, ticket_id: UUID) -> None:
    # Inserted in order, so that concurrent transactions cannot deadlock.
    statement = text("""
        INSERT INTO search_words
        SELECT lexeme FROM tickets, unnest(search) WHERE id = :ticket_id
        ORDER BY lexeme LIMIT :max_words
        ON CONFLICT DO NOTHING
    """)
    await (await session.connection()).execute(
        statement, {"ticket_id": ticket_id, "max_words": MAX_WORDS_PER_LISTING}
    )


# ---- conditions --------------------------------------------------------------------------------


def for_sale_and_upcoming() -> Iterator[ColumnElement[bool]]:
    # Tickets of events that have begun are not for sale.
    yield col(Ticket.status) == TicketStatus.FOR_SALE
    yield func.now() < _STARTS_AT
    yield comes_in_time()


def _conditions(
    wanted: TicketFilter, cursor: Cursor | None = None
) -> Iterator[ColumnElement[bool]]:
    if cursor and cursor.sort is TicketSort.SOONEST:
        # The cursor bounds the start as well; with two bounds the index scan uses the earlier one.
        yield col(Ticket.status) == TicketStatus.FOR_SALE
        yield comes_in_time()
    else:
        yield from for_sale_and_upcoming()
    # One row per listing.
    yield col(Ticket.is_front).is_(true())
    if cursor:
        yield _after(cursor)
    if wanted.q.strip():
        yield TICKETS.c.search.op("@@")(prefix_tsquery(func.search_key(wanted.q)))
    if wanted.category:
        yield col(Ticket.category) == wanted.category
    if wanted.city:
        yield TICKETS.c.city_key == func.search_key(wanted.city)
    if wanted.min_price_cents is not None:
        yield col(Ticket.price_cents) >= wanted.min_price_cents
    if wanted.max_price_cents is not None:
        yield col(Ticket.price_cents) <= wanted.max_price_cents
    yield from _on_days(wanted)
    yield from _of_event(wanted)
    if wanted.available_only:
        yield _is_available()


def _of_event(wanted: TicketFilter) -> Iterator[ColumnElement[bool]]:
    if isinstance(wanted, LooseTicketFilter):
        yield col(Ticket.event_id).is_(None)
    elif wanted.event_id:
        yield col(Ticket.event_id) == wanted.event_id


def _is_available(ticket: FromClause = TICKETS) -> ColumnElement[bool]:
    # The first ticket of a listing may be locked while others are free.
    return or_(~is_locked(ticket), func.coalesce(count_available(ticket), 0) > 0)


def _on_days(wanted: TicketFilter) -> Iterator[ColumnElement[bool]]:
    offset = func.coalesce(col(Ticket.utc_offset_minutes), 0) * _MINUTE
    local = func.timezone("UTC", col(Ticket.starts_at)) + offset
    days = DayFilter(wanted.when, wanted.first_day, wanted.last_day)
    return starts_on(days, Start(local, _STARTS_AT, offset))


def _after(cursor: Cursor) -> ColumnElement[bool]:
    match cursor.sort:
        case TicketSort.NEWEST:
            return col(Ticket.id) < cursor.id
        case TicketSort.CHEAPEST:
            here = tuple_(literal(cursor.price_cents), literal(cursor.id))
            return tuple_(col(Ticket.price_cents), col(Ticket.id)) > here
        case TicketSort.SOONEST:
            starts_at = literal(cursor.starts_at) if cursor.starts_at else _NEVER
            here = tuple_(func.greatest(starts_at, func.now()), literal(cursor.id))
            return tuple_(_STARTS_AT, col(Ticket.id)) > here
