"""Token buckets: so many at once, then so many per second."""

import time


class TokenBucket:
    """Starts full with `burst` tokens and gains `per_second`; the clock is the monotonic one."""

    def __init__(self, *, burst: float, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._tokens = burst
        self._counted_at = time.monotonic()

    @property
    def seconds_to_fill(self) -> float:
        """Time after which an idle bucket is full again."""
        return self._burst / self._per_second

    def take(self) -> bool:
        """Take one token, if there is one."""
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def reserve(self, tokens: float = 1) -> float:
        """Take `tokens`, on credit if need be; return the seconds after which they are covered."""
        self._refill()
        self._tokens -= tokens
        return max(0.0, -self._tokens / self._per_second)

    def _refill(self) -> None:
        now = time.monotonic()
        gained = (now - self._counted_at) * self._per_second
        self._tokens = min(self._burst, self._tokens + gained)
        self._counted_at = now
