"""Choices: over which channels a person gets which kinds of notices."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.notices import repository, rules
from ticketing_app.notices.rules import Channel
from ticketing_app.notices.schemas import Choice, ChoiceRead
from ticketing_app.notices.views.catalog import WORDINGS

MAILED_DAILY = " (by mail once a day)"


async def list_choices(session: AsyncSession, *, user_id: UUID) -> list[ChoiceRead]:
    """Return the kinds of notices that have a choice or are shown by the bell."""
    chosen = await repository.list_all_choices(session, user_id)
    return [
        ChoiceRead(
            kind=name,
            label=f"{WORDINGS[name].label}{MAILED_DAILY if kind.is_digest else ''}",
            wanted=rules.wanted_channels(kind, chosen.get(name, {})),
            switchable=frozenset(each for each in Channel if rules.can_choose(kind, each)),
        )
        for name, kind in rules.KINDS.items()
        if Channel.BELL in kind.channels or rules.can_choose(kind, Channel.MAIL)
    ]


async def save_choices(
    session: AsyncSession,
    *,
    user_id: UUID,
    wanted: Collection[Choice],
    channels: Collection[Channel],
) -> None:
    """Want exactly these notices over `channels`; unknown and essential ones are ignored."""
    # Stores differences only, so that a new default applies to all others.
    await repository.delete_choices(session, user_id, channels)
    for name, kind in rules.KINDS.items():
        for channel in channels:
            is_wanted = Choice(name, channel) in wanted
            if rules.can_choose(kind, channel) and is_wanted != (channel in kind.channels):
                await repository.set_choice(
                    session, user_id=user_id, kind=name, channel=channel, is_wanted=is_wanted
                )
