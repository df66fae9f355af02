from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.orders.service import ownership
from ticketing_app.payments.rules import AlertKind
from ticketing_app.payments.service import alerts


async def report_double_income(
    session: AsyncSession, *, order_id: UUID, ticket_ids: list[UUID]
) -> None:
    """Raise an alert per sale of these seats by a seller whose own purchase is refunded or disputed."""
    for sale in await ownership.list_unowned_sales(session, ticket_ids=ticket_ids):
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
