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
                f"{APP}/notices/api.py",
                "        stopped = stopping.read_token(token)\n",
                (
                    "        async with db.transaction() as session:\n"
                    "            stopped = await stopping.stop_mails(session, token=token)\n"
                ),
            ),
        ),
        "tests/integration/notices/test_stop.py",
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
)
