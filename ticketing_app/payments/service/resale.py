from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.service import order_payment, ownership
from ticketing_app.payments.rules import AlertKind
from ticketing_app.payments.service import alerts


async def report_double_income(session: AsyncSession, *, order_id: UUID) -> None:
    """Raise an alert per sale of this seat by a seller whose own purchase is refunded or disputed."""
    order = await order_payment.get_payable(session, order_id=order_id)
    for sale in await ownership.list_unowned_sales(session, ticket_ids=order.ticket_ids):
        await alerts.raise_alert(
            session,
            AlertKind.SOLD_ON,
            subject=str(sale.order_id),
            order_id=order_id,
            detail=(
                "A seller whose own purchase is refunded or disputed has sold the ticket on by order "
                f"{sale.order_id}: they have the money of both."
            ),
        )
