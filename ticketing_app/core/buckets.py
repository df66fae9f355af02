import time


class TokenBucket:
    """Starts full, with `burst` tokens, and refills by `per_second`."""

    def __init__(self, *, burst: float, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._tokens = burst
        self._counted_at = time.monotonic()

    @property
    def seconds_to_fill(self) -> float:
        """Return the seconds until an empty bucket is full."""
        return self._burst / self._per_second

    def take(self) -> bool:
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def reserve(self, tokens: float = 1) -> float:
        """Take `tokens`, even if too few are left; return the seconds until they are covered."""
        self._refill()
        self._tokens -= tokens
        return max(0.0, -self._tokens / self._per_second)

    def _refill(self) -> None:
        now = time.monotonic()
        gained = (now - self._counted_at) * self._per_second
        self._tokens = min(self._burst, self._tokens + gained)
        self._counted_at = now
