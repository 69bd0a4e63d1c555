# SPDX-License-Identifier: MIT
"""Handing a letter over, to a mail server or into a Maildir folder."""

from .maildir import MaildirMailer
from .ports import (
    AllRefusedError,
    DoubtError,
    Mailer,
    NotTakenError,
    OutgoingMail,
    RefusedRecipient,
    RejectedError,
)
from .settings import SmtpSettings
from .smtp import SmtpMailer

__all__ = [
    "AllRefusedError",
    "DoubtError",
    "MaildirMailer",
    "Mailer",
    "NotTakenError",
    "OutgoingMail",
    "RefusedRecipient",
    "RejectedError",
    "SmtpMailer",
    "SmtpSettings",
]
