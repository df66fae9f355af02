"""Listings made through REST."""

from typing import Any

from httpx import AsyncClient

FULL = {
    "title": "The Paper Lanterns",
    "price": 40.5,
    "venue": "Harbour Hall",
    "city": "Rotterdam",
    "startsAt": "2099-05-01T20:00:00+02:00",
    "timezone": "Europe/Amsterdam",
    "category": "concert",
    "section": "B",
    "row": "12",
    "seat": "7",
    "faceValue": 45,
    "description": "Two rows from the stage.",
}


async def listed(seller: AsyncClient, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON.
    answer = await seller.post("/api/tickets", json={"title": "A ticket", "price": 40, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()
