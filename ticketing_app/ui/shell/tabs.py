"""The tab bar of phones; on wider screens the bar at the top has these links."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.shell.audience import FOR_MEMBERS, FOR_VISITORS
from ticketing_app.ui.shell.icons import icon
from ticketing_app.ui.shell.link import current, link

TEXT = {
    "label": "Tabs",
    "explore": "Explore",
    "sell": "Sell",
    "sell_what": " Tickets",
    "orders": "My Orders",
    "account": "You",
    "account_what": "r account",
    "sign_up": "Sign Up",
    "sign_in": "Sign In",
}


def tabs() -> rx.Component:
    sell_what = rx.el.span(TEXT["sell_what"], class_name="sr-only")
    account_what = rx.el.span(TEXT["account_what"], class_name="sr-only")
    return rx.el.nav(
        _tab("explore", TEXT["explore"], href=routes.TICKET_LIST),
        _tab("sell", TEXT["sell"], sell_what, href=routes.TICKET_NEW),
        _tab("ticket", TEXT["orders"], href=routes.ORDER_LIST, audience=FOR_MEMBERS),
        _tab("account", TEXT["account"], account_what, href=routes.ACCOUNT, audience=FOR_MEMBERS),
        _tab("join", TEXT["sign_up"], href=routes.SIGN_UP, audience=FOR_VISITORS),
        _tab("enter", TEXT["sign_in"], href=routes.SIGN_IN, audience=FOR_VISITORS),
        aria_label=TEXT["label"],
        class_name="tabs print:hidden",
    )


def _tab(name: str, *label: rx.Component | str, href: str, audience: str = "") -> rx.Component:
    # Visitors load the page: they may have signed in in another tab.
    is_for_visitors = audience == FOR_VISITORS
    return link(
        icon(name),
        rx.el.span(*label),
        href=href,
        reload_document=is_for_visitors,
        aria_current=current(href),
        class_name=f"tab {audience}",
        custom_attrs={"data-keep-next": ""} if is_for_visitors else {},
    )
