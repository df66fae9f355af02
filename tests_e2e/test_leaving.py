"""A person downloads their data and leaves; nothing in the database knows them afterwards."""

import re
import zipfile
from collections.abc import Callable

from playwright.sync_api import expect
from redis import Redis
from rq import Queue

from tests.mailbox import read_mail
from tests.outside.database_probe import DatabaseProbe
from tests.site import Site
from tests.waiting import eventually
from tests_e2e.database import run
from tests_e2e.steps import PASSWORD, Visitor
from ticketing_app.core import queues

ERASE = "work.privacy.erase"
LEAVES = """
    WITH moved AS (
        UPDATE deletions SET requested_at = requested_at - interval '15 days',
          due_at = due_at - interval '15 days' RETURNING user_id
    ), signed_in AS (
        UPDATE sessions s SET created_at = s.created_at - interval '15 days' FROM moved m
        WHERE s.user_id = m.user_id
    )
    UPDATE work w SET due_at = now() FROM moved m
    WHERE w.kind = 'privacy.erase' AND w.key = m.user_id::text
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


async def let_fourteen_days_pass(site: Site, email: str) -> list[str]:
    """Move the deletion into the past and wait for the erasure; return the tables that still know the address."""
    probe = DatabaseProbe(site.stack.env)

    async def knowing(table: str) -> bool:
        query = f'SELECT FROM "{table}" AS t WHERE t::text ILIKE $1 LIMIT 1'
        return bool(await probe.rows(query, f"%{email}%"))

    async def is_erased() -> bool:
        return not await knowing("users")

    await probe.rows(LEAVES)
    with Redis.from_url(site.stack.env["REDIS_URL"]) as redis:
        # The sweep would find it, too, within 20 s.
        Queue(queues.DEFAULT, connection=redis, serializer=queues.Serializer).enqueue(ERASE)
    await eventually(is_erased, seconds=60)
    return [row["tablename"] for row in await probe.rows(TABLES) if await knowing(row["tablename"])]


def test_download_and_leave(site: Site, visitor: Callable[..., Visitor]) -> None:
    ana = visitor()
    ana.sell("Night of Kites")
    page = ana.open("/account/data")
    page.get_by_role("button", name="Collect my data").click()
    download = page.get_by_role("button", name="Download")
    # Without a reload: the notice changes the page.
    expect(download).to_be_visible()
    read_mail(site.stack.env, to=ana.email, subject="Your data is ready")
    with page.expect_download() as file:
        download.click()
    with zipfile.ZipFile(file.value.path()) as archive:
        assert ana.email in archive.read("account.json").decode()
        assert "Night of Kites" in archive.read("listings.json").decode()

    page.locator("summary", has_text="Delete your account").click()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Goodbye")).to_be_visible()
    expect(page.get_by_role("link", name="Sign Up").first).to_be_visible()
    mail = read_mail(site.stack.env, to=ana.email, subject="going to be deleted")
    assert re.search("/auth/signin", str(mail["links"]))

    assert run(let_fourteen_days_pass(site, ana.email)) == []
    page.goto("/auth/signin")
    page.get_by_label("Email").fill(ana.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign In").click()
    expect(page.get_by_text("Invalid credentials")).to_be_visible()
