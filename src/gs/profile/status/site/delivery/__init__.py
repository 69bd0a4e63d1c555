# SPDX-License-Identifier: MIT
"""Handing a letter over, to a mail server or into a Maildir folder."""

from .maildir import Maildir
from .ports import (
    AllRefusedError,
    DoubtError,
    Letter,
    Mailer,
    NotTakenError,
    Refused,
    RejectedError,
)
from .settings import SmtpSettings
from .smtp import Smtp

__all__ = [
    "AllRefusedError",
    "DoubtError",
    "Letter",
    "Maildir",
    "Mailer",
    "NotTakenError",
    "Refused",
    "RejectedError",
    "Smtp",
    "SmtpSettings",
]
