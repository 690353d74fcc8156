"""Mail into a folder: each once, whole, and readable again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from plugin.mailers.files import FileTransport, file_name, read_inbox
from plugin.ports.mail import MailDeferred
from tests.mails import NOW, FixedClock, mail


async def test_the_same_mail_twice_is_one_file(tmp_path: Path) -> None:
    transport = FileTransport(tmp_path / "mails", clock=FixedClock())
    await transport.send(mail())
    await transport.send(replace(mail(), subject="Another try"))
    [found] = read_inbox(tmp_path / "mails")
    assert found.subject == "Your order #1042 is cancelled"
    assert found.file == file_name("<mail_01@comeback.example>")
    assert [path.suffix for path in (tmp_path / "mails").iterdir()] == [".eml"]


async def test_the_inbox_shows_the_newest_first(tmp_path: Path) -> None:
    transport = FileTransport(tmp_path, clock=FixedClock())
    for age, (name, language) in enumerate([("mail_01", "en"), ("mail_02", "es"), ("mail_03", "ru")]):
        await transport.send(mail(name, language))
        written = int(NOW.timestamp()) + age
        os.utime(tmp_path / file_name(f"<{name}@comeback.example>"), (written, written))
    inbox = read_inbox(tmp_path)
    assert [found.language for found in inbox] == ["ru", "es", "en"]
    assert inbox[0].subject == "Ваш заказ #1042 отменён"
    assert inbox[0].recipient == "ana@example.com"
    assert inbox[0].text == mail(language="ru").text
    assert inbox[0].html.strip() == mail(language="ru").html.strip()
    assert inbox[2].written_at == NOW
    assert [found.language for found in read_inbox(tmp_path, limit=1)] == ["ru"]


def test_a_folder_that_is_not_there_is_an_empty_inbox(tmp_path: Path) -> None:
    assert read_inbox(tmp_path / "none") == []


async def test_a_folder_that_takes_no_files_is_for_later(tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("a file stands where the folder should be")
    transport = FileTransport(tmp_path / "mails", clock=FixedClock())
    with pytest.raises(MailDeferred):
        await transport.send(mail())
    with pytest.raises(MailDeferred):
        await transport.ping()


async def test_the_doctor_hears_of_the_folder(tmp_path: Path) -> None:
    assert await FileTransport(tmp_path / "new").ping() == f"files in {tmp_path / 'new'}"
