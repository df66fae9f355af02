import pytest

from ticketing_app.vault import rules

GOOD = f"{rules.TICKET_LINK}eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"


def test_accepts_a_link_to_the_wallet() -> None:
    assert rules.is_ticket_link(GOOD)


@pytest.mark.parametrize(
    "address",
    [
        "",
        rules.TICKET_LINK,
        GOOD.replace("https", "http"),
        GOOD.replace("pay.google.com", "pay.google.com.evil.test"),
        GOOD.replace("pay.google.com", "pay.google.com@evil.test"),
        GOOD.replace("pay.google.com", "pay.google.com:444"),
        GOOD.replace("pay.google.com", "PAY.GOOGLE.COM"),
        GOOD.replace("/save/", "/save/../x/"),
        f"{GOOD}?next=https://evil.test",
        f"{GOOD}#fragment",
        f"{GOOD}\n",
        f"{GOOD} {GOOD}",
        f"{rules.TICKET_LINK}{'a' * 4001}",
        f"{rules.TICKET_LINK}{'é' * 20}",
        "javascript:alert(1)",
    ],
)
def test_refuses_other_addresses(address: str) -> None:
    assert not rules.is_ticket_link(address)
