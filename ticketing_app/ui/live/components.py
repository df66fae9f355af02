"""Components that react to live changes."""

import reflex as rx

from ticketing_app.ui.static_html import literal_value

# Once for all components: rx.asset inspects the whole stack of imports.
LIBRARY = rx.asset("components.jsx", shared=True).importable_path


class OnLive(rx.Component):
    """Calls `on_change` when a message comes in that the page has not seen yet.

    With `ticket_id` the messages about other tickets are not its business.
    """

    library = LIBRARY
    tag = "OnLive"

    ticket_id: rx.Var[str]
    seen_version: rx.Var[int]
    only_resync: rx.Var[bool]
    on_change: rx.EventHandler[rx.event.no_args_event_spec]


class OnSession(rx.Component):
    """Calls `on_change` when the page's session ended or changed elsewhere, or may have."""

    library = LIBRARY
    tag = "OnSession"

    on_change: rx.EventHandler[rx.event.no_args_event_spec]


class LiveTicket(rx.Component):
    """A part of a list that shows one ticket and takes in its changes by itself."""

    library = LIBRARY
    tag = "LiveTicket"

    ticket_id: rx.Var[str]
    version: rx.Var[int]
    status: rx.Var[str]
    until: rx.Var[str]
    now: rx.Var[str]

    def as_static(self) -> rx.Component:
        """Return what it looks like before anything changed."""
        facts = {"data-status": self.status, "data-ticket": self.ticket_id}
        return rx.el.article(*self.children, class_name=self.class_name, custom_attrs=facts)


class LiveText(rx.Component):
    """A fact of the `LiveTicket` around it: as rendered, or as it is now.

    With a `model` it is cents, written like this amount: the message is one for all readers.
    """

    library = LIBRARY
    tag = "LiveText"

    field: rx.Var[str]
    text: rx.Var[str]
    labels: rx.Var[dict[str, str]]
    model: rx.Var[str]

    def as_static(self) -> rx.Component:
        """Return what it looks like before anything changed."""
        return rx.el.span(self.text, class_name=self.class_name)


class LiveUntil(rx.Component):
    """Its countdown, as long as the `LiveTicket` around it is locked with an end; `label` is read out.

    `until` is that end as rendered, empty when there is none.
    """

    library = LIBRARY
    tag = "LiveUntil"

    label: rx.Var[str]
    until: rx.Var[str]

    def as_static(self) -> rx.Component:
        """Return what it looks like before anything ticks."""
        label = rx.el.span(self.label, class_name="sr-only")
        shown = [label, *self.children] if literal_value(self.until) else []
        return rx.el.span(*shown, class_name=self.class_name)


class LiveNews(rx.Component):
    """Reads out what changed in the list: `one` ticket, or how `many` when it was more at once."""

    library = LIBRARY
    tag = "LiveNews"

    one: rx.Var[str]
    many: rx.Var[str]
    labels: rx.Var[dict[str, str]]


class NewListings(rx.Component):
    """Offers the listings that came since the page was loaded, instead of pushing the list.

    Where the list is filtered it `asks` which ones belong to it, by `on_ask`; those are `matching`.
    """

    library = LIBRARY
    tag = "NewListings"

    one: rx.Var[str]
    many: rx.Var[str]
    asks: rx.Var[bool]
    matching: rx.Var[list[str]]
    on_ask: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]
    on_show: rx.EventHandler[rx.event.no_args_event_spec]
