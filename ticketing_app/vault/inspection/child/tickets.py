"""Which barcodes of a document are tickets, and which pages belong to each."""

import re
from collections.abc import Sequence

_ADDRESS = re.compile(rb"(?i)(?:https?://|www\.)\S+")
_TOKEN = re.compile(rb"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{10,}")


def is_advert(payload: bytes) -> bool:
    """Whether a barcode is an address that has no token of a ticket in its path."""
    path = payload.split(b"//")[-1].partition(b"/")[2]
    return bool(_ADDRESS.fullmatch(payload)) and not _TOKEN.search(path)


def find_own(pages: Sequence[Sequence[bytes]]) -> list[list[bytes]]:
    """Return the payloads of each page that are tickets, each where it is seen first.

    A code on every page (an order number, the address of an app) is none if pages have others too.
    """
    wanted = [[payload for payload in page if not is_advert(payload)] for page in pages]
    with_codes = [set(page) for page in wanted if page]
    common: set[bytes] = set()
    if len(with_codes) > 1:
        common = set.intersection(*with_codes)
        if all(page == common for page in with_codes):
            common = set()
    seen: set[bytes] = set()
    own: list[list[bytes]] = []
    for page in wanted:
        new = [payload for payload in dict.fromkeys(page) if payload not in common | seen]
        seen.update(new)
        own.append(new)
    return own


def group(own: Sequence[Sequence[bytes]]) -> list[list[int]]:
    """Return the pages of each ticket: a page with a new code begins one, those behind belong to it."""
    groups: list[list[int]] = [[]]
    has_code = False
    for number, payloads in enumerate(own):
        if payloads and has_code:
            groups.append([])
        has_code = has_code or bool(payloads)
        groups[-1].append(number)
    return groups
