"""The ``comeback`` command as a person runs it: the real program in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a secret of the tests that is long enough to be one"


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Comeback = Callable[..., Awaitable[Ended]]


@pytest.fixture
def comeback(database: str, tmp_path: Path) -> Comeback:
    """Run ``comeback`` with these arguments; keywords change the environment."""

    async def run(*arguments: str, **changes: str) -> Ended:
        environment = {
            "PATH": os.environ["PATH"], "COMEBACK_DATA": str(tmp_path), "DATABASE_URL": database, "COLUMNS": "200",
            "COMEBACK_SECRET_KEY": SECRET, **changes,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "handlers.cli", *arguments, env=environment, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return Ended(process.returncode or 0, out.decode(), err.decode())

    return run
