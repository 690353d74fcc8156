"""Starts Comeback's processes by a fork of one that has imported everything, which saves 1.5 s of a core each time.

Each is a process of its own with nothing open but what it opens: only the reading of the modules is shared. It speaks
lines of JSON on its standard input and output: a ``Birth`` comes in, the new process's id goes out.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.faults.process import live

ROOT = Path(__file__).parents[2]
_PR_SET_PDEATHSIG = 1


class Birth(Struct, frozen=True, kw_only=True):
    """What to start: the arguments of ``comeback``, the whole environment, the file that its output goes to."""

    command: tuple[str, ...]
    environment: dict[str, str]
    log: str


class Born:
    """A process that is not our child: its end is seen through a descriptor, not by its id."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._descriptor, self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._ended.set()

    @property
    def is_alive(self) -> bool:
        return not self._ended.is_set()

    def signal(self, which: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self.is_alive:
            try:
                signal.pidfd_send_signal(self._descriptor, which)
            except ProcessLookupError:
                return

    async def wait(self) -> None:
        await self._ended.wait()


class Nursery:
    """The process that forks, kept by a town."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.nursery", cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def start(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Born:
        """Start ``comeback`` with these arguments."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        birth = Birth(command=tuple(command), environment=dict(environment), log=str(log))
        async with self._turn:
            self._process.stdin.write(msgspec.json.encode(birth) + b"\n")
            return Born(int(await self._process.stdout.readline()))

    async def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()


def _serve() -> None:
    """Fork for every line that comes in; a child never returns from here."""
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        sys.exit("An import has started a thread, which a fork does not bring along.")
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not waited for
    for line in sys.stdin.buffer:
        birth = msgspec.json.decode(line, type=Birth)
        pid = os.fork()
        if pid == 0:
            _be(birth)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _be(birth: Birth) -> None:
    """Become the process that was asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # nobody outlives the town
    log = os.open(birth.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(birth.environment)
    sys.argv = ["comeback", *birth.command]
    status = 1
    try:
        live()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
