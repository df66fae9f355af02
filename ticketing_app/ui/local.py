"""Amounts, days and times as the reader writes and types them: in English, by the customs of their region.

Who reads is told by the header Accept-Language (`written_for`), and the customs are those of the
Unicode CLDR. Of instants, `now` is the present moment on the reader's own clock.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, UnknownLocaleError, dates, numbers
from babel.core import get_global

from ticketing_app.core.money import CENTS, MAXIMUM_CENTS

_LONGEST_HEADER = 200
_LIKELY = get_global("likely_subtags")
_ZONES = get_global("territory_zones")
_RANGE = re.compile(
    r"\s*(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?:-[a-z0-9]{1,8})*\s*(?:;\s*q=(?P<q>0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?",
    re.IGNORECASE,
)
# Of all that can be a number, only this is a price; the highest has ten characters.
_FIGURES = re.compile(r"-?[0-9.,]{1,20}")
_THIN_GROUPS = re.compile(r"(?<=\d)[\s'\N{RIGHT SINGLE QUOTATION MARK}](?=\d{3}(?!\d))")
_DECIMAL_PLACES = 2
_POINT, _COMMA = Locale("en", "US"), Locale("de")


class Reader(NamedTuple):
    """How days and times are written for somebody, and how numbers are."""

    words: Locale
    figures: Locale


_HOME = Reader(_POINT, _POINT)
_reader: ContextVar[Reader] = ContextVar("reader", default=_HOME)


@contextmanager
def written_for(accept_language: str) -> Generator[None]:
    """Write for whoever sent this header, as long as the block runs."""
    token = _reader.set(choose(accept_language))
    try:
        yield
    finally:
        _reader.reset(token)


def choose(accept_language: str) -> Reader:
    """Return who reads by what the header wants most; somebody in the USA when it names nothing known."""
    return _choose(accept_language[:_LONGEST_HEADER])


@lru_cache(maxsize=512)
def _choose(accept_language: str) -> Reader:
    ranges = filter(None, map(_RANGE.fullmatch, accept_language.split(",")))
    best = max(ranges, key=_weight, default=None)
    return _reader_of(best) if best and _weight(best) else _HOME


def _weight(wanted: re.Match[str]) -> float:
    return float(wanted["q"] or 1)


def _reader_of(wanted: re.Match[str]) -> Reader:
    """Return the English of the region; where CLDR has none, numbers are those of the language."""
    language, script = wanted["language"].lower(), (wanted["script"] or "").title()
    # Where no region is named, it is the one where most people speak so.
    likely = _LIKELY.get(f"{language}_{script}") or _LIKELY.get(language) or str(_POINT)
    region = (wanted["region"] or likely.rpartition("_")[2]).upper()
    try:
        english = Locale("en", region)
    except UnknownLocaleError:
        # CLDR has an English of all Europe, and one of all the world.
        is_european = any(zone.startswith("Europe/") for zone in _ZONES.get(region, ()))
        english = Locale("en", "150" if is_european else "001")
        return Reader(english, _figures_of(language, region, script) or english)
    return Reader(english, english)


def _figures_of(language: str, region: str, script: str) -> Locale | None:
    """Return what English can be mixed with: it has our ciphers, and is written in our direction."""
    try:
        own = Locale(language, region, script=script or None)
    except UnknownLocaleError:
        return None
    is_ours = own.default_numbering_system == "latn" and own.text_direction == "ltr"
    return own if is_ours else None


def amount(cents: int, currency: str, *, to_the_cent: bool = False) -> str:
    """Return the amount, like "$40" or "$40.50"; whole ones with cents only when asked."""
    has_cents = to_the_cent or cents % 100 != 0
    return _amount(_reader.get().figures, cents, currency.upper(), has_cents=has_cents)


# Lists write the same few prices again and again.
@lru_cache(maxsize=4096)
def _amount(locale: Locale, cents: int, currency: str, *, has_cents: bool) -> str:
    form: str = locale.currency_formats["standard"].pattern
    # CLDR sets letters apart from digits ("CHF 40", but "US$40"); Babel leaves that to us.
    if numbers.get_currency_symbol(currency, locale)[-1].isalpha():
        form = form.replace("¤#", "¤\N{NO-BREAK SPACE}#")
    if not has_cents:
        form = form.replace("0.00", "0")
    value = Decimal(cents) / CENTS
    return numbers.format_currency(value, currency, form, locale, currency_digits=False)


def read_amount(text: str, currency: str) -> Decimal | None:
    """Return the amount that the reader typed, in units; none when it is none, or may mean two.

    "1.234,50" and "1,234.50" are the same for everybody, but "12.500" is many in Germany and few in the USA.
    """
    own = _reader.get().figures
    signs = {numbers.get_currency_symbol(currency.upper(), place) for place in (own, _POINT)}
    for sign in sorted({*signs, currency.upper()}, key=len, reverse=True):
        text = text.strip().removeprefix(sign).removesuffix(sign).strip()
    figures = _THIN_GROUPS.sub("", text)
    if not _FIGURES.fullmatch(figures):
        return None
    for place in (own, _COMMA if numbers.get_decimal_symbol(own) == "." else _POINT):
        with suppress(numbers.NumberFormatError):
            value = numbers.parse_decimal(figures, place, strict=True)
            *_, cents = figures.rpartition(numbers.get_decimal_symbol(place))
            return value if len(cents) <= _DECIMAL_PLACES or cents == figures else None
    return None


def model_amount(currency: str) -> str:
    """Return the highest price, by which live.jsx writes others: all digits are there, and all signs."""
    return amount(MAXIMUM_CENTS, currency)


def number(count: int) -> str:
    """Return the number, like "1,234"."""
    return numbers.format_decimal(count, locale=_reader.get().figures)


def date_text(on: date) -> str:
    """Return the day of a calendar, like "Nov 3, 2027"."""
    return dates.format_date(on, "medium", _reader.get().words)


def day(at: datetime, now: datetime) -> str:
    """Return the reader's day of an instant, like "Nov 3, 2027"."""
    return date_text(at.astimezone(now.tzinfo).date())


def clock(at: datetime, now: datetime) -> str:
    """Return the time and whose time it is, like "8:00 PM CET"."""
    local = at.astimezone(now.tzinfo)
    zone = local.tzname() or ""
    # Where a zone has no name of its own, it is called by its offset alone.
    return f"{_time(local)} {zone if zone.isalpha() else f'UTC{zone}'}"


def moment(at: datetime, now: datetime) -> str:
    """Return day and time, like "Nov 3, 2027, 8:00 PM CET"."""
    return f"{day(at, now)}, {clock(at, now)}"


def start(at: datetime) -> str:
    """Return when an event begins, on the clock at its place, like "Wed, Nov 3, 2027, 8:00 PM"."""
    return f"{dates.format_skeleton('yMMMEd', at, locale=_reader.get().words)}, {_time(at)}"


def stub_day(at: datetime) -> tuple[str, str, str]:
    """Return month, day and weekday of an event, like "Nov", "3" and "Wed"."""
    month, weekday = (dates.format_date(at, form, _reader.get().words) for form in ("LLL", "ccc"))
    return month, str(at.day), weekday


def _time(local: datetime) -> str:
    return dates.format_time(local, "short", locale=_reader.get().words)
