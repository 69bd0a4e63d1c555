# SPDX-License-Identifier: MIT
"""The delivery of a mail: to a mail server, or into a Maildir folder."""

from .maildir import MaildirMailer
from .ports import (
    Deferred,
    Delivered,
    DeliveryResult,
    InDoubt,
    Mailer,
    OutgoingMail,
    RecipientsRefused,
    RefusedRecipient,
    Rejected,
)
from .settings import SmtpSettings
from .smtp import SmtpMailer

__all__ = [
    "Deferred",
    "Delivered",
    "DeliveryResult",
    "InDoubt",
    "MaildirMailer",
    "Mailer",
    "OutgoingMail",
    "RecipientsRefused",
    "RefusedRecipient",
    "Rejected",
    "SmtpMailer",
    "SmtpSettings",
]
