"""Transactions of pages: the only module in which the UI gets a database session."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core import db, outages, validation
from ticketing_app.core.errors import AppError, InvalidInputError
from ticketing_app.core.logging import get_logger

log = get_logger()

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
Model = TypeVar("Model", bound=BaseModel)
# For the signatures of `queries`: no other module of the UI imports SQLModel.
Session = AsyncSession

MAX_FORM_CHARACTERS = 20_000
# After this time the page is sent without its content, which it then loads itself.
READ_SECONDS = 2


@asynccontextmanager
async def transaction() -> AsyncGenerator[AsyncSession]:
    """Open the transaction of a page load; raises UnavailableError if the database does not answer."""
    # It takes a connection from the pool at its first statement.
    with translate_outages():
        async with db.transaction() as session:
            yield session


async def in_transaction(
    use_case: Callable[Concatenate[AsyncSession, Arguments], Awaitable[Answer]],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Answer:
    """Run one use case in one transaction; raises UnavailableError if the database does not answer."""
    async with transaction() as session:
        return await use_case(session, *args, **kwargs)


async def in_autocommit(
    use_case: Callable[Concatenate[db.Connect, Arguments], Awaitable[Answer]],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Answer:
    """Run a use case that opens its connections itself (the hold); errors as `in_transaction`."""
    with translate_outages():
        return await use_case(db.autocommit, *args, **kwargs)


@contextmanager
def translate_outages() -> Generator[None]:
    """Translate every error of an unreachable PostgreSQL or Redis into `UnavailableError`."""
    try:
        yield
    except AppError:
        raise
    except Exception as error:
        if not outages.is_unavailable(error):
            raise
        log.warning("ui.dependency_unavailable", error=repr(error))
        raise outages.unavailable_error(error) from error


@asynccontextmanager
async def with_read_timeout() -> AsyncGenerator[None]:
    """Like `translate_outages`, and treat a read of more than READ_SECONDS as an outage."""
    with translate_outages():
        async with asyncio.timeout(READ_SECONDS):
            yield


def parse(model: type[Model], data: object) -> Model:
    """Validate the data of a page by the rules of the API; raises InvalidInputError."""
    try:
        text = json.dumps(data, ensure_ascii=False, default=str)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidInputError([(None, "This text cannot be stored.")]) from None
    if "\\u0000" in text or len(text) > MAX_FORM_CHARACTERS:
        raise InvalidInputError([(None, "This text is too long or cannot be stored.")])
    return validation.parse(model, data)
