"""Purchase as a plain form: without JavaScript, or before the page's code runs."""

from starlette.requests import Request
from starlette.responses import Response

from ticketing_app import routes
from ticketing_app.accounts import auth
from ticketing_app.ui import session, transactions
from ticketing_app.ui.purchases.holding import hold_offer
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.shell import forms


async def purchase(request: Request, **_: str) -> Response:
    """Hold the tickets and show the order; lead a visitor to sign-up, and then back to the page."""
    offer = Offer.from_fields(await forms.read(request))
    with transactions.translate_outages():
        caller = await auth.current_caller(request)
    if caller is None:
        query = f"?{request.url.query}" if request.url.query else ""
        wanted = session.local_path(request.url.path + query)
        return forms.see_other(session.with_next(routes.SIGN_UP, wanted))
    order_id = await hold_offer(offer, buyer_id=caller.user_id)
    return forms.see_other(routes.order_detail(order_id))
