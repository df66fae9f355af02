"""The act of purchase on a page with offers."""

from datetime import timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import reflex as rx

from ticketing_app import routes
from ticketing_app.accounts.schemas import Caller
from ticketing_app.core import shedding
from ticketing_app.core.clock import utc_now
from ticketing_app.core.errors import AppError, TooManyRequestsError, UnavailableError
from ticketing_app.orders.service.refusals import OfferChangedError
from ticketing_app.ui import session
from ticketing_app.ui.purchases.holding import hold_offer
from ticketing_app.ui.purchases.views import Offer
from ticketing_app.ui.session import PageState, guarded


class Purchase(NamedTuple):
    """A press of a visitor: `terms` are what the page showed, `token` is in the address after sign-in."""

    offer: Offer
    terms: tuple[str, ...]
    token: str


class PurchaseState(PageState, mixin=True):
    """A page with purchase forms (components.py); it implements `_read`.

    Its `load` begins with `_take_purchase`, before `find_caller`, and ends with `_continue`.
    """

    # The offer with a running cool-down.
    paused_key: str = ""
    paused_at: str = ""
    paused_until: str = ""
    _purchase: Purchase | None = None

    async def _read(self) -> object:
        """Read the page again."""
        raise NotImplementedError

    def _terms(self) -> tuple[str, ...]:
        """Return what a buyer agrees to beside the price."""
        return ()

    def _version(self, offer: Offer) -> int | None:  # noqa: ARG002  # for pages that know it
        """Return the version of a single ticket as seen; holds of others raise it, too."""
        return None

    @rx.event
    @guarded
    async def purchase(self, fields: dict[str, str]) -> rx.event.EventSpec:
        """Hold the tickets and show the order; a visitor signs in first."""
        caller = await session.find_caller(self)
        offer = Offer.from_fields(fields)
        if caller:
            with shedding.load.admit("write"):
                return await self._hold(caller, offer, self._terms())
        # Unguessable and single-use: following a link must not hold tickets.
        token = uuid4().hex
        self._purchase = Purchase(offer, self._terms(), token)
        return session.sign_in_for(self._address_with(token))

    @rx.event
    @guarded
    async def end_pause(self) -> None:
        """Offer the tickets again after the cool-down, and clear the refusal."""
        self.paused_key = ""
        await self._read()

    def _address_with(self, token: str) -> str:
        url = self.router.url
        query = [each for each in parse_qsl(url.query) if each[0] != routes.PURCHASE]
        return f"{url.path}?{urlencode([*query, (routes.PURCHASE, token)])}"

    def _take_purchase(self) -> Purchase | None:
        """Return the purchase that sign-in interrupted, once."""
        # Before `find_caller`, which resets this state when the visitor has signed in.
        purchase = self._purchase
        self._purchase = None
        self.paused_key = ""
        token = self.router.url.query_parameters.get(routes.PURCHASE)
        return purchase if purchase and purchase.token == token else None

    async def _continue(
        self, caller: Caller | None, purchase: Purchase | None
    ) -> rx.event.EventSpec | None:
        if caller is None or purchase is None:
            return None
        if purchase.terms not in {(), self._terms()}:
            raise OfferChangedError
        return await self._hold(caller, purchase.offer, purchase.terms)

    async def _hold(
        self, caller: Caller, offer: Offer, terms: tuple[str, ...]
    ) -> rx.event.EventSpec:
        version = self._version(offer)
        try:
            order_id = await hold_offer(offer, buyer_id=caller.user_id, version=version)
        except UnavailableError:
            raise
        except AppError as error:
            self._pause(offer, error)
            await self._read()
            is_changed = isinstance(error, OfferChangedError)
            if not is_changed or version is None or self._terms() != terms:
                raise
            # Another buyer's hold changed the version, but no terms.
            version = self._version(offer)
            order_id = await hold_offer(offer, buyer_id=caller.user_id, version=version)
        return rx.redirect(routes.order_detail(order_id))

    def _pause(self, offer: Offer, error: AppError) -> None:
        if isinstance(error, TooManyRequestsError) and error.retry_after:
            now = utc_now()
            self.paused_key = offer.key
            self.paused_at = now.isoformat()
            self.paused_until = (now + timedelta(seconds=error.retry_after)).isoformat()
