"""Deliberate bugs in listings, events, accounts, limits and pages."""

from tests.deliberate_bugs.mutant import APP, Mutant

MUTANTS = (
    Mutant(
        7,
        "nothing sweeps what webhooks and nudges lost",
        (
            (
                f"{APP}/processes.py",
                "    work_jobs.do_all_due: 20,\n    sweep_charges: 20,\n    sweep_webhooks: 20,\n",
                "",
            ),
        ),
        "tests/integration/test_processes.py::TestCron",
    ),
    Mutant(
        7,
        "nothing audits by itself",
        ((f"{APP}/processes.py", "    audit_payments: 24 * 3600,\n", ""),),
        "tests/integration/test_processes.py::TestCron",
    ),
    Mutant(
        7,
        "a worker loads whatever pickle is in Redis",
        (
            (
                f"{APP}/core/queues.py",
                "_PlainUnpickler(io.BytesIO(data)).load()",
                "pickle.loads(data)",
            ),
        ),
        "tests/integration/test_queue_worker.py::TestForeignJobs",
    ),
    Mutant(
        8,
        "an event that comes twice takes effect twice",
        (
            (
                f"{APP}/messaging/inbox.py",
                "{(row.event_id, row.subscriber) for row in claimed}",
                "{(each, name) for each in event_ids for name in subscribers}",
            ),
        ),
        "tests/integration/messaging",
    ),
    Mutant(
        8,
        "an event that the stream lost is never sent again",
        (
            (
                f"{APP}/messaging/relay.py",
                "SET published_at = CASE WHEN sent.is_missing THEN NULL ELSE o.published_at END",
                "SET published_at = o.published_at",
            ),
        ),
        "tests/integration/messaging",
    ),
    Mutant(
        2,
        "a lease is judged by the start of the transaction",
        (
            (
                f"{APP}/tickets/repository/tickets.py",
                "NOW = func.clock_timestamp()",
                "NOW = func.now()",
            ),
        ),
        "tests/integration/tickets/test_lease.py",
    ),
    Mutant(
        0,
        "an edit of an outdated description is saved",
        (
            (
                f"{APP}/tickets/rules.py",
                "return not content_version <= seen <= version",
                "return seen > version",
            ),
        ),
        "tests/integration/tickets/test_changes.py::TestUpdateTicket",
    ),
    Mutant(
        8,
        "a relay that hangs leads for ever",
        ((f"{APP}/messaging/relay.py", 'HANG_LIMIT = "10s"', 'HANG_LIMIT = "0"'),),
        "tests/integration/messaging/test_leadership.py",
    ),
    Mutant(
        0,
        "the scheme of a request's origin is not compared",
        (
            (
                f"{APP}/core/origin.py",
                'return origin.lower() in {f"{public.scheme}://{own}" for own in hosts}',
                'return origin.lower().rpartition("/")[2] in hosts',
            ),
        ),
        "tests/unit/core/test_origin.py",
    ),
    Mutant(
        0,
        "limits count by the full IPv6 address",
        (
            (
                f"{APP}/core/addresses.py",
                "return str(ip_network((found, CLIENT_PREFIX), strict=False))",
                "return str(found)",
            ),
        ),
        "tests/unit/core/test_addresses.py",
    ),
    Mutant(
        0,
        "guesses of a password are limited by address alone",
        (
            (
                f"{APP}/core/limits.py",
                """        Rule("signin_limit_per_minute", MINUTE, ("account", "address")),
        Rule("signin_limit_per_account_per_hour", HOUR, ("account",)),
""",
                "",
            ),
        ),
        "tests/integration/accounts/test_throttles.py::TestGuesses",
    ),
    Mutant(
        0,
        "holds have no limit by account",
        (
            (
                f"{APP}/core/limits.py",
                'Rule("hold_limit_per_minute", MINUTE, ("account",)), ',
                "",
            ),
        ),
        "tests/integration/test_throttles.py::TestHolds",
    ),
    Mutant(
        0,
        "a new password leaves old devices known",
        (
            (
                f"{APP}/accounts/devices.py",
                'return claims["jti"] if claims.get("password") == _fingerprint(user) else None',
                'return claims["jti"]',
            ),
        ),
        "tests/integration/accounts/test_throttles.py::TestKnownDevice",
    ),
    Mutant(
        0,
        "a seller can list a seat twice at the same time",
        (
            (
                "alembic/versions/20261130_seats.py",
                "CREATE UNIQUE INDEX CONCURRENTLY",
                "CREATE INDEX CONCURRENTLY",
            ),
        ),
        "tests/integration/tickets/test_listings.py::TestSeatListedTwice",
    ),
    Mutant(
        0,
        "a seat is another one when its accents are left out",
        (
            (
                "alembic/versions/20261130_seats.py",
                "search_key(coalesce(section, ''))",
                "coalesce(section, '')",
            ),
        ),
        "tests/integration/tickets/test_listings.py::TestSeatListedTwice",
    ),
    Mutant(
        0,
        "a listing leaves the list when its first ticket is sold",
        (("alembic/versions/20261130_seats.py", "    op.execute(TRIGGER)\n", ""),),
        "tests/integration/tickets/test_listings.py::TestFront",
    ),
    Mutant(
        0,
        "an edit of a listing changes a ticket that is being bought",
        (
            (
                f"{APP}/tickets/service/listings.py",
                "if any(row.is_locked for row in found.unsold):",
                "if all(row.is_locked for row in found.unsold):",
            ),
        ),
        "tests/integration/tickets/test_listing_changes.py::TestUpdateListing",
    ),
    Mutant(
        0,
        "a ticket with another price stays in its listing",
        (
            (
                f"{APP}/tickets/service/tickets.py",
                'OF_LISTING = OF_EVENT | {"price_cents", "delivery_method"',
                'OF_LISTING = OF_EVENT | {"delivery_method"',
            ),
        ),
        "tests/integration/tickets/test_listing_changes.py::TestUpdateTicket",
    ),
)
