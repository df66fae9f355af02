"""Facts printed on a ticket, as suggestions for the sell form.

Plain rules: labels that tickets print, names of months of the CLDR, and the largest line as the title.
No suggestion is better than a wrong one.
"""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import pairwise
from typing import Any

from babel import Locale

from ticketing_app.vault.inspection.child.pdf import Line

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da")
# Of a title, and of the name of a month.
MIN_LETTERS = 3
MAX_LETTERS = 120
MAX_LINE = 200
PLACES = {
    "section": r"section|sect?\.?|sektor|block|bloc|secteur|sector|settore|vak|tribune|tribüne|zone"
    r"|bereich|area|sektion",
    "row": r"row|reihe|rang(?:ée)?|rangée|fila|rij|rząd|rad|række",
    "seat": r"seats?|platz|sitz(?:platz)?|place|siège|asiento|posto|stoel|plaats|miejsce|plats|plads",
}
NAMES = {
    "venue": r"venue|location|ort|spielort|veranstaltungsort|lieu|salle|lugar|recinto|luogo|locatie|zaal|local",
    "title": r"event|veranstaltung|événement|evento|evenement|wydarzenie|show|concert",
}
_NO_TITLE = re.compile(
    r"e-?ticket|ticket|print(?: at home)?|order|bestell|auftrag|kauf|entrada|biglietto|billet|booking|buchung"
    r"|admit|eintritt|your|ihre?|votre|hello|hi |dear|name\b|doors|einlass|www\.|https?:|\d|page|seite|barcode"
    r"|scan|presented|powered|terms|valid|gültig|general admission|no\.|nr",
    re.IGNORECASE,
)
_DOORS = re.compile(
    r"doors|einlass|ouverture|puertas|porte|deuren|apertura|zaal open", re.IGNORECASE
)
_TIME = re.compile(
    r"(?<![\d.:/])([01]?\d|2[0-3])(?:[:.h]([0-5]\d)| ?uhr| ?h)(?:\s?([ap])\.?m\.?)?(?![\d.:/])"
    r"|(?<!\d)(1[0-2]|[1-9])\s?([ap])\.?m\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"(€|£|\$|EUR|GBP|USD|CHF)\s?(\d{1,4})[.,](\d{2})\b|(\d{1,4})[.,](\d{2})\s?(€|£|EUR|GBP|USD|CHF)"
)
CURRENCIES = {"€": "EUR", "£": "GBP", "$": "USD"}
_NUMERIC_DAY = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(20\d\d)\b")
_CITY = re.compile(r"(.{3,}), ?(?:\d{4,5} )?([^\W\d][^\d,]{1,40})")
# pretix prints it in letters of 1 point.
_ISSUER = re.compile(r'\{"issuer": ?"https?://[^"\s]{1,180}", ?"secret": ?"[^"]{1,200}"\}')

Found = dict[str, Any]


def read(lines: Sequence[Line], payloads: Sequence[bytes], today: date) -> Found:
    """Return members of `results.Facts` from the text of a ticket with these barcodes."""
    found: Found = {"issuer": _read_issuer(lines, payloads)}
    printed = [line for line in lines if line.text and not _ISSUER.search(line.text)]
    texts = [line.text[:MAX_LINE] for line in printed]
    found |= _read_labels(texts)
    found |= _read_city(found.get("venue"))
    found |= _read_when(texts, today)
    by_size = sorted(printed, key=lambda line: -line.size)
    titles = (line.text for line in by_size if _may_be_title(line.text))
    found["title"] = found.get("title") or next(titles, None)
    found |= _read_price(texts)
    return _tidy(found)


def read_pass(description: dict[str, Any]) -> Found:
    """Return members of `results.Facts` that a Wallet pass names itself."""
    semantics: dict[str, Any] = description.get("semantics") or {}
    seat: dict[str, Any] = next(iter(semantics.get("seats") or []), {})
    relevant: dict[str, Any] = next(iter(description.get("relevantDates") or []), {})
    when = (
        semantics.get("eventStartDate") or description.get("relevantDate") or relevant.get("date")
    )
    named = {
        "title": semantics.get("eventName") or description.get("description"),
        "venue": semantics.get("venueName"),
        "section": seat.get("seatSection"),
        "row": seat.get("seatRow"),
        "seat": seat.get("seatNumber"),
    }
    found: Found = {name: value for name, value in named.items() if isinstance(value, str)}
    if isinstance(when, str):
        # The pass has the offset of the venue: its own clock is the local time.
        starts_local = datetime.fromisoformat(when).replace(tzinfo=None)
        found |= {"days": [starts_local.date()], "starts_local": starts_local}
    return _tidy(found)


def warm_up() -> None:
    """Load the files of the CLDR: none opens once the process is confined."""
    _day_patterns()


def today() -> date:
    return datetime.now(UTC).date()


def _tidy(found: Found) -> Found:
    """Drop empty members and control characters, and cut long text."""
    tidied: Found = {}
    for name, value in found.items():
        if isinstance(value, str) and name not in {"issuer", "currency"}:
            letters = "".join(letter for letter in value if letter.isprintable())
            tidied[name] = letters[:MAX_LETTERS].strip()
        else:
            tidied[name] = value
    return {name: value for name, value in tidied.items() if value}


def _read_issuer(lines: Sequence[Line], payloads: Sequence[bytes]) -> str | None:
    for line in lines:
        if match := _ISSUER.search(line.text):
            source = json.loads(match[0])
            # A secret of another ticket would make this issuer say nothing of this one.
            if source["secret"].encode() in payloads:
                return source["issuer"]
    return None


# ---- labels ----------------------------------------------------------------------------------


def _read_labels(lines: list[str]) -> Found:
    found: Found = {}
    for name, (label, inside, alone) in _label_patterns().items():
        for line, following in pairwise([*lines, ""]):
            if alone.fullmatch(line) and following:
                found[name] = following
            elif (name in PLACES or label.match(line)) and (match := inside.search(line)):
                found[name] = match[1].strip()
            if name in found:
                break
    return found


@cache
def _label_patterns() -> dict[str, tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]]:
    """Return three patterns of each label: at the start of a line, with its value, alone on a line."""
    patterns: dict[str, tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]] = {}
    for name, words in (PLACES | NAMES).items():
        is_place = name in PLACES
        value = r"([A-Z0-9][\w\-/ ]{0,14}?)" if is_place else r"(.{3,80}?)"
        others = "|".join(other for key, other in PLACES.items() if key != name)
        end = r"[,;|·\u2013]|" if is_place else ""
        patterns[name] = (
            re.compile(rf"(?:{words})\s*:", re.IGNORECASE),
            re.compile(
                rf"(?:^|[\s,|/·\u2013-])(?:{words})\s*[:.]?\s+{value}(?=$|{end}\s{{2,}}|\s+(?:{others})\b)",
                re.IGNORECASE,
            ),
            re.compile(rf"(?:{words})\s*:?", re.IGNORECASE),
        )
    return patterns


def _read_city(venue: str | None) -> Found:
    match = _CITY.fullmatch(venue or "")
    return {"venue": match[1].strip(), "city": match[2].strip()} if match else {}


def _may_be_title(line: str) -> bool:
    letters = sum(letter.isalpha() for letter in line)
    is_sentence = letters >= MIN_LETTERS and letters > len(line) / 2 and len(line) <= MAX_LETTERS
    return is_sentence and not _NO_TITLE.match(line) and not any(_find_days(line))


def _read_price(lines: list[str]) -> Found:
    match = next(filter(None, map(_MONEY.search, lines)), None)
    if match is None:
        return {}
    symbol = match[1] or match[6]
    cents = int(match[2] or match[4]) * 100 + int(match[3] or match[5])
    return {"price_cents": cents, "currency": CURRENCIES.get(symbol, symbol)}


# ---- days and times --------------------------------------------------------------------------


@cache
def _day_patterns() -> tuple[dict[str, int], list[tuple[re.Pattern[str], tuple[int, int, int]]]]:
    """Return the months by name, and patterns with their groups of year, month and day."""
    names: dict[str, int] = {}
    for language in LANGUAGES:
        for widths in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                names |= {name.casefold().rstrip("."): n for n, name in widths[width].items()}
    months = {name: number for name, number in names.items() if len(name) >= MIN_LETTERS}
    named = "|".join(sorted(map(re.escape, months), key=len, reverse=True))
    written = (
        (rf"\b(\d{{1,2}})(?:\.|st|nd|rd|th|er|º)?\s+(?:de\s+)?({named})\.?,?\s+(?:de\s+)?(20\d\d)\b", (3, 2, 1)),
        (rf"\b({named})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(20\d\d)\b", (3, 1, 2)),
        (r"\b(20\d\d)-(\d\d)-(\d\d)\b", (1, 2, 3)),
        (r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(20\d\d)\b", (3, 2, 1)),
    )  # fmt: skip
    return months, [(re.compile(each, re.IGNORECASE), groups) for each, groups in written]


def _find_days(line: str) -> Iterator[tuple[date, ...]]:
    """Yield the readings of each day: 5/1 is May or January."""
    months, patterns = _day_patterns()
    for pattern, (year, month, day) in patterns:
        for match in pattern.finditer(line):
            name = match[month].casefold()
            number = months[name] if name in months else int(name)
            yield from _possible_days(match[year], (number, int(match[day])))
    for match in _NUMERIC_DAY.finditer(line):
        first = int(match[1])
        second = int(match[2])
        yield from _possible_days(match[3], (second, first), (first, second))


def _possible_days(year: str, *readings: tuple[int, int]) -> Iterator[tuple[date, ...]]:
    days: list[date] = []
    for month, day in dict.fromkeys(readings):
        try:
            days.append(date(int(year), month, day))
        except ValueError:
            continue
    if days:
        yield tuple(days)


def _read_when(lines: list[str], today: date) -> Found:
    """Return the first day that lies ahead in each reading: days of purchase lie behind."""
    for number, line in enumerate(lines):
        days = next((days for days in _find_days(line) if min(days) >= today), None)
        if days is None:
            continue
        near = [line, *lines[number + 1 : number + 3], *lines[max(0, number - 1) : number]]
        starts = (start for each in near if not _DOORS.search(each) for start in _find_times(each))
        start = next(starts, None)
        if start and len(days) == 1:
            return {"days": days, "starts_local": datetime.combine(days[0], start)}
        return {"days": days}
    return {}


def _find_times(line: str) -> Iterator[time]:
    for match in _TIME.finditer(re.sub(r"\d{1,2}\.\d{1,2}\.20\d\d", " ", line)):
        hour = int(match[1] or match[4])
        half = (match[3] or match[5] or "").lower()
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        yield time(hour, int(match[2] or 0))
