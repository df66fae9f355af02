"""Deliberate bugs in payments, refunds and webhooks."""

from tests.deliberate_bugs.mutant import APP, Mutant

PAYMENT_TESTS = "tests/integration/payments"
RACES = f"{PAYMENT_TESTS}/test_races.py"
SILENT_TESTS = "tests/integration/test_silent_stripe.py"
RESALE_TESTS = f"{PAYMENT_TESTS}/test_resale.py"
PARTIAL_TESTS = f"{PAYMENT_TESTS}/test_partial_refunds.py"
REFUSAL_TESTS = f"{PAYMENT_TESTS}/test_refusals.py"

MUTANTS = (
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
                f"{APP}/orders/repository/orders.py",
                "status IN ('created', 'awaiting_payment') AND expires_at < 'infinity'",
                "status IN ('created', 'awaiting_payment', 'capturing')",
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
                'key=f"refund-{refund.id}-{refund.attempt}"',
                'key=f"refund-{refund.id}-{refund.checks}"',
            ),
        ),
        f"{PAYMENT_TESTS}/test_unknown_answers.py",
    ),
    Mutant(
        7,
        "a refund that the bank sent back still counts as done",
        (
            (
                f"{APP}/payments/service/refund_record.py",
                '        await _record_failed(session, book, refund, made.id, "The bank sent the money back to us.")\n',
                "",
            ),
        ),
        f"{PAYMENT_TESTS}/test_refunds.py",
    ),
    Mutant(
        7,
        "a ticket whose refund is under way is refunded again",
        (
            (
                f"{APP}/payments/service/refund_book.py",
                "            and item.ticket_id not in self._undone_ids\n",
                "",
            ),
        ),
        PARTIAL_TESTS,
    ),
    Mutant(
        7,
        "a refund is larger than what is left of the charge",
        (
            (
                f"{APP}/payments/service/refund.py",
                "            amount_cents = book.left_cents\n",
                "            pass\n",
            ),
        ),
        PARTIAL_TESTS,
    ),
    Mutant(
        7,
        "an order is refunded although one of its items is not",
        (
            (
                f"{APP}/orders/service/refund.py",
                "is_requested=all(item.refund_requested_at",
                "is_requested=any(item.refund_requested_at",
            ),
            (
                f"{APP}/orders/service/refund.py",
                "is_refunded=all(item.refunded_at",
                "is_refunded=any(item.refunded_at",
            ),
        ),
        PARTIAL_TESTS,
    ),
    Mutant(
        7,
        "an item is refunded before its money is given back",
        (
            (
                f"{APP}/payments/service/refund_record.py",
                "    if is_done and not book.is_short(refund):\n",
                "    if not book.is_short(refund):\n",
            ),
        ),
        PARTIAL_TESTS,
    ),
    Mutant(
        7,
        "after a stored error a ticket is refunded a second time",
        (
            (
                f"{APP}/payments/service/refund.py",
                "    if found and (found[0].status == RefundStatus.PENDING or found[0].attempt):\n",
                "    if found and found[0].status == RefundStatus.PENDING:\n",
            ),
        ),
        PARTIAL_TESTS,
    ),
    Mutant(
        7,
        "a payment captured after its event was cancelled is kept",
        (
            (
                f"{APP}/payments/service/cancelled_event.py",
                "    if not await tickets.is_event_cancelled(session, ticket_id=order.ticket_ids[0]):\n",
                "    if order:\n",
            ),
        ),
        f"{PAYMENT_TESTS}/test_cancelled_event.py",
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
                "    if charge:\n        await HANDLERS[",
                """    async with transaction() as session:
        await repository.mark_handled(session, event_id)
    if charge:
        await HANDLERS[""",
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
    Mutant(
        7,
        "several tickets are charged as one",
        (
            (
                f"{APP}/payments/service/opening.py",
                "amount_cents=order.price_cents,",
                "amount_cents=order.items[0].price_cents,",
            ),
        ),
        PARTIAL_TESTS,
    ),
    Mutant(
        7,
        "the refund of an item takes all tickets of its order from the buyer",
        (
            (
                f"{APP}/orders/service/refund.py",
                "if (ticket_ids is None or item.ticket_id in ticket_ids) and _may_move(item, to)",
                "if _may_move(item, to)",
            ),
        ),
        PARTIAL_TESTS,
    ),
)
