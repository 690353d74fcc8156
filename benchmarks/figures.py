"""What was measured, beside what DESIGN §10 wants; printed as a table and kept in ``docs/benchmarks.md``."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``meets`` is None where DESIGN §10 sets no target."""

    what: str
    measured: str
    target: str = ""
    meets: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "NO", None: ""}[self.meets]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def machine() -> str:
    """The size of the machine in one line."""
    models = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else platform.processor() or platform.machine()
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def revision() -> str:
    answer = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "no revision"


def show(figures: list[Figure]) -> None:
    table = Table(title=machine(), title_justify="left")
    for column in ("what", "measured", "target", "met"):
        table.add_column(column, overflow="fold")
    for figure in figures:
        style = "red" if figure.meets is False else None
        table.add_row(figure.what, figure.measured, figure.target, figure.verdict, style=style)
    Console(width=150).print(table)


def write(figures: list[Figure], command: str, path: Path) -> None:
    """Replace the table between the marks of ``path``; what people have written around it stays."""
    begin, end = "<!-- figures -->", "<!-- end of figures -->"
    before, _, rest = path.read_text().partition(begin)
    _, _, after = rest.partition(end)
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [f"{at}, revision {revision()}, `{command}`, on {machine()}.", ""]
    lines += ["| what | measured | target | met |", "| --- | --- | --- | --- |"]
    lines += [f"| {f.what} | {f.measured} | {f.target} | {f.verdict} |" for f in figures]
    path.write_text("\n".join([before.rstrip() + "\n", begin, *lines, end]) + after)
