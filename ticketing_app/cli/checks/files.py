"""Check of the files of tickets: their store and their keys."""

from ticketing_app.cli.checks.findings import Finding, judge, wrong
from ticketing_app.core import db
from ticketing_app.vault.service import health
from ticketing_app.vault.storage import StorageError


async def check_files() -> Finding:
    remedy = "check FILES_URL and FILES_S3_*: address, bucket, keys and room."
    try:
        return judge("files", await health.try_store(), "the store keeps files.", remedy)
    except StorageError as error:
        return wrong("files", f"the store fails ({type(error.__cause__).__name__}).", remedy)


async def check_keys() -> Finding:
    async with db.transaction() as session:
        unreadable = await health.count_unreadable(session)
    return judge(
        "FILES_KEY",
        not unreadable,
        f"{unreadable} files need another key." if unreadable else "opens every file.",
        "set FILES_KEY_PREVIOUS to the key before.",
    )
