# SPDX-License-Identifier: MIT
"""The Maildir folder: what is handed over is there, whole, once, and readable by others."""

import mailbox
import os
from concurrent.futures import ThreadPoolExecutor
from email.policy import default
from pathlib import Path

import pytest

from gs.profile.status.site import letter
from gs.profile.status.site.mailer import Maildir
from letters.reading import NOW
from letters.summaries import summary


@pytest.fixture
def message():
    return letter.compose(summary(), now=NOW)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_mail_is_delivered_as_it_was_composed(tmp_path, message):
    Maildir(tmp_path / "mail").hand_over(message)
    (delivered,) = (tmp_path / "mail" / "new").iterdir()
    assert delivered.read_bytes() == message.as_bytes()
    assert names(tmp_path / "mail") == ["cur", "new", "tmp"]
    assert names(tmp_path / "mail" / "tmp") == []


def test_other_programs_read_it(tmp_path, message):
    Maildir(tmp_path / "mail").hand_over(message)
    (read,) = mailbox.Maildir(tmp_path / "mail", create=False)
    assert read["Message-ID"] == message["Message-ID"]
    assert read["Subject"] == message["Subject"]


def test_mails_handed_over_at_the_same_moment_have_files_of_their_own(tmp_path, message):
    maildir = Maildir(tmp_path, clock=lambda: 1785542400.0)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(maildir.hand_over, [message] * 40))
    assert len(names(tmp_path / "new")) == 40


def test_no_one_else_can_read_the_mails(tmp_path, message):
    Maildir(tmp_path / "mail").hand_over(message)
    assert (tmp_path / "mail" / "new").stat().st_mode & 0o077 == 0


def test_a_mail_that_cannot_be_delivered_is_an_error_and_leaves_nothing(tmp_path, message):
    maildir = Maildir(tmp_path)
    maildir.hand_over(message)
    (tmp_path / "new").rename(tmp_path / "moved")
    (tmp_path / "new").write_text("in the way")
    with pytest.raises(OSError, match="new"):
        maildir.hand_over(message)
    assert names(tmp_path / "tmp") == []


def test_the_file_and_the_folder_are_synced_before_it_is_handed_over(
    tmp_path, message, monkeypatch
):
    # The one thing that no test can see from outside, but for cutting the power.
    synced = []
    sync = os.fsync

    def watched(descriptor):
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        sync(descriptor)

    maildir = Maildir(tmp_path / "mail")
    maildir.hand_over(message)
    monkeypatch.setattr(os, "fsync", watched)
    maildir.hand_over(message)
    folders = [path.parent.name for path in synced[:1]] + [synced[-1].name]
    assert folders == ["tmp", "new"]
    maildir.hand_over(message, "k")
    synced.clear()
    assert maildir.has_taken("k")
    assert [path.name for path in synced] == ["new"]


def test_a_mail_with_fields_that_were_added_is_delivered_too(tmp_path, message):
    message["List-Unsubscribe"] = "<https://groups.example.org/u/abc>"
    Maildir(tmp_path).hand_over(message)
    (delivered,) = (tmp_path / "new").iterdir()
    read = mailbox.Maildir(tmp_path, factory=None, create=False)
    assert [each["List-Unsubscribe"] for each in read] == ["<https://groups.example.org/u/abc>"]
    assert delivered.stat().st_size > 0
    assert message.policy.linesep == default.linesep


def test_a_mailer_knows_what_it_has_taken_by_its_key(tmp_path, message):
    maildir = Maildir(tmp_path / "mail")
    assert not maildir.has_taken("k")
    maildir.hand_over(message)
    maildir.hand_over(message, "k")
    assert [maildir.has_taken(key) for key in ("k", "K", "k/", "")] == [True, False, False, False]
    assert Maildir(tmp_path / "mail").has_taken("k")
    assert len(names(tmp_path / "mail" / "new")) == 2


@pytest.mark.parametrize("flags", ["", ":2,", ":2,S", ":2,FRS"])
def test_a_mail_is_known_wherever_a_reader_has_put_it(tmp_path, message, flags):
    maildir = Maildir(tmp_path)
    maildir.hand_over(message, "k")
    (mail,) = (tmp_path / "new").iterdir()
    mail.rename(tmp_path / "cur" / f"{mail.name}{flags}")
    assert maildir.has_taken("k")
    assert not maildir.has_taken("other")


def test_what_a_crash_left_half_written_was_not_taken_and_is_not_in_the_way(tmp_path, message):
    maildir = Maildir(tmp_path)
    maildir.hand_over(message, "k")
    (mail,) = (tmp_path / "new").iterdir()
    mail.rename(tmp_path / "tmp" / mail.name)
    assert not maildir.has_taken("k")
    maildir.hand_over(message, "k")
    assert maildir.has_taken("k")


def test_a_folder_that_cannot_be_read_is_no_answer(tmp_path, message):
    maildir = Maildir(tmp_path)
    maildir.hand_over(message, "k")
    (tmp_path / "new").rename(tmp_path / "moved")
    (tmp_path / "new").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        maildir.has_taken("k")
