"""Amounts, dates and times in English, formatted and parsed by the conventions of the reader's region.

The locale follows from the header Accept-Language (`use_locale`) and the data of the Unicode CLDR. The
argument `now` is the current time in the reader's time zone.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta, tzinfo
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
# The highest price has ten characters.
_FIGURES = re.compile(r"-?[0-9.,]{1,20}")
_DIGITS = re.compile(r"\d+")
_THIN_GROUPS = re.compile(r"(?<=\d)[\s'\N{RIGHT SINGLE QUOTATION MARK}](?=\d{3}(?!\d))")
_DECIMAL_PLACES = 2
_NEAR = timedelta(days=300)
_POINT = Locale("en", "US")
_COMMA = Locale("de")


class ReaderLocale(NamedTuple):
    dates: Locale
    numbers: Locale


class AmountFormat(NamedTuple):
    """Parts of an amount; `higher` is the size of its groups of digits above the last three."""

    before: str
    after: str
    group: str
    decimal: str
    higher: str


_HOME = ReaderLocale(_POINT, _POINT)
_current: ContextVar[ReaderLocale] = ContextVar("reader_locale", default=_HOME)
_zone: ContextVar[tzinfo | None] = ContextVar("reader_zone", default=UTC)


@contextmanager
def use_locale(accept_language: str) -> Generator[None]:
    token = _current.set(negotiate(accept_language))
    try:
        yield
    finally:
        _current.reset(token)


def current() -> ReaderLocale:
    return _current.get()


@contextmanager
def use_zone(zone: tzinfo | None) -> Generator[None]:
    """Set the reader's time zone for `format_instant`."""
    token = _zone.set(zone)
    try:
        yield
    finally:
        _zone.reset(token)


def negotiate(accept_language: str) -> ReaderLocale:
    """Return the locale that the header prefers, or that of the USA."""
    return _negotiate(accept_language[:_LONGEST_HEADER])


@lru_cache(maxsize=512)
def _negotiate(accept_language: str) -> ReaderLocale:
    ranges = filter(None, map(_RANGE.fullmatch, accept_language.split(",")))
    best = max(ranges, key=_weight, default=None)
    return _locale_for(best) if best and _weight(best) else _HOME


def _weight(wanted: re.Match[str]) -> float:
    return float(wanted["q"] or 1)


def _locale_for(wanted: re.Match[str]) -> ReaderLocale:
    """Return English in the conventions of the region; if CLDR has none, numbers follow the language."""
    language = wanted["language"].lower()
    script = (wanted["script"] or "").title()
    # Without a region, the most likely one of the language.
    likely = _LIKELY.get(f"{language}_{script}") or _LIKELY.get(language) or str(_POINT)
    region = (wanted["region"] or likely.rpartition("_")[2]).upper()
    try:
        english = Locale("en", region)
    except UnknownLocaleError:
        # CLDR has an English for Europe, and one for the world.
        is_european = any(zone.startswith("Europe/") for zone in _ZONES.get(region, ()))
        english = Locale("en", "150" if is_european else "001")
        return ReaderLocale(english, _number_locale(language, region, script) or english)
    return ReaderLocale(english, english)


def _number_locale(language: str, region: str, script: str) -> Locale | None:
    """Return the locale of the language if its numbers fit into English: same digits, same direction."""
    try:
        own = Locale(language, region, script=script or None)
    except UnknownLocaleError:
        return None
    is_ours = own.default_numbering_system == "latn" and own.text_direction == "ltr"
    return own if is_ours else None


def format_amount(cents: int, currency: str, *, to_the_cent: bool = False) -> str:
    """Return the amount, like "$40" or "$40.50"; cents of whole amounts only with `to_the_cent`."""
    has_cents = to_the_cent or cents % 100 != 0
    return _format_amount(_current.get().numbers, cents, currency.upper(), has_cents=has_cents)


# Lists repeat the same few prices.
@lru_cache(maxsize=4096)
def _format_amount(locale: Locale, cents: int, currency: str, *, has_cents: bool) -> str:
    form: str = locale.currency_formats["standard"].pattern
    # CLDR separates letters from digits ("CHF 40", but "US$40"); Babel does not.
    if numbers.get_currency_symbol(currency, locale)[-1].isalpha():
        form = form.replace("¤#", "¤\N{NO-BREAK SPACE}#")
    if not has_cents:
        form = form.replace("0.00", "0")
    value = Decimal(cents) / CENTS
    return numbers.format_currency(value, currency, form, locale, currency_digits=False)


def parse_amount(text: str, currency: str) -> Decimal | None:
    """Return the amount that the reader typed, in units; None if it is invalid or ambiguous.

    "1.234,50" and "1,234.50" are the same in every locale, but "12.500" is 12,500 in Germany and 12.5 in
    the USA.
    """
    own = _current.get().numbers
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


def amount_format(currency: str) -> AmountFormat:
    """Return the parts of the reader's amounts, as seen in the highest price, for live/components.jsx."""
    return _amount_format(format_amount(MAXIMUM_CENTS, currency))


@lru_cache(maxsize=512)
def _amount_format(highest: str) -> AmountFormat:
    *_, higher, _hundreds, _cents = _DIGITS.findall(highest)
    before, *separators, after = _DIGITS.split(highest)
    return AmountFormat(before, after, separators[0], separators[-1], str(len(higher)))


def format_number(count: int) -> str:
    return numbers.format_decimal(count, locale=_current.get().numbers)


def format_date(on: date) -> str:
    """Return a date, like "Nov 3, 2027"."""
    return dates.format_date(on, "medium", _current.get().dates)


def format_day(at: datetime, now: datetime) -> str:
    """Return the date in the reader's time zone, like "Nov 3, 2027"."""
    return format_date(at.astimezone(now.tzinfo).date())


def format_time(at: datetime, now: datetime) -> str:
    """Return the time with its zone, like "8:00 PM CET"."""
    local = at.astimezone(now.tzinfo)
    zone = local.tzname() or ""
    # A zone without a name is shown as its offset.
    return f"{_time(local)} {zone if zone.isalpha() else f'UTC{zone}'}"


def format_datetime(at: datetime, now: datetime) -> str:
    """Return date and time, like "Nov 3, 2027, 8:00 PM CET"."""
    return f"{format_day(at, now)}, {format_time(at, now)}"


def format_instant(at: datetime) -> str:
    """Return date and time in the zone of `use_zone`, otherwise in UTC."""
    return format_datetime(at, at.astimezone(_zone.get()))


def format_event_start(at: datetime) -> str:
    """Return the start of an event in its own time zone, like "Wed, Nov 3, 2027, 8:00 PM"."""
    return f"{_day('yMMMEd', at.date(), _current.get().dates)}, {_time(at)}"


def iso(at: datetime | None) -> str:
    """Return the instant for a countdown, empty for none."""
    return at.isoformat() if at else ""


def format_clock(at: datetime) -> str:
    """Return the time of day in the zone of `at`, like "8:00 PM"."""
    return _time(at)


def is_near(on: date, today: date) -> bool:
    """Whether the day is known without its year."""
    return on - today < _NEAR


def format_event_day(on: date, today: date) -> str:
    """Return the day of an event, like "Fri, Dec 4"; with the year unless it is near."""
    form = "MMMEd" if is_near(on, today) else "yMMMEd"
    return _day(form, on, _current.get().dates)


def date_parts(at: datetime) -> tuple[str, str, str]:
    """Return month, day and weekday of an event, like "Nov", "3" and "Wed"."""
    locale = _current.get().dates
    return _date_part("LLL", at.date(), locale), str(at.day), _date_part("ccc", at.date(), locale)


def _time(local: datetime) -> str:
    # Without the zone: instants that are equal have different times of day.
    return _clock(local.time(), _current.get().dates)


# Babel parses the pattern each time, and lists show the same days and times again and again.
@lru_cache(maxsize=2048)
def _day(skeleton: str, on: date, locale: Locale) -> str:
    return dates.format_skeleton(skeleton, on, locale=locale)


@lru_cache(maxsize=2048)
def _date_part(pattern: str, on: date, locale: Locale) -> str:
    return dates.format_date(on, pattern, locale)


@lru_cache(maxsize=2048)
def _clock(at: time, locale: Locale) -> str:
    return dates.format_time(at, "short", locale=locale)
