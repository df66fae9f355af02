"""Drawing a letter: HTML and text say the same, and hostile words stay words."""

import email
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from ticketing_app.core import brand
from ticketing_app.core.settings import get_settings
from ticketing_app.notices import letter as letters
from ticketing_app.notices.letter import Action, Letter, Stub

URL = "https://ticketing.dev/orders/1"
HOSTILE = "<script>alert(1)</script>\r\nBcc: a@b.test\u202e\x00\"'&"
LETTER = Letter(
    subject="Sold: The Paper Lanterns",
    preheader="Two seats are paid.",
    heading="Your tickets are sold",
    paragraphs=("Ines paid for both.", "The money is held until the event."),
    stub=Stub("concert", "Dec", "12", "Sat", "The Paper Lanterns", ("Row 4, seat 11",), "$80"),
    facts=(("Price", "$80"), ("Order", "7F21")),
    action=Action("See the sale", URL),
    after=("The link is yours alone.",),
    why="You sell here.",
)


class Page(HTMLParser):
    """Visible words, links and elements of an HTML page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.elements: list[str] = []
        self._hidden = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag in {"style", "title"} or ("id", "preview") in attrs:
            self._hidden = tag
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += data.split()


def compose(letter: Letter, to: str = "ana@example.test", reply_to: str = "") -> EmailMessage:
    sender = "GitTix <hello@ticketing.dev>"
    return letters.message(letter, sender=sender, to=to, message_id="1@t.dev", reply_to=reply_to)


def send(letter: Letter, reply_to: str = "") -> EmailMessage:
    """Return the message as a mail program parses it."""
    sent = letters.to_bytes(compose(letter, reply_to=reply_to))
    return email.message_from_bytes(sent, policy=policy.default)


class TestDrawing:
    def test_html_and_text_say_the_same(self) -> None:
        html = {word.casefold() for word in Page(letters.html(LETTER)).words}
        text = {word.rstrip(":").casefold() for word in letters.text(LETTER).split()}
        assert html ^ text <= {"--"}

    def test_shows_dark_colours_where_the_reader_prefers_them(self) -> None:
        html = letters.html(LETTER)
        assert all(brand.DARK[name] in html for name in ("paper", "surface", "ink", "accent"))

    def test_loads_nothing(self) -> None:
        page = Page(letters.html(LETTER))
        assert set(page.elements).isdisjoint({"img", "link", "script", "iframe"})
        assert set(page.links) == {URL, get_settings().public_url}

    def test_names_the_operator(self) -> None:
        settings = get_settings()
        for page in (letters.html(LETTER), letters.text(LETTER)):
            assert f"{settings.operator_name}, {settings.operator_address}" in " ".join(
                page.split()
            )

    def test_draws_tickets_without_a_date(self) -> None:
        undated = Letter("S", "P", "H", (), stub=Stub("other", "", "", "", "Chess night"))
        assert "Chess" in Page(letters.html(undated)).words
        assert "  Chess night\n" in letters.text(undated)

    def test_offers_to_stop_only_what_can_be_stopped(self) -> None:
        assert "Stop these mails" not in letters.html(LETTER)
        optional = Letter("S", "P", "H", (), unsubscribe_url=f"{URL}/stop")
        assert f"{URL}/stop" in Page(letters.html(optional)).links
        assert f"Stop these mails:\n{URL}/stop" in letters.text(optional)


class TestMessage:
    def test_names_language_and_sender(self) -> None:
        mail = send(LETTER, reply_to="help@ticketing.dev")
        assert mail["Content-Language"] == "en"
        assert mail["From"] == "GitTix <hello@ticketing.dev>"
        assert mail["Reply-To"] == "help@ticketing.dev"
        assert mail["Auto-Submitted"] == "auto-generated"

    def test_writes_a_long_unsubscribe_address_as_it_is(self) -> None:
        url = f"https://ticketing.dev/api/notices/stop/{'x' * 90}"
        mail = compose(replace(LETTER, unsubscribe_url=url))
        assert f"List-Unsubscribe: <{url}>\r\n".encode() in letters.to_bytes(mail)
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_writes_an_address_with_umlauts_as_it_is(self) -> None:
        sent = letters.to_bytes(compose(LETTER, to="jörg@example.test"))
        assert "To: jörg@example.test\r\n".encode() in sent

    def test_has_short_lines(self) -> None:
        long = Letter("S", "P", "H", ("word " * 500, "x" * 2000))
        lines = [
            line for part in compose(long).iter_parts() for line in part.as_string().splitlines()
        ]
        assert max(map(len, lines)) <= 78

    @pytest.mark.parametrize("field", ["subject", "heading", "preheader", "why"])
    def test_hostile_words_stay_words(self, field: str) -> None:
        mail = send(replace(LETTER, **{field: HOSTILE}))  # pyright: ignore[reportArgumentType]
        html = mail.get_body(("html",))
        assert html is not None
        assert "script" not in Page(html.get_content()).elements
        assert mail["Bcc"] is None
        assert "\u202e" not in mail["Subject"]

    def test_shortens_a_long_subject(self) -> None:
        subject = send(replace(LETTER, subject="Sold: " + "ä" * 200))["Subject"]
        assert len(subject) == letters.SUBJECT_MAX_LENGTH
        assert subject.endswith("…")
