"""Amounts, days and times as the reader writes them: in English, by the customs of their region.

Who reads is told by the header Accept-Language (`written_for`), and the customs are those of the
Unicode CLDR. Of instants, `now` is the present moment on the reader's own clock.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

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
_HOME = Locale("en", "US")
_reader: ContextVar[Locale] = ContextVar("reader", default=_HOME)


@contextmanager
def written_for(accept_language: str) -> Generator[None]:
    """Write for whoever sent this header, as long as the block runs."""
    token = _reader.set(choose(accept_language))
    try:
        yield
    finally:
        _reader.reset(token)


def choose(accept_language: str) -> Locale:
    """Return the English of the region that the header wants most; of the USA when it names none."""
    return _choose(accept_language[:_LONGEST_HEADER])


@lru_cache(maxsize=512)
def _choose(accept_language: str) -> Locale:
    ranges = filter(None, map(_RANGE.fullmatch, accept_language.split(",")))
    best = max(ranges, key=_weight, default=None)
    return _english_of(_region(best)) if best and _weight(best) else _HOME


def _weight(wanted: re.Match[str]) -> float:
    return float(wanted["q"] or 1)


def _region(wanted: re.Match[str]) -> str:
    """Return the region of a language range, or the one where most people speak so."""
    if wanted["region"]:
        return wanted["region"].upper()
    language, script = wanted["language"].lower(), (wanted["script"] or "").title()
    likely = _LIKELY.get(f"{language}_{script}") or _LIKELY.get(language) or str(_HOME)
    return likely.rpartition("_")[2]


def _english_of(region: str) -> Locale:
    try:
        return Locale("en", region)
    except UnknownLocaleError:
        # CLDR has an English of all Europe, and one of all the world.
        is_european = any(zone.startswith("Europe/") for zone in _ZONES.get(region, ()))
        return Locale("en", "150" if is_european else "001")


def amount(cents: int, currency: str, *, to_the_cent: bool = False) -> str:
    """Return the amount, like "$40" or "$40.50"; whole ones with cents only when asked."""
    has_cents = to_the_cent or cents % 100 != 0
    return _amount(_reader.get(), cents, currency.upper(), has_cents=has_cents)


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


def model_amount(currency: str) -> str:
    """Return the highest price, by which live.jsx writes others: all digits are there, and all signs."""
    return amount(MAXIMUM_CENTS, currency)


def number(count: int) -> str:
    """Return the number, like "1,234"."""
    return numbers.format_decimal(count, locale=_reader.get())


def date_text(on: date) -> str:
    """Return the day of a calendar, like "Nov 3, 2027"."""
    return dates.format_date(on, "medium", _reader.get())


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
    return f"{dates.format_skeleton('yMMMEd', at, locale=_reader.get())}, {_time(at)}"


def stub_day(at: datetime) -> tuple[str, str, str]:
    """Return month, day and weekday of an event, like "Nov", "3" and "Wed"."""
    month, weekday = (dates.format_date(at, form, _reader.get()) for form in ("LLL", "ccc"))
    return month, str(at.day), weekday


def _time(local: datetime) -> str:
    return dates.format_time(local, "short", locale=_reader.get())
