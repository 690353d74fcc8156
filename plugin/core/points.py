"""The points of SECURITY.md at which a fault run strikes: ``before`` and ``after`` each step that must survive it.

In service nobody watches, and passing a point is one look at an empty list. No setting arms them: the only watcher is
the fault runs' own process (``tests/faults/process.py``), which is not installed and refuses production.
"""

from __future__ import annotations

from collections.abc import Callable

Watcher = Callable[[str], None]

_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> None:
    """Call ``watcher`` with the name of every point that this process passes from now on."""
    _watchers.append(watcher)


def point(name: str) -> None:
    """Pass a point; ``name`` is "before" or "after" and the step."""
    for watcher in _watchers:
        watcher(name)
