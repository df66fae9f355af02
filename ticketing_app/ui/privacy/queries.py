"""Reads of the page of one's data."""

from typing import NamedTuple
from uuid import UUID

from ticketing_app.orders.service import personal as orders
from ticketing_app.privacy.schemas import ExportRead
from ticketing_app.privacy.service import deletion, export
from ticketing_app.ui.transactions import Session


class DataPage(NamedTuple):
    exports: list[ExportRead]
    reasons: list[str]  # Why the account cannot be deleted now.
    coming: int  # Owned tickets of events to come.


async def load_data_page(session: Session, *, user_id: UUID) -> DataPage:
    return DataPage(
        exports=await export.list_exports(session, user_id=user_id),
        reasons=await deletion.list_reasons(session, user_id=user_id),
        coming=await orders.count_coming(session, buyer_id=user_id),
    )
