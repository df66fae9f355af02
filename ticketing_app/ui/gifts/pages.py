"""The page of a gift, for both sides."""

import reflex as rx

from ticketing_app import routes
from ticketing_app.ui.deliveries.tickets_part import tickets_part
from ticketing_app.ui.gifts.components import gift_part
from ticketing_app.ui.gifts.state import GiftState
from ticketing_app.ui.live.components import OnLive
from ticketing_app.ui.shell import feedback
from ticketing_app.ui.shell.confirm import ConfirmButton
from ticketing_app.ui.shell.layout import layout
from ticketing_app.ui.shell.link import link
from ticketing_app.ui.theme import styles
from ticketing_app.ui.tickets.components import plain_stub

TEXT = {
    "take": "Take it",
    "decline": "No, thanks",
    "decline_question": "Say no to this ticket? It goes back to its giver.",
    "back": "Not now",
    "withdraw": "Take it back",
    "withdraw_question": "Take this ticket back? Your friend can no longer take it.",
    "keep": "Leave it",
    "confirm": "First confirm your email: open the link that we mailed you when you signed up, then come back "
    "here. So nobody else can take what is meant for you.",
    "to_account": "Mail the link again",
    "sell": "Sell this ticket",
    "orders": "My Orders",
    "yours": "Yours",
    "gift": "Gift",
}


def gift_page() -> rx.Component:
    state = GiftState
    return layout(
        OnLive.create(on_change=state.refresh),
        feedback.loaded(state, state.load, _gift(), state.gift.id),
        is_narrow=True,
    )


def _gift() -> rx.Component:
    gift = GiftState.gift
    stamp = rx.el.span(TEXT["yours"], aria_hidden="true", class_name="stamp")
    badge = rx.el.span(TEXT["gift"], class_name="badge")
    return rx.el.article(
        rx.el.h1(gift.heading, class_name=styles.HEADING),
        rx.el.p(GiftState.stub.title, class_name="text-xl font-semibold"),
        rx.el.p(gift.from_line, class_name="text-lg empty:hidden [overflow-wrap:anywhere]"),
        plain_stub(GiftState.stub, rx.cond(gift.is_yours, stamp, badge)),
        rx.el.div(
            rx.el.p(gift.until_line, class_name="font-semibold empty:hidden"),
            rx.el.p(gift.more, class_name="empty:hidden"),
            rx.el.p(gift.seal_line, class_name="text-muted empty:hidden"),
            class_name="grid gap-1 max-w-text",
        ),
        rx.cond(gift.needs_confirmation, _confirmation()),
        rx.cond(gift.can_take, _answers()),
        rx.cond(gift.can_withdraw, _withdraw()),
        rx.cond(gift.is_yours, _own()),
        class_name="grid gap-5 pb-8",
    )


def _confirmation() -> rx.Component:
    return rx.el.div(
        rx.el.p(TEXT["confirm"], class_name=styles.ALERT),
        link(TEXT["to_account"], href=routes.ACCOUNT, class_name=styles.SECONDARY),
        class_name="grid gap-3 justify-items-start",
    )


def _answers() -> rx.Component:
    take = rx.el.button(
        TEXT["take"], type="button", on_click=GiftState.take, class_name=f"{styles.PRIMARY} px-10"
    )
    decline = ConfirmButton.create(
        label=TEXT["decline"],
        question=TEXT["decline_question"],
        confirm_label=TEXT["decline"],
        cancel_label=TEXT["back"],
        on_confirm=GiftState.decline,
        class_name=styles.SECONDARY,
    )
    return rx.el.div(take, decline, class_name=styles.ACTION_BAR)


def _withdraw() -> rx.Component:
    return rx.el.div(
        ConfirmButton.create(
            label=TEXT["withdraw"],
            question=TEXT["withdraw_question"],
            confirm_label=TEXT["withdraw"],
            cancel_label=TEXT["keep"],
            on_confirm=GiftState.withdraw,
            class_name=styles.SECONDARY,
        )
    )


def _own() -> rx.Component:
    gift = GiftState.gift
    return rx.fragment(
        tickets_part(),
        gift_part(),
        rx.el.div(
            rx.cond(
                gift.resale_href != "",
                link(TEXT["sell"], href=gift.resale_href, class_name=styles.SECONDARY),
            ),
            link(TEXT["orders"], href=routes.ORDER_LIST, class_name=styles.SECONDARY),
            class_name="flex flex-wrap gap-3",
        ),
    )
