"""The stylesheet beside Tailwind's classes."""

from ticketing_app.ui.theme import tokens

_FONT = "system-ui, sans-serif"


def _variables(tokens: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in tokens.items())


# Fields of dates hand the focus to their parts, which browsers do not call visible; headings get it to be read
# out, and are nothing to press. What is fixed at an edge must not cover what the tab key leads to, so that
# scrolling stops short of it.
_BASE = f"""
@layer theme, base, components, utilities;
:root{{{_variables(tokens.LIGHT)}--offline:0px;color-scheme:light}}
:root:has(.offline){{--offline:64px}}
@media screen{{
:root.dark{{{_variables(tokens.DARK)}color-scheme:dark}}
@media (prefers-color-scheme:dark){{:root:not(.light){{{_variables(tokens.DARK)}color-scheme:dark}}}}
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
[data-prerendered]>ul:has(>:nth-child(12)){animation:next-frame 1ms}
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
        f"[data-category={name}]{{--from:{start};--to:{end};--art:{tokens.ART[name]}}}"
        for name, (start, end) in tokens.CATEGORIES.items()
    )
)
