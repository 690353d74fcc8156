"""What happened in a run, in its order: printed with the seed when an invariant breaks."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_SAME = 4  # a client that keeps asking fills no pages


@dataclass
class Timeline:
    """Moments in seconds since the run began."""

    began: float = field(default_factory=time.monotonic)
    moments: list[tuple[float, str]] = field(default_factory=list)

    def note(self, what: str) -> float:
        """Write it down, unless it was just said; returns the reading of ``time.monotonic`` that was taken for it."""
        now = time.monotonic()
        if what not in (told for _, told in self.moments[-_SAME:]):
            self.moments.append((now, what))
        return now

    def told(self) -> str:
        return "\n".join(f"    {at - self.began:7.3f} s  {what}" for at, what in self.moments)
