import reflex as rx

from ticketing_app.ui.theme import styles

TEXT = {
    "share": "Share",
    "copied": "The link is copied.",
    "by_hand": "Copy this link:",
}


class Share(rx.Component):
    """Shares the address of the page, by the clipboard where the device has no share dialog."""

    library = rx.asset("share.jsx", shared=True).importable_path
    tag = "Share"

    title: rx.Var[str]
    label: rx.Var[str]
    copied: rx.Var[str]
    by_hand: rx.Var[str]
    notice: rx.Var[str]

    def as_static(self) -> rx.Component:
        """Return the same elements, disabled."""
        return rx.fragment(
            rx.el.button(self.label, type="button", disabled=True, class_name=self.class_name),
            rx.el.p(role="status", class_name=self.notice),
        )


def share_button(title: rx.Var[str] | str) -> rx.Component:
    return Share.create(
        title=title,
        label=TEXT["share"],
        copied=TEXT["copied"],
        by_hand=TEXT["by_hand"],
        notice="text-sm font-medium text-good empty:hidden break-all",
        class_name=styles.SECONDARY,
    )
