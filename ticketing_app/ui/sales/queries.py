"""One read of the page of a sale, in the caller's transaction."""

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from ticketing_app.accounts.schemas import Caller
from ticketing_app.core.errors import AppError
from ticketing_app.deliveries.schemas import AddressRead, DeliveryRead
from ticketing_app.deliveries.service import addresses
from ticketing_app.deliveries.service import queries as deliveries
from ticketing_app.deliveries.service.queries import DeliveryNotFoundError
from ticketing_app.orders.schemas import OrderSummary
from ticketing_app.orders.service import summary
from ticketing_app.ui.transactions import Session


class SaleNotFoundError(AppError):
    # Also for a sale of another seller.
    status = HTTPStatus.NOT_FOUND
    message = "We could not find this sale among yours."


@dataclass(frozen=True)
class SalePage:
    order: OrderSummary
    delivery: DeliveryRead
    address: AddressRead | None


async def load_sale_page(session: Session, *, caller: Caller, order_id: UUID) -> SalePage:
    """Return a sale to its seller; that they see the buyer's address is recorded."""
    try:
        delivery = await deliveries.get_delivery(
            session, order_id=order_id, viewer_id=caller.user_id
        )
    except DeliveryNotFoundError:
        raise SaleNotFoundError from None
    if delivery.seller_id != caller.user_id:
        raise SaleNotFoundError
    return SalePage(
        await summary.get_summary(session, order_id=order_id),
        delivery,
        await addresses.read_for_seller(
            session, order_id=order_id, seller_id=caller.user_id, session_id=caller.session_id
        ),
    )
