"""Components that react to live changes."""

import reflex as rx

from ticketing_app.ui.static_html import literal_value

# Once for all components: rx.asset inspects the whole stack of imports.
LIBRARY = rx.asset("components.jsx", shared=True).importable_path


class OnLive(rx.Component):
    """Calls `on_change` for each message that is newer than the page.

    With the `versions` of its tickets by id, it ignores messages about other tickets; it ignores messages
    about notices unless they are the only ones.
    """

    library = LIBRARY
    tag = "OnLive"

    versions: rx.Var[dict[str, int]]
    only_resync: rx.Var[bool]
    only_notices: rx.Var[bool]
    on_change: rx.EventHandler[rx.event.no_args_event_spec]


class OnEvent(rx.Component):
    """Calls `on_change` after changes that the rows of the event page do not apply themselves."""

    library = LIBRARY
    tag = "OnEvent"

    event_id: rx.Var[str]
    on_change: rx.EventHandler[rx.event.no_args_event_spec]


class OnSession(rx.Component):
    """Calls `on_change` after the session was revoked or changed, or may have been."""

    library = LIBRARY
    tag = "OnSession"

    on_change: rx.EventHandler[rx.event.no_args_event_spec]


class LiveTicket(rx.Component):
    """A row of a list that applies the changes of its ticket.

    A row of several has `tickets` instead, ids with their versions, and is for sale while `needed` of them are.
    """

    library = LIBRARY
    tag = "LiveTicket"

    ticket_id: rx.Var[str]
    version: rx.Var[int]
    tickets: rx.Var[tuple[tuple[str, int], ...]]
    needed: rx.Var[int]
    status: rx.Var[str]
    until: rx.Var[str]
    now: rx.Var[str]

    def as_static(self) -> rx.Component:
        facts = {"data-status": self.status, "data-ticket": self.ticket_id}
        return rx.el.article(*self.children, class_name=self.class_name, custom_attrs=facts)


class LiveEvent(rx.Component):
    """The number of tickets left of an event (`left`) and their lowest price (`cents`, none if sold out).

    `seen_at` is when the server read them, in milliseconds: older messages are ignored.
    """

    library = LIBRARY
    tag = "LiveEvent"

    event_id: rx.Var[str]
    seen_at: rx.Var[int]

    def as_static(self) -> rx.Component:
        return rx.el.div(*self.children, class_name=self.class_name)


class LiveCount(rx.Component):
    """A number of the `LiveEvent` around it, in words: `none`, `one`, or `many` with its {count}."""

    library = LIBRARY
    tag = "LiveCount"

    field: rx.Var[str]
    text: rx.Var[str]
    none: rx.Var[str]
    one: rx.Var[str]
    many: rx.Var[str]

    def as_static(self) -> rx.Component:
        return rx.el.span(self.text, class_name=self.class_name)


class LiveText(rx.Component):
    """A field of the `LiveTicket` or `LiveEvent` around it: as rendered, or as changed since.

    With `amount_format` the field is an amount in cents (messages are not localised).
    """

    library = LIBRARY
    tag = "LiveText"

    field: rx.Var[str]
    text: rx.Var[str]
    labels: rx.Var[dict[str, str]]
    amount_format: rx.Var[tuple[str, ...]]

    def as_static(self) -> rx.Component:
        return rx.el.span(self.text, class_name=self.class_name)


class LiveUntil(rx.Component):
    """Shows its countdown while the `LiveTicket` around it is locked until a known time.

    Screen readers read `label`; `until` is that time as rendered, or empty.
    """

    library = LIBRARY
    tag = "LiveUntil"

    label: rx.Var[str]
    until: rx.Var[str]

    def as_static(self) -> rx.Component:
        label = rx.el.span(self.label, class_name="sr-only")
        shown = [label, *self.children] if literal_value(self.until) else []
        return rx.el.span(*shown, class_name=self.class_name)


class LiveAnnouncement(rx.Component):
    """Announces a change in the list: of `one` ticket, or the number of `many` that changed at once."""

    library = LIBRARY
    tag = "LiveAnnouncement"

    one: rx.Var[str]
    many: rx.Var[str]
    labels: rx.Var[dict[str, str]]


class NewListings(rx.Component):
    """Offers the listings created since the page was loaded, instead of moving the list.

    A filtered list (`asks`) calls `on_ask` with their ids; the server sets the `matching` ones. Fewer than
    `least` are not offered.
    """

    library = LIBRARY
    tag = "NewListings"

    one: rx.Var[str]
    many: rx.Var[str]
    least: rx.Var[int]
    asks: rx.Var[bool]
    matching: rx.Var[list[str]]
    on_ask: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]
    on_show: rx.EventHandler[rx.event.no_args_event_spec]
