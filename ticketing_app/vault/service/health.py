"""Whether files can be kept and read, for the doctor."""

from sqlmodel.ext.asyncio.session import AsyncSession

from ticketing_app.core.db import new_id
from ticketing_app.vault import envelope, repository, rules, storage

PROBE = b"probe"


async def try_store() -> bool:
    """Whether the store returns the stored bytes; raises StorageError."""
    # Named like a part of a file, so that the sweep deletes it after a broken probe.
    key = rules.object_key(new_id(), "probe")
    await storage.put(key, PROBE)
    is_kept = await storage.get(key) == PROBE
    await storage.delete(key)
    return is_kept


async def count_unreadable(session: AsyncSession) -> int:
    """Count files that need a key that the settings do not have."""
    return await repository.count_by_other_keys(session, envelope.key_names())
