import pytest

from ticketing_app.deliveries import rules


@pytest.mark.parametrize(
    ("issuer", "name"),
    [("ticketmaster", "Ticketmaster"), ("dice", "DICE"), ("other", ""), (None, ""), ("pretix", "")],
)
def test_names_known_apps(issuer: str | None, name: str) -> None:
    assert rules.issuer_name(issuer) == name
