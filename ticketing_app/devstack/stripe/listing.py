"""Lists with Stripe's filters and cursors."""

import operator

from ticketing_app.devstack.stripe.errors import Json, ParameterError, invalid
from ticketing_app.devstack.stripe.store import Store

_LARGEST_PAGE = 100
_RANGES = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def page(store: Store, kind: str, asked: Json) -> Json:
    filters = asked.keys() - {"expand", "limit", "starting_after"}
    rows = [r for r in store.newest(kind) if all(_fits(r, name, asked[name]) for name in filters)]
    if "starting_after" in asked:
        ids = [row["id"] for row in rows]
        cursor = asked["starting_after"]
        if cursor not in ids:
            raise invalid(f"No such {kind} in this list: '{cursor}'", "resource_missing")
        rows = rows[ids.index(cursor) + 1 :]
    limit = asked.get("limit", 10)
    if not 1 <= limit <= _LARGEST_PAGE:
        raise ParameterError(f"Limit must be between 1 and {_LARGEST_PAGE}.", "limit")
    expand = asked.get("expand", [])
    if not all(path.startswith("data.") for path in expand):
        raise invalid(f"This property cannot be expanded ({expand}).")
    inner = [path.removeprefix("data.") for path in expand]
    data = [store.show(row, inner) for row in rows[:limit]]
    url = f"/v1/{kind}s"
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": data}


def _fits(row: Json, name: str, wanted: object) -> bool:
    if name == "created" and isinstance(wanted, dict):
        return all(_RANGES[key](row["created"], value) for key, value in wanted.items())
    if name == "types" and isinstance(wanted, list):
        return row["type"] in wanted
    if name == "delivery_success":
        return (row["pending_webhooks"] == 0) is wanted
    return row[name] == wanted
