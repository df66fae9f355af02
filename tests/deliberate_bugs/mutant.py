from dataclasses import dataclass

APP = "ticketing_app"


@dataclass(frozen=True)
class Mutant:
    """A bug: `edits` are (file, source text, its replacement)."""

    rule: int
    bug: str
    edits: tuple[tuple[str, str, str], ...]
    caught_by: str
