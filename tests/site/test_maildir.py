# SPDX-License-Identifier: MIT
"""The Maildir mailer: each mail is complete, filed once, and readable by other programs."""

import errno
import mailbox
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gs.profile.status.site.delivery.maildir import MaildirMailer
from gs.profile.status.site.delivery.ports import Deferred
from servers.smtp_messages import PlainMessage


@pytest.fixture
def message():
    return PlainMessage()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_mail_is_delivered_as_it_was_composed(tmp_path, message):
    MaildirMailer(tmp_path / "mail").deliver(message, "reader")
    (delivered,) = (tmp_path / "mail" / "new").iterdir()
    octets = message.octets(eight_bit=False)
    assert delivered.read_bytes() == octets.replace(b"\r\n", b"\n")
    assert names(tmp_path / "mail") == ["cur", "new", "tmp"]
    assert names(tmp_path / "mail" / "tmp") == []


def test_other_programs_can_read_the_maildir(tmp_path, message):
    MaildirMailer(tmp_path / "mail").deliver(message, "reader")
    (read,) = mailbox.Maildir(tmp_path / "mail", create=False)
    assert read["Message-ID"] == message.message_id
    assert read["Subject"] == "x"


def test_simultaneous_mails_have_separate_files(tmp_path, message):
    maildir = MaildirMailer(tmp_path, clock=lambda: 1785542400.0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(maildir.deliver, [message] * 40, ["reader"] * 40))
    assert len(names(tmp_path / "new")) == 40


def test_no_one_else_can_read_the_mails(tmp_path, message):
    MaildirMailer(tmp_path / "mail").deliver(message, "reader")
    (mail,) = (tmp_path / "mail" / "new").iterdir()
    folders = [tmp_path / "mail", *(tmp_path / "mail").iterdir()]
    assert [path.stat().st_mode & 0o777 for path in folders] == [0o700] * 4
    assert mail.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_defers_the_mail(tmp_path, message, monkeypatch, number):
    # Filling a disk needs root.
    def full(_descriptor):
        raise OSError(number, os.strerror(number))

    maildir = MaildirMailer(tmp_path)
    maildir.deliver(message, "reader")
    monkeypatch.setattr(os, "fsync", full)
    assert maildir.deliver(message, "reader", "k") == Deferred(
        f"There is no space for the mail: {os.strerror(number)}."
    )
    assert len(names(tmp_path / "new")) == 1
    assert names(tmp_path / "tmp") == []
    monkeypatch.undo()
    assert not maildir.was_delivered("k")


def test_an_undeliverable_mail_raises_an_error_and_leaves_no_file(tmp_path, message):
    maildir = MaildirMailer(tmp_path)
    maildir.deliver(message, "reader")
    (tmp_path / "new").rename(tmp_path / "moved")
    (tmp_path / "new").write_text("in the way")
    with pytest.raises(OSError, match="new"):
        maildir.deliver(message, "reader")
    assert names(tmp_path / "tmp") == []


def test_the_file_and_the_folder_are_synced_before_the_mail_is_delivered(
    tmp_path, message, monkeypatch
):
    # From outside, only a power failure would show this.
    synced = []
    sync = os.fsync

    def watched(descriptor):
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        sync(descriptor)

    maildir = MaildirMailer(tmp_path / "mail")
    maildir.deliver(message, "reader")
    monkeypatch.setattr(os, "fsync", watched)
    maildir.deliver(message, "reader")
    folders = [path.parent.name for path in synced[:1]] + [synced[-1].name]
    assert folders == ["tmp", "new"]
    maildir.deliver(message, "reader", "k")
    synced.clear()
    assert maildir.was_delivered("k")
    assert [path.name for path in synced] == ["new"]


def test_a_filed_mail_is_found_by_its_key(tmp_path, message):
    maildir = MaildirMailer(tmp_path / "mail")
    assert not maildir.was_delivered("k")
    maildir.deliver(message, "reader")
    maildir.deliver(message, "reader", "k")
    assert [maildir.was_delivered(key) for key in ("k", "K", "k/", "")] == [
        True,
        False,
        False,
        False,
    ]
    assert MaildirMailer(tmp_path / "mail").was_delivered("k")
    assert len(names(tmp_path / "mail" / "new")) == 2


@pytest.mark.parametrize("flags", ["", ":2,", ":2,S", ":2,FRS"])
def test_a_mail_is_found_wherever_a_reader_moved_it(tmp_path, message, flags):
    maildir = MaildirMailer(tmp_path)
    maildir.deliver(message, "reader", "k")
    (mail,) = (tmp_path / "new").iterdir()
    mail.rename(tmp_path / "cur" / f"{mail.name}{flags}")
    assert maildir.was_delivered("k")
    assert not maildir.was_delivered("other")


def test_a_half_written_file_does_not_count_as_delivered(tmp_path, message):
    maildir = MaildirMailer(tmp_path)
    maildir.deliver(message, "reader", "k")
    (mail,) = (tmp_path / "new").iterdir()
    mail.rename(tmp_path / "tmp" / mail.name)
    assert not maildir.was_delivered("k")
    maildir.deliver(message, "reader", "k")
    assert maildir.was_delivered("k")


def test_an_unreadable_folder_raises_an_error(tmp_path, message):
    maildir = MaildirMailer(tmp_path)
    maildir.deliver(message, "reader", "k")
    (tmp_path / "new").rename(tmp_path / "moved")
    (tmp_path / "new").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        maildir.was_delivered("k")
