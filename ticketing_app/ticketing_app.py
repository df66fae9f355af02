"""Composition root: the Reflex app with the API beside it, and the site map."""

import gc

# Modules live until the end. Scanning them for garbage took a fifth of the start.
collects_garbage = gc.isenabled()
gc.disable()

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary
from starlette.types import ASGIApp

from ticketing_app import api, routes
from ticketing_app.accounts.auth import listen_for_ended_sessions
from ticketing_app.core import garbage, logging, metrics, shedding
from ticketing_app.core.settings import get_settings
from ticketing_app.documents import security_headers, serve, well_known
from ticketing_app.documents.site import Audience, Page
from ticketing_app.subscriptions import WORK
from ticketing_app.ui import session
from ticketing_app.ui.accounts import forms
from ticketing_app.ui.accounts.documents import load_form
from ticketing_app.ui.accounts.link_pages import (
    confirm_content,
    confirm_page,
    confirmed_content,
    forgot_content,
    forgot_page,
    load_link_form,
    reset_content,
    reset_page,
    sent_content,
)
from ticketing_app.ui.accounts.pages import (
    sign_in_content,
    sign_in_page,
    sign_out_page,
    sign_up_content,
    sign_up_page,
)
from ticketing_app.ui.accounts.profile import account_page
from ticketing_app.ui.accounts.security import security_page
from ticketing_app.ui.accounts.state import ProfileState, SecurityState
from ticketing_app.ui.content import forms as content_forms
from ticketing_app.ui.content.articles import list_shipped
from ticketing_app.ui.content.contact import contact_page, report_page
from ticketing_app.ui.content.documents import load_article
from ticketing_app.ui.content.pages import article_page
from ticketing_app.ui.events.documents import load_city, load_event, load_venue
from ticketing_app.ui.events.pages import city_page, event_page, venue_page
from ticketing_app.ui.events.state import EventDetailState, PlaceState
from ticketing_app.ui.gifts.pages import gift_page
from ticketing_app.ui.gifts.state import GiftState
from ticketing_app.ui.home.documents import load_home, load_search
from ticketing_app.ui.home.pages import home_page, search_page
from ticketing_app.ui.home.state import HomeState
from ticketing_app.ui.listings.list_page import own_listings_page
from ticketing_app.ui.listings.pages import ticket_edit_page
from ticketing_app.ui.listings.state import OwnListingsState, TicketFormState
from ticketing_app.ui.live import broadcast
from ticketing_app.ui.notices import forms as notice_forms
from ticketing_app.ui.notices.choice_page import notice_choice_page
from ticketing_app.ui.notices.pages import notice_list_page
from ticketing_app.ui.notices.state import NoticeChoiceState, NoticeListState
from ticketing_app.ui.notices.stop_page import load_stop, notice_stop_page
from ticketing_app.ui.orders.list_page import order_list_page
from ticketing_app.ui.orders.pages import order_detail_page
from ticketing_app.ui.orders.state import OrderDetailState, OrderListState
from ticketing_app.ui.page_content import DEFAULT_CATEGORY
from ticketing_app.ui.privacy.pages import data_page, goodbye_page
from ticketing_app.ui.privacy.state import OwnDataState
from ticketing_app.ui.purchases.forms import purchase
from ticketing_app.ui.sales.pages import sale_page
from ticketing_app.ui.sales.state import SaleState
from ticketing_app.ui.sell.pages import (
    sell_event_page,
    sell_look_page,
    sell_price_page,
    sell_tickets_page,
    ticket_new_page,
)
from ticketing_app.ui.sell.relist_page import relist_page
from ticketing_app.ui.sell.relist_state import RelistState
from ticketing_app.ui.sell.state import SellState
from ticketing_app.ui.session import SessionState
from ticketing_app.ui.shell.audience import hint_script
from ticketing_app.ui.shell.feedback import connection_banner
from ticketing_app.ui.shell.pages import not_found_page
from ticketing_app.ui.shell.prerendered import document_description, document_title
from ticketing_app.ui.shell.proof import proof_dialog
from ticketing_app.ui.tickets.documents import check_ticket, load_ticket
from ticketing_app.ui.tickets.pages import ticket_detail_page
from ticketing_app.ui.tickets.state import TicketDetailState
from ticketing_app.ui.websocket import calls, sockets, tabs
from ticketing_app.vault.inspection import sandbox
from ticketing_app.work import jobs as work

BRAND = get_settings().brand_name

logging.configure()
work.register(WORK)

# These pages keep the title and description of the document until their data has loaded.
_TICKET_TITLE = rx.cond(
    TicketDetailState.is_loaded,
    f"{TicketDetailState.ticket.title} | {BRAND}",
    document_title(f"Ticket | {BRAND}"),
)
_TICKET_DESCRIPTION = rx.cond(
    TicketDetailState.is_loaded,
    TicketDetailState.ticket.share_line,
    document_description(
        "A ticket from somebody who cannot go: price, seat, and whether it is still there."
    ),
)
_EVENT_TITLE = rx.cond(
    EventDetailState.is_loaded,
    f"{EventDetailState.event.title} | {BRAND}",
    document_title(f"Event | {BRAND}"),
)
_EVENT_DESCRIPTION = rx.cond(
    EventDetailState.is_loaded,
    EventDetailState.event.share_line,
    document_description("All tickets for one night, from people who cannot go."),
)
_PLACE_TITLE = rx.cond(
    PlaceState.is_loaded, f"{PlaceState.title} | {BRAND}", document_title(f"Events | {BRAND}")
)
_PLACE_DESCRIPTION = document_description("What is on here, and the tickets for it.")
_ORDER_TITLE = rx.cond(
    OrderDetailState.is_loaded,
    f"{OrderDetailState.order.heading} | {BRAND}",
    document_title(f"Order | {BRAND}"),
)

_SALE_TITLE = rx.cond(
    SaleState.is_loaded, f"{SaleState.sale.heading} | {BRAND}", document_title(f"Sale | {BRAND}")
)

# fmt: off
# The site map: the app, documents, robots.txt, the sitemap and the tests read it.
PAGES = (
    Page(routes.TICKET_LIST, home_page, "Tickets For Sale",
         "Tickets for concerts, sports and theatre, from people who cannot go.",
         HomeState.load, Audience.EVERYONE, load_home),
    Page(routes.SEARCH, search_page, "Search",
         "Find events and tickets by artist, team, venue, city, day and price.",
         HomeState.load, Audience.VISITORS, load_search),
    Page(routes.TICKET_NEW, ticket_new_page, "Create a Ticket",
         "Sell a ticket that you cannot use.",
         TicketFormState.load_new, Audience.MEMBERS),
    Page(routes.SELL, sell_event_page, "Sell Tickets: the event",
         "Which event your tickets are for.",
         SellState.load_event, Audience.MEMBERS),
    Page(routes.SELL_TICKETS, sell_tickets_page, "Sell Tickets: your tickets",
         "How many tickets you have, and which seats.",
         SellState.load_tickets, Audience.MEMBERS),
    Page(routes.SELL_PRICE, sell_price_page, "Sell Tickets: the price",
         "What one of your tickets costs.",
         SellState.load_price, Audience.MEMBERS),
    Page(routes.SELL_LOOK, sell_look_page, "Sell Tickets: the look",
         "Your tickets as buyers see them.",
         SellState.load_look, Audience.MEMBERS),
    Page(routes.TICKET_MINE, own_listings_page, "My Listings",
         "What you sell and what you sold.",
         OwnListingsState.load, Audience.MEMBERS),
    Page(routes.TICKET_DETAIL, ticket_detail_page, _TICKET_TITLE,
         _TICKET_DESCRIPTION,
         TicketDetailState.load, Audience.EVERYONE, load_ticket, purchase),
    Page(routes.TICKET_EDIT, ticket_edit_page, "Edit a Ticket",
         "Change a listing of yours.",
         TicketFormState.load_edit, Audience.MEMBERS, check_ticket),
    Page(routes.EVENT_DETAIL, event_page, _EVENT_TITLE,
         _EVENT_DESCRIPTION,
         EventDetailState.load, Audience.EVERYONE, load_event, purchase),
    Page(routes.VENUE, venue_page, _PLACE_TITLE,
         _PLACE_DESCRIPTION,
         PlaceState.load_venue, Audience.EVERYONE, load_venue),
    Page(routes.CITY, city_page, _PLACE_TITLE,
         _PLACE_DESCRIPTION,
         PlaceState.load_city, Audience.EVERYONE, load_city),
    Page(routes.ORDER_LIST, order_list_page, "My Orders",
         "What you hold and what you bought.",
         OrderListState.load, Audience.MEMBERS),
    Page(routes.ORDER_DETAIL, order_detail_page, _ORDER_TITLE,
         "The ticket that you hold, and the time you have to pay for it.",
         OrderDetailState.load, Audience.MEMBERS),
    Page(routes.ORDER_RESALE, relist_page, "Sell tickets again",
         "Tickets that you bought, for sale again.",
         RelistState.load, Audience.MEMBERS),
    Page(routes.SALE_DETAIL, sale_page, _SALE_TITLE,
         "The tickets that you sold, and how they reach their buyer.",
         SaleState.load, Audience.MEMBERS),
    Page(routes.GIFT, gift_page, "A ticket from a friend",
         "A ticket that somebody gives to you.",
         GiftState.load, Audience.MEMBERS),
    Page(routes.ACCOUNT, account_page, "Account",
         "Your email, your orders and your listings.",
         ProfileState.load, Audience.MEMBERS),
    Page(routes.ACCOUNT_SECURITY, security_page, "Security",
         "Your password, and where you are signed in.",
         SecurityState.load, Audience.MEMBERS),
    Page(routes.ACCOUNT_NOTICES, notice_choice_page, "How you get notices",
         "Which notices you get by mail and on your devices.",
         NoticeChoiceState.load, Audience.MEMBERS, submit=notice_forms.save_choices),
    Page(routes.NOTICES, notice_list_page, "Notices",
         "What happened to your orders and listings.",
         NoticeListState.load, Audience.MEMBERS),
    Page(routes.NOTICE_STOP, notice_stop_page, "Stop mails",
         "Stop mails of one kind.",
         SessionState.load, Audience.VISITORS, load_stop, notice_forms.stop_mails),
    Page(routes.ACCOUNT_DATA, data_page, "Your data",
         "Download everything we have of you, or delete your account.",
         OwnDataState.load, Audience.MEMBERS),
    Page(routes.SIGN_UP, sign_up_page, "Sign Up",
         "Make an account to buy and sell tickets.",
         SessionState.load_for_visitors, Audience.VISITORS, load_form(sign_up_content), forms.sign_up),
    Page(routes.SIGN_IN, sign_in_page, "Sign In",
         "Sign in to buy and sell tickets.",
         SessionState.load_for_visitors, Audience.VISITORS, load_form(sign_in_content), forms.sign_in),
    Page(routes.FORGOT, forgot_page, "Forgot your password?",
         "Have a link mailed that sets a new password.",
         SessionState.load, Audience.VISITORS, load_link_form(forgot_content, sent_content),
         forms.forgot),
    Page(routes.CONFIRM, confirm_page, "Confirm your email",
         "Confirm that the email of your account is yours.",
         SessionState.load, Audience.VISITORS, load_link_form(confirm_content, confirmed_content),
         forms.confirm),
    Page(routes.RESET, reset_page, "Set a new password",
         "Set a new password by the link that was mailed to you.",
         SessionState.load, Audience.VISITORS, load_form(reset_content), forms.reset),
    Page(routes.SIGN_OUT, sign_out_page, "Sign Out",
         "Sign out of your account.",
         SessionState.load, Audience.MEMBERS, submit=forms.sign_out),
    Page(routes.CONTACT, contact_page, "Contact",
         "Write to the people who run this site; you need no account.",
         SessionState.load, Audience.EVERYONE, content_forms.load_contact, content_forms.contact),
    Page(routes.REPORT, report_page, "Report a listing",
         "Tell us what is wrong with a listing; you need no account.",
         SessionState.load, Audience.VISITORS, content_forms.load_report, content_forms.report),
    *(Page(article.address, article_page(article), document_title(f"{article.title} | {BRAND}"),
           document_description(article.description),
           SessionState.load, Audience.EVERYONE, load_article(article.name))
      for article in list_shipped()),
    Page(routes.GOODBYE, goodbye_page, "Goodbye",
         "Your account is going to be deleted.",
         SessionState.load, Audience.VISITORS),
    Page(routes.NOT_FOUND, not_found_page, "Page not found",
         "There is nothing at this address.",
         SessionState.load, Audience.EVERYONE),
)
# fmt: on


# Never refused under load: people who hold tickets, pay for them or show them at the door, webhooks of Stripe,
# health checks, and what has limits of its own (sign-in by its threads, uploads by their inspection).
SPARED = (
    "/api/health",
    "/ping",
    "/api/stripe/",
    "/api/payments",
    "/api/orders/",
    "/orders/",
    "/api/deliveries",
    "/door",
    "/api/users/",
    "/auth/",
    "/api/files",
)


def _forget_tabs(asgi: ASGIApp) -> ASGIApp:
    return tabs.forget_at_sign_out(asgi, lambda: app.state_manager)


app = rx.App(
    html_lang="en",
    # Tailwind contains its own reset.
    reset_style=False,
    toaster=None,
    app_wraps={
        (55, "ErrorBoundary"): lambda _: ErrorBoundary.create(),
        (5, "Overlay"): lambda _: connection_banner(),
        # In a fragment, because Reflex puts the page inside.
        (4, "Proof"): lambda _: rx.fragment(proof_dialog()),
    },
    head_components=[
        hint_script(),
        *well_known.head_links(),
        rx.el.script(src="/boot.js", defer=True),
        rx.el.script(src=well_known.ACCOUNT_FORMS, defer=True),
    ],
    backend_exception_handler=session.on_crash,
    api_transformer=[
        api.serve,
        _forget_tabs,
        sockets.limit,
        session.refuse_foreign_sockets,
        serve.serve(PAGES),
        shedding.protect(SPARED),
        security_headers.protect,
        metrics.measure_requests,
    ],
)
app.register_lifespan_task(listen_for_ended_sessions, notify=broadcast.notify_session)
app.register_lifespan_task(broadcast.follow, app=app)
app.register_lifespan_task(metrics.serve)
app.register_lifespan_task(garbage.keep_pauses_short)
app.register_lifespan_task(shedding.load.watch_lag)
app.register_lifespan_task(sandbox.report_confinement)
for page in PAGES:
    app.add_page(
        page.component,
        page.route.strip("/") or "/",
        title=f"{page.title} | {BRAND}" if isinstance(page.title, str) else page.title,
        description=page.description,
        image=routes.share_image(DEFAULT_CATEGORY),
        on_load=page.on_load,
    )
app.add_middleware(tabs.TabOwner())
calls.guard(app)
logging.filter_library_logs()

if collects_garbage:
    gc.enable()
