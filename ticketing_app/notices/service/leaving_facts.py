"""Facts of the mails about one's data."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.notices.schemas import DueMail
from ticketing_app.notices.views.leaving import ExportFacts, KeptFacts, LeavingFacts


async def prepare_export_ready(_session: AsyncSession, mail: DueMail) -> ExportFacts:
    return ExportFacts.model_validate(mail.facts)


async def prepare_leaving(_session: AsyncSession, mail: DueMail) -> LeavingFacts:
    return LeavingFacts.model_validate(mail.facts)


async def prepare_kept(_session: AsyncSession, _mail: DueMail) -> KeptFacts:
    return KeptFacts()
