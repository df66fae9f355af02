"""The switch of notices on this device."""

import reflex as rx

from ticketing_app.ui.notices.state import PushState
from ticketing_app.ui.shell.feedback import callout
from ticketing_app.ui.theme import styles

TEXT = {
    "offer": "Get told when something happens to your tickets, also when this page is closed.",
    "device": "Notices on this device reach you when no page is open.",
}
TEXTS = {
    "on": "This device gets your notices.",
    "turnOn": "Turn on notices here",
    "turnOff": "Turn off notices here",
    "denied": "Your browser blocks notices from this site. You can allow them in its settings.",
    "failed": "Your browser could not turn them on. Try again later.",
}


class PushSwitch(rx.Component):
    """Turns notices on this device on and off; hidden where the browser or the server has no push.

    An offer is hidden, too, from visitors who allowed or blocked notices before.
    """

    library = rx.asset("push.jsx", shared=True).importable_path
    tag = "PushSwitch"

    public_key: rx.Var[str]
    is_on: rx.Var[bool]
    is_offer: rx.Var[bool]
    texts: rx.Var[dict[str, str]]
    on_subscribe: rx.EventHandler[rx.event.passthrough_event_spec(dict[str, str])]
    on_unsubscribe: rx.EventHandler[rx.event.no_args_event_spec]


def push_switch(*, is_offer: bool = False) -> rx.Component:
    state = PushState
    words = rx.el.p(TEXT["offer"] if is_offer else TEXT["device"])
    switch = PushSwitch.create(
        words,
        public_key=state.public_key,
        is_on=state.is_on,
        is_offer=is_offer,
        texts=TEXTS,
        on_subscribe=state.subscribe,
        on_unsubscribe=state.unsubscribe,
        class_name=styles.SECONDARY,
    )
    return rx.fragment(
        rx.cond(state.error_message != "", callout(state.error_message)),
        rx.cond(state.public_key != "", switch),
    )
