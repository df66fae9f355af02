"""Countdowns by the server's clock, and a retry with jitter."""

import reflex as rx

# Once for all components: rx.asset inspects the whole stack of imports.
LIBRARY = rx.asset("clock.jsx", shared=True).importable_path


class Countdown(rx.Component):
    """Minutes and seconds to `deadline`; `now` is the server's time when it sent the deadline.

    `spoken` maps a number of seconds left to the text that screen readers announce then.
    """

    library = LIBRARY
    tag = "Countdown"

    deadline: rx.Var[str]
    now: rx.Var[str]
    spoken: rx.Var[dict[int, str]]
    on_over: rx.EventHandler[rx.event.no_args_event_spec]

    def as_static(self) -> rx.Component:
        return rx.el.time("-:--", role="timer", date_time=self.deadline, class_name=self.class_name)


class TimeRing(rx.Component):
    """A ring that is full at `start` and empty at `deadline`, beside the numbers."""

    library = LIBRARY
    tag = "TimeRing"

    start: rx.Var[str]
    deadline: rx.Var[str]
    now: rx.Var[str]


class Retry(rx.Component):
    """Calls `on_retry` every few seconds as long as it is on the page."""

    library = LIBRARY
    tag = "Retry"

    on_retry: rx.EventHandler[rx.event.no_args_event_spec]
