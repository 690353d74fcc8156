"""The mails of a run, as their readers open them."""

from __future__ import annotations

import time
from email import message_from_bytes
from email.policy import default

from plugin.db import rows
from plugin.mailers.files import file_name
from tests.faults.check import steady
from tests.faults.shoppers import PATIENCE, GaveUp, pause
from tests.faults.town import Town


async def text_of(town: Town, purpose: str) -> str:
    """The text of the mail that was written for this purpose, once it has arrived."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = await steady(
            lambda: rows("SELECT message_id FROM mails WHERE purpose = $1 AND state = 'sent'", purpose)
        )
        if found:
            raw = (town.postmaster.folder / file_name(found[0]["message_id"])).read_bytes()
            part = message_from_bytes(raw, policy=default).get_body(("plain",))
            assert part is not None
            return str(part.get_content()).replace("\r\n", "\n")
        await pause()
    raise GaveUp(f"The mail for {purpose} did not come in {PATIENCE:.0f} s.")
