import pytest

from ticketing_app.core import buckets
from ticketing_app.core.buckets import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(buckets, "time", clock)
    return clock


class TestTake:
    def test_allows_the_burst_then_the_rate(self, clock: Clock) -> None:
        bucket = TokenBucket(burst=3, per_second=2)
        assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]
        clock.now += 1
        assert [bucket.take() for _ in range(3)] == [True, True, False]

    def test_holds_no_more_than_the_burst(self, clock: Clock) -> None:
        bucket = TokenBucket(burst=2, per_second=2)
        clock.now += 1000
        assert [bucket.take() for _ in range(3)] == [True, True, False]


class TestReserve:
    def test_returns_a_wait_beyond_the_rate(self, clock: Clock) -> None:
        bucket = TokenBucket(burst=4, per_second=2)
        assert [bucket.reserve(cost) for cost in (4, 1, 1)] == [0, 0.5, 1.0]
        clock.now += 1
        assert bucket.reserve() == 0.5

    def test_is_full_again_after_a_while(self) -> None:
        assert TokenBucket(burst=4, per_second=2).seconds_to_fill == 2
