"""Lists with Stripe's filters and cursors, and the part of its search language that we use."""

import operator
import re

from ticketing_app.devstack.stripe.errors import Json, ParameterError, invalid
from ticketing_app.devstack.stripe.store import Store

_LARGEST_PAGE = 100
_SEARCHABLE = ("amount", "created", "currency", "status")
_QUOTED = r"(?P<quote>['\"]?)(?P<value>.*)(?P=quote)"
_TERM = re.compile(rf"(?:metadata\[(['\"])(?P<key>.+)\1\]|(?P<field>\w+))\s*:\s*{_QUOTED}")
_RANGES = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def page(store: Store, kind: str, asked: Json) -> Json:
    """Return one page of the objects of the kind, newest first."""
    filters = asked.keys() - {"expand", "limit", "starting_after"}
    rows = [r for r in store.newest(kind) if all(_fits(r, name, asked[name]) for name in filters)]
    if "starting_after" in asked:
        ids, cursor = [row["id"] for row in rows], asked["starting_after"]
        if cursor not in ids:
            raise invalid(f"No such {kind} in this list: '{cursor}'", "resource_missing")
        rows = rows[ids.index(cursor) + 1 :]
    return _answer(store, "list", f"/v1/{kind}s", rows, asked)


def search(store: Store, asked: Json) -> Json:
    """Return what matches a query like `metadata['order_id']:'1' AND status:'succeeded'`.

    Any other form of query is refused.
    """
    rows = store.newest("payment_intent")
    for term in re.split(r"\s+AND\s+", asked["query"].strip()):
        match = _TERM.fullmatch(term)
        if not match or (match["field"] and match["field"] not in _SEARCHABLE):
            raise invalid(f"We were unable to parse your search query: {term}")
        key, field, value = match["key"], match["field"], match["value"]
        rows = [
            row for row in rows if str(row["metadata"].get(key) if key else row[field]) == value
        ]
    first = int(asked.get("page", "0"))
    answer = _answer(store, "search_result", "/v1/payment_intents/search", rows[first:], asked)
    following = str(first + len(answer["data"]))
    return answer | {"next_page": following if answer["has_more"] else None}


def _answer(store: Store, kind: str, url: str, rows: list[Json], asked: Json) -> Json:
    limit = asked.get("limit", 10)
    if not 1 <= limit <= _LARGEST_PAGE:
        raise ParameterError(f"Limit must be between 1 and {_LARGEST_PAGE}.", "limit")
    expand = asked.get("expand", [])
    if not all(path.startswith("data.") for path in expand):
        raise invalid(f"This property cannot be expanded ({expand}).")
    inner = [path.removeprefix("data.") for path in expand]
    data = [store.show(row, inner) for row in rows[:limit]]
    return {"object": kind, "url": url, "has_more": len(rows) > limit, "data": data}


def _fits(row: Json, name: str, wanted: object) -> bool:
    if name == "created" and isinstance(wanted, dict):
        return all(_RANGES[key](row["created"], value) for key, value in wanted.items())
    if name == "types" and isinstance(wanted, list):
        return row["type"] in wanted
    if name == "delivery_success":
        return (row["pending_webhooks"] == 0) is wanted
    return row[name] == wanted
