"""Tailwind classes of controls and panels."""

_CONTROL = (
    "inline-flex items-center justify-center min-h-touch px-4 py-1.5 rounded-control text-center "
    "transition duration-150"
)
PRIMARY = (
    f"{_CONTROL} bg-accent text-on-accent font-semibold cursor-pointer hover:[filter:brightness(1.1)] "
    "active:[filter:brightness(0.9)] disabled:opacity-60 disabled:cursor-default"
)
SECONDARY = (
    f"{_CONTROL} bg-surface text-ink border border-line font-medium cursor-pointer "
    "hover:border-muted active:bg-line disabled:opacity-60 disabled:cursor-default"
)
DANGER = (
    f"{_CONTROL} bg-surface text-bad border border-bad font-medium cursor-pointer hover:bg-bad-soft"
)
LINK = "text-accent underline underline-offset-4 decoration-1 hover:decoration-2"
# A link outside a sentence is a full touch target; one inside is as high as its line.
LINK_ALONE = f"{LINK} inline-flex items-center min-h-touch"
FIELD = (
    "block w-full min-w-0 min-h-touch px-3 py-2 rounded-control bg-surface text-ink border border-muted "
    "placeholder:text-muted aria-invalid:border-bad"
)
CHIP = (
    "inline-flex items-center gap-1.5 max-w-full min-h-touch px-3 rounded-full bg-accent-soft "
    "text-accent font-medium hover:[filter:brightness(0.95)]"
)
# A filter of one tap, in a row that scrolls sideways on a phone.
QUICK = (
    "inline-flex items-center min-h-touch px-3 rounded-full whitespace-nowrap text-sm bg-surface text-ink "
    "border border-line font-medium hover:border-muted aria-[current=true]:bg-accent aria-[current=true]:border-accent "
    "aria-[current=true]:text-on-accent"
)
# The heading of a day in a list.
DAY = "text-base font-semibold mb-2"
# A refusal is not an error of the visitor: red is for wrong input and declined cards.
ALERT = "alert rounded-control bg-wait-soft text-wait px-4 py-3 font-medium max-w-text shadow-soft"
SUCCESS = (
    "px-4 py-3 rounded-control bg-good-soft text-good font-medium shadow-soft sticky top-3 z-20 "
    "empty:hidden"
)
PANEL = "panel rounded-stub shadow-soft p-4 max-w-text"
DIALOG = (
    "m-auto w-[calc(100%-2rem)] max-w-form p-4 sm:p-6 rounded-stub shadow-soft bg-surface text-ink "
    "backdrop:bg-veil"
)
# Empty state: a picture, the reason and the next step.
EMPTY_STATE = "grid gap-3 justify-items-center text-center max-w-text mx-auto py-8 sm:py-16"
HEADING = "text-2xl font-bold tracking-tight text-balance"
# Keeps the main action at the bottom of the screen on a phone; frame.css leaves room below the page.
ACTION_BAR = (
    "action-bar fixed inset-x-0 bottom-[var(--dock)] z-10 px-4 py-3 "
    "bg-surface border-t border-line flex flex-wrap gap-3 "
    "sm:static sm:p-0 sm:bg-transparent sm:border-0 print:hidden"
)
# Fixed to the bottom of the screen; other fixed elements move up for it.
OFFLINE = (
    "offline fixed inset-x-0 bottom-0 z-40 min-h-[var(--offline)] px-4 py-2 grid place-items-center "
    "bg-wait-soft text-wait text-center print:hidden"
)
