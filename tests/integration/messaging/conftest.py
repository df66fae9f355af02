"""A table for the effects of the handlers of these tests."""

import pytest
from sqlalchemy import text

from ticketing_app.core import db


@pytest.fixture
async def _effects(database: None) -> None:  # noqa: ARG001  # order only.
    async with db.transaction() as session:
        await (await session.connection()).execute(
            text("CREATE TABLE IF NOT EXISTS effects (handler text, user_id uuid)")
        )
