"""One emulator for all tests of this folder, reset before each."""

from collections.abc import AsyncGenerator, Generator

import pytest

from tests.integration.devstack.stripe_tools import SECRET, Emulator, Receiver


@pytest.fixture(scope="package", autouse=True)
def _no_proxy() -> Generator[None]:
    """Unset proxies, which the SDK's HTTP client would use even for loopback addresses."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="package")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("emulator"))
    yield emulator
    assert await emulator.stop() == 0


@pytest.fixture
async def emulator(running: Emulator) -> Emulator:
    await running.control("reset")
    return running


@pytest.fixture
async def receiver(emulator: Emulator) -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    await emulator.control("webhook", url=receiver.url, secret=SECRET)
    yield receiver
    await emulator.control("reset")
    await emulator.control("webhook")
    receiver.close()
