"""Building blocks of full-text searches in SQL."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Text, cast, func, literal, literal_column, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel.ext.asyncio.session import AsyncSession

Build = TypeVar("Build", bound=Callable[..., object])

SIMPLE: ColumnElement[Any] = literal_column("'simple'::regconfig")


async def plan_for_values(session: AsyncSession) -> None:
    """Plan each statement of this transaction for its parameter values."""
    # After five executions PostgreSQL would switch to a generic plan, but rare and common words need
    # different plans.
    connection = await session.connection()
    await connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def cached_query(build: Build) -> Build:
    """Cache built queries: building takes longer than most executions, and most searches are alike."""
    return lru_cache(maxsize=64)(build)  # pyright: ignore[reportReturnType]  # same signature


def tsquery(words: ColumnElement[str]) -> ColumnElement[Any]:
    return func.plainto_tsquery(SIMPLE, words)


def prefix_tsquery(words: ColumnElement[str]) -> ColumnElement[Any]:
    # "beyonce li" becomes 'beyonce' & 'li':*, as the last word may be incomplete. Only the last word is a
    # prefix, because prefixes of a few letters read most of the index. plainto_tsquery accepts any text
    # and quotes each word; no word contains a quote.
    prefixed = func.regexp_replace(cast(tsquery(words), Text), literal("'$"), literal("':*"))
    return cast(prefixed, TSQUERY)
