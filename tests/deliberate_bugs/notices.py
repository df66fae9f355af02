from tests.deliberate_bugs.mutant import APP, Mutant

SENDING = "tests/integration/notices/test_sending.py"
LETTER = "tests/unit/notices/test_letter.py"

MUTANTS = (
    Mutant(
        0,
        "a notice is made and nobody mails it",
        (
            (
                f"{APP}/notices/service/telling.py",
                "    await work.want(session, MAIL_WORK, send.id)\n",
                "",
            ),
        ),
        SENDING,
    ),
    Mutant(
        0,
        "a mail that the server took is sent again",
        (
            (
                f"{APP}/notices/service/sending.py",
                "        await repository.mark_sent(mail.id)\n",
                "",
            ),
        ),
        SENDING,
    ),
    Mutant(
        0,
        "a busy mailbox counts as one that does not exist",
        (
            (
                f"{APP}/notices/gateway/smtp.py",
                "    if error.code < 500:",
                "    if error.code < 400:",
            ),
        ),
        SENDING,
    ),
    Mutant(
        0,
        "mails go on to an address from which they came back",
        (
            (
                f"{APP}/notices/service/sending.py",
                "        if reply.is_mailbox_unknown:",
                "        if not reply.is_mailbox_unknown:",
            ),
        ),
        SENDING,
    ),
    Mutant(
        0,
        "a scanner that follows the links of a mail switches it off",
        (
            (
                f"{APP}/ui/notices/stop_page.py",
                "    return stopped_page(stop_content(stopping.read_token(token).kind))\n",
                (
                    "    from ticketing_app.ui import transactions\n"
                    "    stopped = await transactions.in_transaction(stopping.stop_mails, token=token)\n"
                    "    return stopped_page(stop_content(stopped.kind))\n"
                ),
            ),
        ),
        "tests/ui/test_notice_forms.py",
    ),
    Mutant(
        0,
        "a stop link can be made for somebody else",
        (
            (
                f"{APP}/notices/service/stopping.py",
                "    if not is_ours or kind not in rules.KINDS:",
                "    if kind not in rules.KINDS:",
            ),
        ),
        "tests/integration/notices/test_stop.py",
    ),
    Mutant(
        0,
        "the title of a ticket runs as HTML in mails",
        ((f"{APP}/notices/letter.py", "autoescape=True", "autoescape=False"),),
        LETTER,
    ),
    Mutant(
        0,
        "the title of a ticket breaks the header of a mail",
        (
            (
                f"{APP}/notices/letter.py",
                "    subject = printable(letter.subject)\n",
                "    subject = letter.subject\n",
            ),
        ),
        LETTER,
    ),
    Mutant(
        0,
        "mail programs cannot read the address to unsubscribe with one click",
        (
            (
                f"{APP}/notices/letter.py",
                "policy=_WIRE_POLICY.clone(",
                "policy=SMTP.clone(",
            ),
        ),
        LETTER,
    ),
    Mutant(
        0,
        "the server calls any host that a browser names",
        (
            (
                f"{APP}/notices/rules.py",
                "    return matched[1] in _PUSH_SERVICES or matched[1].endswith(_PUSH_SERVICE_DOMAINS)\n",
                "    return True\n",
            ),
        ),
        "tests/unit/notices/test_push_services.py",
    ),
    Mutant(
        0,
        "a device gets the notices of the account that used it before",
        (
            (
                f"{APP}/notices/repository.py",
                '    del values["endpoint"]\n',
                '    del values["endpoint"], values["user_id"]\n',
            ),
        ),
        "tests/integration/notices/test_push.py",
    ),
    Mutant(
        0,
        "a device gets notices after its session ended",
        (
            (
                f"{APP}/notices/service/push.py",
                "        if not await sessions.is_live(session, session_id=subscription.session_id):\n",
                "        if not subscription.session_id:\n",
            ),
        ),
        "tests/integration/notices/test_push.py",
    ),
    Mutant(
        0,
        "a page keeps counting the notices of the account before",
        (
            (
                f"{APP}/ui/session.py",
                "    await channels.subscribe_notices(state, caller.user_id if caller else None)\n",
                "    if caller:\n        await channels.subscribe_notices(state, caller.user_id)\n",
            ),
        ),
        "tests/ui/test_notice_states.py",
    ),
)
