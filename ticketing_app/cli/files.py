"""Commands for the files of tickets."""

import argparse
from uuid import UUID

from ticketing_app.cli.terminal import Commands, write_line
from ticketing_app.core import db
from ticketing_app.core.http import parse_id
from ticketing_app.deliveries.service import addresses
from ticketing_app.vault.service import erasure, keys, reading
from ticketing_app.vault.service.reading import FileMissingError


def add_commands(commands: Commands) -> None:
    files = commands.add_parser("files", help="keys and erasure of the files of tickets")
    actions = files.add_subparsers(required=True)
    rewrap = actions.add_parser(
        "rewrap", help="wrap the keys of all files and addresses by FILES_KEY"
    )
    rewrap.set_defaults(run=_rewrap)
    erase = actions.add_parser("erase", help="erase files for good, whoever owns them")
    erase.add_argument("ids", nargs="+", metavar="id")
    erase.set_defaults(run=_erase)
    listed = actions.add_parser("list", help="list the files of an account, without content")
    listed.add_argument("user_id")
    listed.set_defaults(run=_list)


async def _rewrap(_: argparse.Namespace) -> None:
    count = await keys.rewrap(db.transaction)
    await addresses.rewrap(db.transaction)
    write_line(f"{count} files are wrapped by FILES_KEY now; none needs FILES_KEY_PREVIOUS.")


async def _erase(options: argparse.Namespace) -> None:
    file_ids = [_read_id(text) for text in options.ids]
    async with db.transaction() as session:
        for file_id in file_ids:
            await erasure.erase_file(session, file_id=file_id)
    await erasure.delete_objects(file_ids)
    write_line(f"{len(file_ids)} files are erased.")


async def _list(options: argparse.Namespace) -> None:
    async with db.transaction() as session:
        found = await reading.list_files(session, owner_id=_read_id(options.user_id))
    for file in found:
        state = "erased" if file.is_erased else "claimed" if file.is_claimed else "unlisted"
        opened = f"opened {file.opened_at:%F %H:%M}" if file.opened_at else "sealed"
        write_line(f"{file.id}  {file.kind:<16}  {file.byte_count:>9}  {state:<8}  {opened}")
    if not found:
        write_line("This account owns no files.")


def _read_id(text: str) -> UUID:
    return parse_id(text, FileMissingError)
