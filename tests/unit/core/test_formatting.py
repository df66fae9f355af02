"""Locales by Accept-Language, and the formats of prices, dates and times."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing_app.core import formatting
from ticketing_app.core.formatting import format_amount
from ticketing_app.core.money import MAXIMUM_CENTS, MINIMUM_CENTS, Currency
from ticketing_app.devstack.stack import ROOT
from ticketing_app.documents.plugins import bun_path

AT = datetime(2027, 1, 2, 23, 30, tzinfo=UTC)
LATE_SUMMER = datetime(2027, 9, 3, 20, 5, tzinfo=ZoneInfo("Europe/Berlin"))


def say(header: str, write: Callable[[], object]) -> object:
    """Return the formatted text for this header, with plain spaces."""
    with formatting.use_locale(header):
        said = write()
    return " ".join(said.split()) if isinstance(said, str) else said


class TestChoose:
    @pytest.mark.parametrize(
        ("header", "chosen"),
        [
            ("", "en_US"),
            ("*", "en_US"),
            ("de", "en_DE"),
            ("de-DE,de;q=0.9,en;q=0.8", "en_DE"),
            ("en-GB", "en_GB"),
            ("EN-gb ; Q=0.5", "en_GB"),
            ("en;q=0.1,fr-CH", "en_CH"),
            ("fr-BE;q=0.5, nl-NL;q=0.5", "en_BE"),
            ("de;q=0", "en_US"),
            ("sr-Latn", "en_150"),
            ("el-GR", "en_150"),
            ("zh-Hant-HK", "en_HK"),
            ("zh-Hant", "en_001"),
            ("es-419", "en_001"),
            ("de-CH-1996", "en_CH"),
            ("en-ZZ", "en_001"),
            ("tlh", "en_US"),
            ("deutsch, bitte", "en_US"),
            ("de_DE", "en_US"),
            ("../../etc/passwd", "en_US"),
            ("x" * 100_000, "en_US"),
            ("en-GB," + "de;q=0.5," * 100_000, "en_GB"),
        ],
    )
    def test_takes_english_of_the_preferred_region(self, header: str, chosen: str) -> None:
        assert str(formatting.negotiate(header).dates) == chosen

    @given(st.text() | st.from_regex(r"[a-zA-Z0-9*,;=. -]{0,60}") | st.binary().map(repr))
    def test_accepts_any_header(self, header: str) -> None:
        assert formatting.negotiate(header).dates.language == "en"

    @pytest.mark.parametrize(
        ("header", "chosen"),
        [
            ("pt-BR,en;q=0.8", "pt_BR"),
            ("el-GR", "el_GR"),
            ("sr-Latn", "sr_Latn_RS"),
            ("es-419", "es_419"),
            ("de-DE", "en_DE"),
            # Other digits, another direction, and an unknown language do not fit into English.
            ("bn-BD", "en_001"),
            ("fa-IR", "en_001"),
            ("en-ZZ", "en_001"),
        ],
    )
    def test_takes_numbers_of_the_language_without_regional_english(
        self, header: str, chosen: str
    ) -> None:
        assert str(formatting.negotiate(header).numbers) == chosen


class TestAmount:
    @pytest.mark.parametrize(
        ("header", "cents", "currency", "written"),
        [
            ("en-US", 4000, "usd", "$40"),
            ("en-US", 4050, "usd", "$40.50"),
            ("en-US", 123_456_00, "eur", "€123,456"),
            ("en-US", 1250, "chf", "CHF 12.50"),
            ("en-GB", 4000, "usd", "US$40"),
            ("en-GB", 4000, "gbp", "£40"),
            ("de-DE", 4000, "usd", "40 US$"),
            ("de-DE", 123_450, "eur", "1.234,50 €"),
            ("de-CH", 120_000, "chf", "CHF 1\u2019200"),
            ("hi-IN", 12_345_600, "inr", "₹1,23,456"),
            ("en-AU", 4000, "usd", "USD 40"),
            ("pt-BR", 123_450, "brl", "R$ 1.234,50"),
            ("tr-TR", 123_450, "eur", "€1.234,50"),
        ],
    )
    def test_formats_amounts(self, header: str, cents: int, currency: str, written: str) -> None:
        assert say(header, lambda: formatting.format_amount(cents, currency)) == written

    def test_has_no_breaking_space(self) -> None:
        for header, currency in [("de", "usd"), ("en-US", "chf"), ("fr", "eur")]:
            with formatting.use_locale(header):
                assert " " not in formatting.format_amount(123_400, currency)

    @pytest.mark.parametrize(
        ("header", "written"), [("en-US", "$40.00"), ("de", "40,00 US$"), ("de-CH", "US$ 40.00")]
    )
    def test_shows_cents_on_request(self, header: str, written: str) -> None:
        assert (
            say(header, lambda: formatting.format_amount(4000, "usd", to_the_cent=True)) == written
        )


HEADERS = ("en-US", "en-GB", "en-IN", "de-DE", "de-CH", "fr-FR", "fi-FI", "pt-BR", "tr-TR", "is-IS")


class TestAmountFormat:
    LOCALES = ("en-US", "de-DE", "de-CH", "fr-FR", "en-IN", "es-ES", "pl-PL", "ja-JP", "lv-LV")
    CENTS = (5, 100, 4050, 99_900, 123_400, 1_234_567, 10_000_000, 99_999_999)

    def test_makes_the_browser_format_like_the_server(self) -> None:
        cases: list[tuple[int, formatting.AmountFormat, str]] = []
        for locale in self.LOCALES:
            with formatting.use_locale(locale):
                cases += [
                    (cents, formatting.amount_format(currency), format_amount(cents, currency))
                    for currency in ("usd", "eur", "chf", "inr")
                    for cents in self.CENTS
                ]
        source = (ROOT / "ticketing_app/ui/live/components.jsx").read_text()
        start = source.index("const formatAmount = ")
        function = source[start : source.index("\n};", start) + 3]
        arguments = json.dumps([case[:2] for case in cases])
        script = (
            f"{function} console.log(JSON.stringify({arguments}.map((a) => formatAmount(...a))))"
        )
        done = subprocess.run(
            [bun_path(), "-e", script], check=True, capture_output=True, text=True
        )
        assert json.loads(done.stdout) == [text for *_, text in cases]


class TestParseAmount:
    @given(
        st.sampled_from(HEADERS),
        st.sampled_from(get_args(Currency)),
        st.integers(MINIMUM_CENTS, MAXIMUM_CENTS),
    )
    def test_parses_formatted_amounts(self, header: str, currency: str, cents: int) -> None:
        with formatting.use_locale(header):
            shown = formatting.format_amount(cents, currency)
            assert formatting.parse_amount(shown, currency) == Decimal(cents) / 100

    @pytest.mark.parametrize("header", ["en-US", "de-DE", "pt-BR"])
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("40", "40"),
            ("40.5", "40.5"),
            ("40,50", "40.50"),
            ("0.5", "0.5"),
            ("1234.50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1.234,50", "1234.50"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("1 234,5", "1234.5"),
            ("1'234", "1234"),
            ("$ 40", "40"),
            ("40 USD", "40"),
            ("0", "0"),
            ("-5", "-5"),
        ],
    )
    def test_parses_unambiguous_amounts(self, header: str, typed: str, meant: str) -> None:
        with formatting.use_locale(header):
            assert formatting.parse_amount(typed, "usd") == Decimal(meant)

    @pytest.mark.parametrize(
        ("header", "typed", "meant"),
        [
            ("en-US", "12,500", Decimal(12500)),
            ("en-US", "12.500", None),
            ("de-DE", "12.500", Decimal(12500)),
            ("de-DE", "12,500", None),
            ("de-CH", "12,500", None),
        ],
    )
    def test_parses_thousands_by_locale(
        self, header: str, typed: str, meant: Decimal | None
    ) -> None:
        with formatting.use_locale(header):
            assert formatting.parse_amount(typed, "usd") == meant

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "many",
            "4,0,0",
            "1.2.3",
            "4050,505",
            "40 €",
            "1e3",
            "1_000",
            "٣",
            "NaN",
            "9" * 100_000,
        ],
    )
    def test_refuses_invalid_amounts(self, typed: str) -> None:
        assert formatting.parse_amount(typed, "usd") is None


@pytest.mark.parametrize(
    ("header", "moment", "start", "stub_day", "number"),
    [
        (
            "en-US",
            "Sep 3, 2027, 8:05 PM CEST",
            "Fri, Sep 3, 2027, 8:05 PM",
            ("Sep", "3", "Fri"),
            "1,234",
        ),
        (
            "en-GB",
            "3 Sept 2027, 20:05 CEST",
            "Fri, 3 Sept 2027, 20:05",
            ("Sept", "3", "Fri"),
            "1,234",
        ),
        (
            "de",
            "3 Sept 2027, 20:05 CEST",
            "Fri, 3 Sept 2027, 20:05",
            ("Sept", "3", "Fri"),
            "1.234",
        ),
        (
            "fi-FI",
            "3 Sept 2027, 20.05 CEST",
            "Fri, 3 Sept 2027, 20.05",
            ("Sept", "3", "Fri"),
            "1 234",
        ),
    ],
)
def test_formats_dates_times_and_numbers(
    header: str, moment: str, start: str, stub_day: tuple[str, str, str], number: str
) -> None:
    assert say(header, lambda: formatting.format_datetime(LATE_SUMMER, LATE_SUMMER)) == moment
    assert say(header, lambda: formatting.format_event_start(LATE_SUMMER)) == start
    assert say(header, lambda: formatting.date_parts(LATE_SUMMER)) == stub_day
    assert say(header, lambda: formatting.format_number(1234)) == number


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "Jan 2, 2027, 11:30 PM UTC"),
        ("Europe/Berlin", "Jan 3, 2027, 12:30 AM CET"),
        ("America/Denver", "Jan 2, 2027, 4:30 PM MST"),
        ("America/Sao_Paulo", "Jan 2, 2027, 8:30 PM UTC-03"),
        ("Asia/Kathmandu", "Jan 3, 2027, 5:15 AM UTC+0545"),
    ],
)
def test_formats_in_the_readers_time_zone(zone: str, said: str) -> None:
    now = AT.astimezone(ZoneInfo(zone))
    assert (
        formatting.format_datetime(AT, now)
        == f"{formatting.format_day(AT, now)}, {formatting.format_time(AT, now)}"
    )
    assert say("", lambda: formatting.format_datetime(AT, now)) == said


def test_restores_the_locale() -> None:
    with formatting.use_locale("de"), formatting.use_locale("en-GB"):
        pass
    assert formatting.format_amount(4000, "usd") == "$40"


def test_instants_are_in_utc_after_the_readers_zone() -> None:
    with formatting.use_zone(ZoneInfo("America/Denver")):
        assert formatting.format_instant(AT) == "Jan 2, 2027, 4:30\u202fPM MST"
    assert formatting.format_instant(AT) == "Jan 2, 2027, 11:30\u202fPM UTC"


class TestClock:
    def test_the_same_instant_has_a_time_in_each_zone(self) -> None:
        start = datetime(2027, 5, 1, 20, tzinfo=UTC)
        zones = ("UTC", "Europe/Berlin", "UTC")
        times = [formatting.format_clock(start.astimezone(ZoneInfo(zone))) for zone in zones]
        assert times == ["8:00\u202fPM", "10:00\u202fPM", "8:00\u202fPM"]

    def test_each_reader_has_their_own_form(self) -> None:
        start = datetime(2027, 5, 1, 20, tzinfo=UTC)
        for language, text in (("en-US", "8:00\u202fPM"), ("en-GB", "20:00")):
            with formatting.use_locale(language):
                assert formatting.format_clock(start) == text
