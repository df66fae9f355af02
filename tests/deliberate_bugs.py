"""Deliberate bugs, one or more for each rule of the product; tests/mutants.py builds them in.

Rule 0 stands for what protects visitors without being a rule of the product.
"""

from dataclasses import dataclass

APP = "ticketing_app"
HOLD = f"{APP}/orders/repository.py"
HOLD_TESTS = "tests/integration/orders/test_hold.py"
COOLDOWN_TESTS = "tests/integration/orders/test_cooldown.py"
SELL_TESTS = "tests/integration/orders/test_sell.py"
PAYMENT_TESTS = "tests/integration/payments"
RACES = f"{PAYMENT_TESTS}/test_races.py"
SILENT_TESTS = "tests/integration/test_silent_stripe.py"
RESALE_TESTS = f"{PAYMENT_TESTS}/test_resale.py"
REFUSAL_TESTS = f"{PAYMENT_TESTS}/test_refusals.py"


@dataclass(frozen=True)
class Mutant:
    """A bug: `edits` are (file, what stands there, what stands there instead)."""

    rule: int
    bug: str
    edits: tuple[tuple[str, str, str], ...]
    caught_by: str


MUTANTS = (
    Mutant(
        1,
        "a hold does not ask whether somebody else's runs",
        ((HOLD, "AND (t.locked_until IS NULL OR t.locked_until <= now())", ""),),
        f"{HOLD_TESTS}::TestRace",
    ),
    Mutant(
        1,
        "nothing in the database keeps two orders of a ticket apart",
        (
            (
                "alembic/versions/20261122_initial_tables.py",
                '["ticket_id"],\n        unique=True',
                '["ticket_id"],\n        unique=False',
            ),
        ),
        f"{HOLD_TESTS}::TestCreateOrder",
    ),
    Mutant(
        1,
        "nothing in the database keeps two listings of a bought ticket apart",
        (("alembic/versions/20261125_resale.py", "unique=True", "unique=False"),),
        f"{SELL_TESTS}::TestSellTicket",
    ),
    Mutant(
        1,
        "a listing again does not wait for the refund of its ticket",
        (
            (
                f"{APP}/orders/service/sell.py",
                "await leases.lock_seat(session, ticket_id=ticket.previous_ticket_id)",
                "pass",
            ),
        ),
        f"{SELL_TESTS}::TestRefundedTicket",
    ),
    Mutant(
        1,
        "who was refunded can still list the ticket again",
        (
            (
                f"{APP}/orders/rules.py",
                "return sales[-1].seller_id if sales else None",
                "return sales[-1].buyer_id if sales else None",
            ),
        ),
        f"{SELL_TESTS}::TestRefundedTicket",
    ),
    Mutant(
        1,
        "a refund gives the seat back by one sale only",
        (
            (
                f"{APP}/orders/rules.py",
                "return sales[-1].seller_id if sales else None",
                "return sales[0].seller_id if sales else None",
            ),
        ),
        f"{RESALE_TESTS}::TestOwner",
    ),
    Mutant(
        1,
        "a withdrawn listing that is still held does not count as living",
        (
            (
                f"{APP}/tickets/repository/resale.py",
                "TicketStatus.WITHDRAWN, col(Ticket.locked_until).is_not(None)",
                "TicketStatus.WITHDRAWN",
            ),
        ),
        f"{RESALE_TESTS}::TestHeldRelistingOfRefundedTicket",
    ),
    Mutant(
        1,
        "a disputed ticket can be sold on",
        (
            (
                f"{APP}/orders/rules.py",
                "return None if sale.is_disputed else sale.buyer_id",
                "return sale.buyer_id",
            ),
        ),
        f"{RESALE_TESTS}::TestDisputedTicket",
    ),
    Mutant(
        7,
        "an order is completed although its ticket cannot be given",
        (
            (
                f"{APP}/orders/service/order_payment.py",
                "        if lease is None:\n            return await give_up_captured(session, order_id=order_id)\n",
                "",
            ),
        ),
        f"{RESALE_TESTS}::TestCapturedOrderWithoutTicket",
    ),
    Mutant(
        7,
        "a captured order that cannot be completed is tried for ever",
        (
            (
                f"{APP}/payments/service/failures.py",
                "    if charge.checks < LAST_CHECKS:\n",
                "    if charge.checks:\n",
            ),
        ),
        f"{REFUSAL_TESTS}::TestCapturedOrderThatCannotBeCompleted",
    ),
    Mutant(
        7,
        "one bad payment ends the audit",
        (
            (
                f"{APP}/payments/service/audit.py",
                "    except Exception as error:\n        log.exception",
                "    except ZeroDivisionError as error:\n        log.exception",
            ),
        ),
        f"{REFUSAL_TESTS}::TestOneBadCharge",
    ),
    Mutant(
        2,
        "a ticket stays locked until a worker comes by",
        ((HOLD, "(t.locked_until IS NULL OR t.locked_until <= now())", "t.locked_until IS NULL"),),
        f"{HOLD_TESTS}::TestLapsedHold",
    ),
    Mutant(
        2,
        "the lease and the deadline of the order are different instants",
        (
            (
                HOLD,
                "held.locked_until, false, 1, now()",
                "held.locked_until + interval '1 s', false, 1, now()",
            ),
        ),
        f"{HOLD_TESTS}::TestCreateOrder",
    ),
    Mutant(
        3,
        "whoever ends frees the ticket, whosever it is",
        (
            (
                f"{APP}/tickets/repository/tickets.py",
                "            col(Ticket.order_id) == order_id,\n",
                "",
            ),
            (
                f"{APP}/orders/service/release.py",
                "    if order.status not in sources:",
                (
                    "    await leases.release(session, ticket_id=order.ticket_id, order_id=order.id)\n"
                    "    if order.status not in sources:"
                ),
            ),
        ),
        f"{HOLD_TESTS}::TestLapsedHold",
    ),
    Mutant(
        4,
        "a buyer can cancel what is being captured",
        ((f"{APP}/orders/rules.py", "BUYER_CAN_CANCEL = PAYABLE", "BUYER_CAN_CANCEL = ACTIVE"),),
        f"{HOLD_TESTS}::TestCancelOrder",
    ),
    Mutant(
        4,
        "an order that ran out can still be completed",
        (
            (
                f"{APP}/orders/rules.py",
                "OrderStatus.COMPLETED: frozenset({OrderStatus.CAPTURING}),",
                "OrderStatus.COMPLETED: frozenset({OrderStatus.CAPTURING, OrderStatus.EXPIRED}),",
            ),
        ),
        "tests/unit/orders/test_rules.py::TestSources",
    ),
    Mutant(
        5,
        "a seller can change the price of a locked ticket",
        (
            (
                f"{APP}/tickets/rules.py",
                "return availability(status, is_locked=is_locked) is Availability.AVAILABLE",
                "return status is TicketStatus.FOR_SALE",
            ),
        ),
        f"{HOLD_TESTS}::TestLockedTicket",
    ),
    Mutant(
        6,
        "a seller can buy their own ticket",
        ((HOLD, "      AND t.seller_id <> :buyer_id\n", ""),),
        f"{HOLD_TESTS}::TestCreateOrder",
    ),
    Mutant(
        7,
        "money is captured without claiming the order first",
        (
            (
                f"{APP}/payments/service/settle.py",
                'if intent.status == "requires_capture" and await _claim(transaction, charge):',
                'if intent.status == "requires_capture":',
            ),
        ),
        PAYMENT_TESTS,
    ),
    Mutant(
        7,
        "an order is called over while a claim of it is under way",
        (
            (
                f"{APP}/payments/service/charges.py",
                "session, order_id=charge.order_id, for_update=for_update\n",
                "session, order_id=charge.order_id\n",
            ),
        ),
        PAYMENT_TESTS,
    ),
    Mutant(
        7,
        "an old decline cancels what another card was claimed for",
        (
            (
                f"{APP}/payments/service/settle.py",
                'if (await intents.get_intent(stripe_id)).status != "requires_payment_method":',
                "if False:",
            ),
        ),
        PAYMENT_TESTS,
    ),
    Mutant(
        7,
        "a refund that the bank sent back is shown as done by an old answer",
        (
            (
                f"{APP}/payments/gateway/intents.py",
                "return _refund(await client.call(refunds.retrieve_async(made.id)))",
                "return _refund(made)",
            ),
        ),
        PAYMENT_TESTS,
    ),
    Mutant(
        7,
        "money that was taken buys nothing",
        (
            (
                f"{APP}/payments/service/settle.py",
                '        case "succeeded":\n            await _record_paid(transaction, charge, charge.stripe_id)\n',
                '        case "succeeded":\n            pass\n',
            ),
        ),
        PAYMENT_TESTS,
    ),
    Mutant(
        7,
        "a second try makes a second payment",
        (
            (
                f"{APP}/payments/service/opening.py",
                'key=f"pi-{charge.key}-{charge.attempt}"',
                'key=f"pi-{id(charge)}-{charge.attempt}"',
            ),
        ),
        PAYMENT_TESTS,
    ),
    Mutant(
        7,
        "the expiry also ends what is being captured",
        (
            (
                f"{APP}/tickets/service/lease.py",
                '{"locked_until": repository.NEVER_AT}',
                '{"locked_until": repository.Ticket.locked_until}',
            ),
            (
                f"{APP}/orders/service/release.py",
                "_end(session, order, OrderStatus.EXPIRED, rules.PAYABLE)",
                "_end(session, order, OrderStatus.EXPIRED, rules.ACTIVE)",
            ),
            (
                f"{APP}/orders/rules.py",
                "OrderStatus.EXPIRED: PAYABLE,",
                "OrderStatus.EXPIRED: ACTIVE,",
            ),
        ),
        RACES,
    ),
    Mutant(
        7,
        "a payment whose order is over is never cancelled at Stripe",
        (
            (
                f"{APP}/payments/service/void.py",
                "await intents.cancel_intent(stripe_id)",
                "await intents.get_intent(stripe_id)",
            ),
        ),
        RACES,
    ),
    Mutant(
        7,
        "nobody looks after an order that is being captured",
        (
            (
                f"{APP}/payments/rules.py",
                "return Work.WAIT if status is OrderStatus.CREATED else",
                "return Work.WAIT if status is not OrderStatus.AWAITING_PAYMENT else",
            ),
        ),
        RACES,
    ),
    Mutant(
        7,
        "a lost answer to the capture counts as a failure",
        (
            (
                f"{APP}/payments/service/settle.py",
                "        return await intents.capture_intent(stripe_id)\n    except StripeRefusedError:\n",
                (
                    "        return await intents.capture_intent(stripe_id)\n"
                    "    except StripeUnavailableError:\n"
                    '        return Intent(id=stripe_id, status="canceled", client_secret="")\n'
                    "    except StripeRefusedError:\n"
                ),
            ),
        ),
        RACES,
    ),
    Mutant(
        7,
        "a second try makes a second refund",
        (
            (
                f"{APP}/payments/service/refund.py",
                'key=f"refund-{charge.key}-{charge.refund_attempt}"',
                'key=f"refund-{charge.checks}"',
            ),
        ),
        f"{PAYMENT_TESTS}/test_unknown_answers.py",
    ),
    Mutant(
        7,
        "a refund that the bank sent back still counts as done",
        (
            (
                f"{APP}/payments/service/refund.py",
                '            await _record_failed(session, charge, made.id, "The bank sent the money back to us.")\n',
                "",
            ),
        ),
        f"{PAYMENT_TESTS}/test_refunds.py",
    ),
    Mutant(
        7,
        "money that came too late is kept",
        (
            (
                f"{APP}/payments/service/void.py",
                "        await refund.request_for_charge(session, charge_id=charge_id, reason=Reason.PAID_TOO_LATE)\n",
                "",
            ),
        ),
        RACES,
    ),
    Mutant(
        7,
        "a webhook counts as handled before it is",
        (
            (
                f"{APP}/payments/service/webhook.py",
                "attempts=webhook.attempts + 1, next_attempt_at=next_turn",
                "attempts=webhook.attempts + 1, handled_at=func.now()",
            ),
        ),
        f"{PAYMENT_TESTS}/test_webhook.py",
    ),
    Mutant(
        7,
        "the audit keeps to itself that money bought nothing",
        (
            (
                f"{APP}/payments/service/audit.py",
                "if kept_cents > 0 and not is_paid:",
                "if kept_cents > 0 and charge and not is_paid:",
            ),
        ),
        f"{PAYMENT_TESTS}/test_audit.py",
    ),
    Mutant(
        7,
        "nothing sweeps what webhooks and nudges lost",
        (
            (
                f"{APP}/processes.py",
                "    sweep_charges: 20,\n    sweep_webhooks: 20,\n",
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
        "a call to a silent Stripe lasts as long as its SDK waits",
        (
            (
                f"{APP}/payments/gateway/client.py",
                "stripe.HTTPXClient(timeout=settings.stripe_timeout_seconds)",
                "stripe.HTTPXClient()",
            ),
        ),
        SILENT_TESTS,
    ),
    Mutant(
        7,
        "a call to Stripe is not tried again",
        (
            (
                f"{APP}/payments/gateway/client.py",
                "max_network_retries=RETRIES",
                "max_network_retries=0",
            ),
        ),
        SILENT_TESTS,
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
        "an order ends without its event",
        (
            (
                f"{APP}/orders/service/release.py",
                "    access.record(session, kind, ended, lease)\n",
                "",
            ),
        ),
        HOLD_TESTS,
    ),
    Mutant(
        8,
        "an order moves on, and its history does not tell",
        ((f"{APP}/orders/service/access.py", "    repository.add_step(session, order)\n", ""),),
        HOLD_TESTS,
    ),
    Mutant(
        8,
        "an event that comes twice takes effect twice",
        (
            (
                f"{APP}/messaging/inbox.py",
                "(await _run(session, _CLAIM, subscriber=subscriber, event_id=event_id)).rowcount == 1",
                "(await _run(session, _CLAIM, subscriber=subscriber, event_id=event_id)).rowcount >= 0",
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
        "strangers read a withdrawn listing",
        ((f"{APP}/orders/service/queries.py", "raise TicketWithdrawnError", "return ticket"),),
        "tests/integration/orders/test_api.py::TestWithdrawnTicket",
    ),
    Mutant(
        2,
        "released holds cost nothing",
        (
            (
                HOLD,
                "WHEN o.status = 'cancelled' THEN o.ended_at",
                "WHEN o.status = 'cancelled' THEN NULL",
            ),
        ),
        COOLDOWN_TESTS,
    ),
    Mutant(
        2,
        "many short holds cost no more than one",
        ((HOLD, "sum(lost.ended_at - o.created_at)", "max(lost.ended_at - o.created_at)"),),
        COOLDOWN_TESTS,
    ),
    Mutant(
        7,
        "declines are counted by the last error alone",
        (
            (
                f"{APP}/payments/service/webhook.py",
                "if is_new and event.decline and event.intent_id:",
                "if not event:",
            ),
            (
                f"{APP}/payments/service/settle.py",
                "[*await intents.list_declines(stripe_id), decline] if decline else []",
                "[decline] if decline else []",
            ),
        ),
        f"{PAYMENT_TESTS}/test_declines.py",
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
        "every settlement of a buyer asks Stripe",
        (
            (
                f"{APP}/payments/service/settle.py",
                'if await limits.allows("stripe_questions", account=charge_id):',
                "if True:",
            ),
        ),
        "tests/integration/payments/test_limits.py::TestSettle",
    ),
)
