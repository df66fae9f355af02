from ticketing_app.devstack.stack import ROOT
from ticketing_app.ui.theme import stylesheet


def test_contains_every_file() -> None:
    files = (ROOT / "ticketing_app/ui/theme").glob("*.css")
    assert sorted(stylesheet.FILES) == sorted(file.stem for file in files)
