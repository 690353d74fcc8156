"""A step of a story."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

W = TypeVar("W")


class Move(NamedTuple, Generic[W]):
    """What happens, in a sentence, and the world after it. It is fair where nobody has to do anything for it, and
    nothing goes wrong in it."""

    story: str
    after: W
    is_fair: bool = True
