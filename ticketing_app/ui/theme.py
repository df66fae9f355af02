"""Design tokens and the few shapes made of them; no colour, size or shadow is written elsewhere."""

from typing import Any

LIGHT = {
    "paper": "#FBFAF7",
    "surface": "#FFFFFF",
    "ink": "#14161A",
    "muted": "#5B5E66",
    "line": "#E6E2D8",
    "accent": "#4A3FCF",
    "on-accent": "#FFFFFF",
    "accent-soft": "#ECEAFB",
    "good": "#14653A",
    "good-soft": "#E2F3E8",
    "wait": "#7A4A00",
    "wait-soft": "#FFF0D4",
    "done": "#4A5160",
    "done-soft": "#E9EBEF",
    "bad": "#A3231B",
    "bad-soft": "#FDE9E7",
    "shade": "rgb(20 22 26 / 0.10)",
    "veil": "rgb(20 22 26 / 0.55)",
}
DARK = {
    "paper": "#0F1115",
    "surface": "#171A21",
    "ink": "#F2F0EA",
    "muted": "#A6A9B2",
    "line": "#2A2E37",
    "accent": "#AFA8FF",
    "on-accent": "#14161A",
    "accent-soft": "#25233F",
    "good": "#7FDDA4",
    "good-soft": "#12301F",
    "wait": "#FFCB7A",
    "wait-soft": "#362708",
    "done": "#B7BDCB",
    "done-soft": "#262B36",
    "bad": "#FF9E96",
    "bad-soft": "#3A1715",
    "shade": "rgb(0 0 0 / 0.45)",
    "veil": "rgb(0 0 0 / 0.65)",
}
# Two close hues each, dark enough for white text in both modes.
CATEGORIES = {
    "concert": ("#5B33B8", "#8A35B8"),
    "sports": ("#0A5C43", "#0F7656"),
    "theatre": ("#8F1A38", "#B02E4C"),
    "comedy": ("#94440A", "#AE520E"),
    "festival": ("#0B5485", "#116A9E"),
    "other": ("#3F4654", "#565E6E"),
}
# Drawn over the two hues, darker only, so that white text stays as readable as on the hues alone.
ART = {
    # Sound that spreads.
    "concert": "repeating-radial-gradient(circle at 0 100%,#0000 0 10px,rgb(0 0 0/.11) 11px 14px,#0000 15px)",
    # Lanes of a track.
    "sports": "repeating-linear-gradient(115deg,#0000 0 13px,rgb(0 0 0/.11) 14px 19px,#0000 20px)",
    # Folds of a curtain.
    "theatre": "repeating-linear-gradient(90deg,rgb(0 0 0/.2) 0,#0000 9px,rgb(0 0 0/.2) 18px)",
    # Confetti.
    "comedy": "radial-gradient(circle,rgb(0 0 0/.18) 3px,#0000 4px) 0 0/15px 15px,"
    "radial-gradient(circle,rgb(0 0 0/.12) 2px,#0000 3px) 7px 7px/15px 15px",
    # Rays of a low sun.
    "festival": "repeating-conic-gradient(from 5deg at 50% 115%,rgb(0 0 0/.12) 0 9deg,#0000 9.5deg 21deg)",
    # Guilloche, as on paper that is worth something.
    "other": "repeating-linear-gradient(45deg,rgb(0 0 0/.14) 0 1px,#0000 2px 7px),"
    "repeating-linear-gradient(135deg,rgb(0 0 0/.14) 0 1px,#0000 2px 7px)",
}

TAILWIND: Any = {
    "theme": {
        "extend": {
            "colors": {name: f"var(--{name})" for name in LIGHT},
            "fontSize": {
                "sm": ["14px", "20px"],
                "base": ["16px", "24px"],
                "lg": ["18px", "26px"],
                "xl": ["22px", "28px"],
                "2xl": ["28px", "34px"],
                "3xl": ["40px", "46px"],
            },
            "borderRadius": {"stub": "12px", "control": "8px"},
            "boxShadow": {"soft": "0 2px 10px var(--shade)"},
            "maxWidth": {"page": "1120px", "form": "480px", "text": "68ch"},
            "minHeight": {"touch": "44px"},
        }
    }
}

_CONTROL = (
    "inline-flex items-center justify-center min-h-touch px-4 rounded-control text-center "
    "transition duration-150"
)
PRIMARY = (
    f"{_CONTROL} bg-accent text-on-accent font-semibold cursor-pointer hover:brightness-110 "
    "active:brightness-90 disabled:opacity-60 disabled:cursor-default"
)
QUIET = (
    f"{_CONTROL} bg-surface text-ink border border-line font-medium cursor-pointer "
    "hover:border-muted active:bg-line disabled:opacity-60 disabled:cursor-default"
)
DANGER = (
    f"{_CONTROL} bg-surface text-bad border border-bad font-medium cursor-pointer hover:bg-bad-soft"
)
LINK = "text-accent underline underline-offset-4 decoration-1 hover:decoration-2"
# A link that stands alone is a target for thumbs; one in a sentence is as high as its line.
LINK_ALONE = f"{LINK} inline-flex items-center min-h-touch"
FIELD = (
    "block w-full min-w-0 min-h-touch px-3 py-2 rounded-control bg-surface text-ink border border-muted "
    "placeholder:text-muted aria-invalid:border-bad"
)
CHIP = (
    "inline-flex items-center gap-1.5 max-w-full min-h-touch px-3 rounded-full bg-accent-soft "
    "text-accent font-medium hover:brightness-95"
)
# A refusal is no breakage, and nobody's fault: red is for what has to be corrected, and for cards.
ALERT = "alert rounded-control bg-wait-soft text-wait px-4 py-3 font-medium max-w-text shadow-soft"
NOTE = (
    "px-4 py-3 rounded-control bg-good-soft text-good font-medium shadow-soft sticky top-3 z-20 "
    "empty:hidden"
)
PANEL = "panel rounded-stub shadow-soft p-4 max-w-text"
# Where there is nothing to show: a picture, why, and the way on.
NOTHING = "grid gap-3 justify-items-center text-center max-w-text mx-auto py-8 sm:py-16"
HEADING = "text-2xl font-bold tracking-tight text-balance"
# The main action of a page stays within the thumb's reach on a phone; `_COLUMNS` leaves room below it.
ACTION_BAR = (
    "action-bar fixed inset-x-0 bottom-[var(--offline)] z-10 px-4 pt-3 pb-[max(12px,env(safe-area-inset-bottom))] "
    "bg-surface border-t border-line flex flex-wrap gap-3 "
    "sm:static sm:p-0 sm:bg-transparent sm:border-0 print:hidden"
)
# At the end of the screen, where whatever else stands there makes room for it.
OFFLINE = (
    "offline fixed inset-x-0 bottom-0 z-40 min-h-[var(--offline)] px-4 py-2 grid place-items-center "
    "bg-wait-soft text-wait text-center print:hidden"
)

_FONT = "system-ui, sans-serif"


def _variables(tokens: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in tokens.items())


# Fields of dates hand the focus to their parts, which browsers do not call visible; headings get it to be read
# out, and are nothing to press. What is fixed at an edge must not cover what the tab key leads to, so that
# scrolling stops short of it.
_BASE = f"""
@layer theme, base, components, utilities;
:root{{{_variables(LIGHT)}--offline:0px;color-scheme:light}}
:root:has(.offline){{--offline:64px}}
@media screen{{
:root.dark{{{_variables(DARK)}color-scheme:dark}}
@media (prefers-color-scheme:dark){{:root:not(.light){{{_variables(DARK)}color-scheme:dark}}}}
}}
@layer base{{
:root{{scroll-padding-bottom:var(--offline)}}
body{{background:var(--paper);color:var(--ink);font:16px/1.5 {_FONT};-webkit-text-size-adjust:100%;
padding-bottom:var(--offline)}}
:focus-visible,input:focus-within{{outline:3px solid var(--accent);outline-offset:2px}}
h1:focus-visible,main:focus-visible{{outline:none}}
h1,h2,h3,p,dd{{overflow-wrap:anywhere}}
:root:has(.alert:not(:empty)){{scroll-padding-top:96px}}
@media (max-width:639px){{:root:has(.action-bar){{scroll-padding-bottom:calc(144px + var(--offline))}}}}
[hidden]{{display:none!important}}
@media (prefers-reduced-motion:reduce){{
*,*::before,*::after{{animation:none!important;transition:none!important;scroll-behavior:auto!important}}
}}}}
"""

# The stub: a date block, a middle, and the price behind a perforation with a notch at both ends. The
# middle and the price are two pieces, so that the price takes the room it needs and can be torn off.
# Painted, not masked: a mask would also cut off the link that covers the whole stub.
# A shadow that follows the notches is a filter, too dear for the first picture of a list: there it is a box's.
_STUB = """
@layer components{
.stub{height:100%;display:grid;grid-template-columns:56px minmax(0,1fr) minmax(104px,max-content);
overflow-wrap:anywhere}
.stub-date{display:flex;flex-direction:column;align-items:center;justify-content:center;gap:2px;
padding:12px 4px;color:#fff;border-radius:12px 0 0 12px;text-align:center;white-space:nowrap;
background:var(--art),linear-gradient(160deg,var(--from),var(--to))}
.stub>:nth-child(2){background:
radial-gradient(circle 7px at 100% 0,#0000 97%,var(--surface)) top/100% 51% no-repeat,
radial-gradient(circle 7px at 100% 100%,#0000 97%,var(--surface)) bottom/100% 51% no-repeat}
.stub>.stub-price{display:flex;flex-direction:column;align-items:center;justify-content:center;gap:6px;
padding:12px 6px;border-radius:0 12px 12px 0;
font-variant-numeric:tabular-nums;white-space:nowrap;text-align:center;background:
repeating-linear-gradient(var(--line) 0 5px,#0000 0 10px) 0 10px/2px calc(100% - 20px) no-repeat,
radial-gradient(circle 7px at 0 0,#0000 97%,var(--surface)) top/100% 51% no-repeat,
radial-gradient(circle 7px at 0 100%,#0000 97%,var(--surface)) bottom/100% 51% no-repeat}
.stub-shadow{filter:drop-shadow(0 1px 1px var(--shade)) drop-shadow(0 2px 6px var(--shade))}
li.stub-shadow{filter:none;border-radius:12px;box-shadow:0 1px 2px var(--shade),0 2px 8px var(--shade)}
li.stub-shadow:has(a:hover){box-shadow:0 1px 3px var(--shade),0 4px 14px var(--shade)}
@media (min-width:640px){
.stub{grid-template-columns:84px minmax(0,1fr) minmax(140px,max-content)}
.stub>.stub-price{padding-inline:14px}}
.poster{display:flex;align-items:flex-end;min-height:112px;padding:16px;border-radius:12px;color:#fff;
background:var(--art),linear-gradient(120deg,var(--from),var(--to))}
@media (min-width:640px){.poster{min-height:160px;padding:24px}}
.badge{display:inline-flex;align-items:center;gap:5px;padding:2px 7px;border-radius:999px;
font-size:14px;line-height:20px;font-weight:600;white-space:nowrap;
color:var(--done);background:var(--done-soft)}
.badge::before{content:"";width:8px;height:8px;background:currentColor}
[data-status=available] .badge,.badge[data-status=available]{color:var(--good);background:var(--good-soft)}
[data-status=available] .badge::before,.badge[data-status=available]::before{border-radius:50%}
[data-status=locked] .badge,.badge[data-status=locked]{color:var(--wait);background:var(--wait-soft)}
[data-status=locked] .badge::before,.badge[data-status=locked]::before{
clip-path:polygon(50% 0,100% 100%,0 100%)}
[data-status=yours] .badge,.badge[data-status=yours]{color:var(--accent);background:var(--accent-soft)}
.wash{position:absolute;inset:0;border-radius:12px;background:var(--done);visibility:hidden;pointer-events:none;
animation:wash .18s ease-out}
[data-status=available] .wash{background:var(--good)}
[data-status=locked] .wash{background:var(--wait)}
@keyframes wash{from{visibility:visible;opacity:.3}to{visibility:visible;opacity:0}}
.spent .stub-date{filter:grayscale(1)}
.torn .stub-price{transform:translate(7px,2px) rotate(1.5deg);transform-origin:0 100%}
.tearing .stub-price{animation:tear .6s cubic-bezier(.3,.9,.4,1) 1}
@keyframes tear{from{transform:none}30%{transform:rotate(.8deg)}65%{transform:translate(11px,4px) rotate(3deg)}}
.skeleton{background:var(--line);border-radius:8px;animation:breathe 1.6s ease-in-out infinite}
.stub>.skeleton{border-radius:12px 0 0 12px}
@keyframes breathe{50%{opacity:.5}}
.blank{position:relative;width:176px;height:96px}
.blank::before,.blank::after{content:"";position:absolute;inset:14px 8px;border-radius:10px;
border:2px dashed var(--muted);background:
repeating-linear-gradient(0deg,var(--line) 0 4px,#0000 0 8px) 114px 0/2px 100% no-repeat,
linear-gradient(90deg,var(--accent-soft) 38px,var(--surface) 0)}
.blank::before{transform:rotate(-7deg);opacity:.5}
.blank::after{transform:rotate(3deg);border-style:solid;border-color:var(--line)}
.veil{animation:appear .15s ease-out}
.veil>[role=dialog]{animation:rise .18s ease-out}
@keyframes appear{from{opacity:0}}
@keyframes rise{from{transform:translateY(16px)}}
.spinner{flex:none;width:18px;height:18px;border:3px solid currentColor;border-right-color:transparent;
border-radius:50%;animation:spin .9s linear infinite}
@keyframes spin{to{transform:rotate(1turn)}}
.panel{background:var(--surface)}
[role=timer][data-urgent]{color:var(--wait)}
}
"""

# Many rows are most of the work of a first picture: what stands above them is shown without waiting, and
# they come with the next frame, no later than together with the rest. Until then they are taken for
# higher than any screen, so that what stands below them does not show and move away.
_FIRST_ROWS = """
@layer components{
[data-first-paint]>ul:has(>:nth-child(12)){animation:next-frame 1ms}
@keyframes next-frame{from,to{content-visibility:hidden;contain-intrinsic-height:6000px}}
}
"""

# The filters: a row that wraps; the two dates only where somebody chooses dates.
_FIND = """
@layer components{
.find-bar{display:grid;grid-template-columns:1fr 1fr;gap:12px}
.find-panel:not([data-open]){display:none}
.find-filters{display:grid;grid-template-columns:minmax(0,1fr);gap:12px;align-items:start}
.find-pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:12px;align-items:start}
.find-filters>.find-days{display:none}
.find-filters>:has([value=days]:checked)~.find-days{display:grid;grid-template-columns:minmax(0,1fr)}
.find-days>*{display:grid;grid-template-columns:48px minmax(0,1fr);align-items:center}
.find-days [role=alert]{grid-column:1/-1}
.find-count{min-width:22px;padding:0 6px;border-radius:999px;font-size:14px;line-height:22px;
background:var(--accent);color:var(--on-accent)}
@media (min-width:640px){
.find-bar{display:block}
.find-panel,.find-panel:not([data-open]){display:block;grid-column:1/-1}
.find-filters{grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}
.find-filters>.find-pair{grid-column:span 2}
.find-filters>:has([value=days]:checked)~.find-days{grid-template-columns:repeat(2,minmax(0,1fr))}}
}
"""

# What a page is about, what one can do about it beside that where there is room, and the rest.
_COLUMNS = """
@layer components{
.columns{display:grid;grid-template-columns:minmax(0,1fr);gap:20px;padding-bottom:32px}
.columns>*{display:grid;grid-template-columns:minmax(0,1fr);gap:20px;align-content:start}
.columns>.in-side{gap:16px}
@media (min-width:1024px){
.columns{column-gap:40px;
grid-template:"head head" auto "main side" auto "rest side" 1fr "foot foot" auto/minmax(0,1fr) 22rem}
.in-head{grid-area:head}.in-main{grid-area:main}.in-side{grid-area:side}.in-rest{grid-area:rest}.in-foot{grid-area:foot}
.columns:not(:has(.in-side>.panel)){grid-template-areas:"head head" "main rest" "side rest" "foot foot"}}
@media (max-width:639.9px){
html:has(.action-bar){scroll-padding-bottom:calc(96px + var(--offline))}
.columns:has(.action-bar){padding-bottom:96px}
.columns:has(.action-bar [role=alert]){padding-bottom:152px}}
}
"""

# How long a hold still runs: a ring that empties. When it is nearly over the words change, once, and
# the colour with them; nothing blinks.
_TIME_LEFT = """
@layer components{
.ring{flex:none;width:48px;height:48px;border-radius:50%;color:var(--accent);
background:conic-gradient(currentColor calc(var(--left)*1turn),var(--line) 0);
mask:radial-gradient(closest-side,#0000 calc(100% - 7px),#000 calc(100% - 6px))}
.time-left .when-urgent{display:none}
.time-left:has([data-urgent]){color:var(--wait);background:var(--wait-soft)}
.time-left:has([data-urgent]) :is(.ring,[role=timer]){color:inherit}
.time-left:has([data-urgent]) .when-calm{display:none}
.time-left:has([data-urgent]) .when-urgent{display:block}
}
"""

# One thing after the other on a line that ends with the last.
_TIMELINE = """
@layer components{
.timeline>li{position:relative;padding:0 0 16px 24px}
.timeline>li::before{content:"";position:absolute;left:2px;top:7px;width:10px;height:10px;border-radius:50%;
background:var(--muted)}
.timeline>li:not(:last-child)::after{content:"";position:absolute;left:6px;top:22px;bottom:-4px;width:2px;
background:var(--line)}
.timeline>[data-mood=good]::before{background:var(--good)}
.timeline>[data-mood=bad]::before{background:var(--bad);border-radius:2px}
}
"""

# A slip torn off a roll; on paper it is the receipt alone, in ink on white.
_RECEIPT = """
@layer components{
.receipt{background:var(--surface);border-radius:12px 12px 0 0;padding:20px 20px 28px;
mask:radial-gradient(circle 5px at 8px 100%,#0000 97%,#000) 0 0/16px 100% repeat-x}
.receipt-row{display:grid;grid-template-columns:104px minmax(0,1fr);gap:12px;align-items:baseline;
padding:10px 0;border-top:2px dashed var(--line);overflow-wrap:anywhere}
}
@media print{
:root{color-scheme:light!important}
@page{margin:16mm}
.stub-date{print-color-adjust:exact}
.stub,.receipt{border:1px solid var(--line);border-radius:12px;mask:none}
.stub-shadow{filter:none;box-shadow:none}
.torn .stub-price{transform:none}
}
"""

CSS = (
    _BASE
    + _STUB
    + _FIRST_ROWS
    + _FIND
    + _COLUMNS
    + _TIME_LEFT
    + _TIMELINE
    + _RECEIPT
    + "".join(
        f"[data-category={name}]{{--from:{start};--to:{end};--art:{ART[name]}}}"
        for name, (start, end) in CATEGORIES.items()
    )
)
