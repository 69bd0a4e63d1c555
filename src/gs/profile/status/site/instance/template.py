# SPDX-License-Identifier: MIT
"""Writes the settings of a new site."""

import json
from typing import Final

_TEXT: Final = """\
# The settings of the site in this folder, which the service reads when it starts. A comment has
# the default of a setting or, where there is none, an example.
# Whoever can read this file may learn its passwords: keep it for the right user alone.

# Where members reach this service, for the links in their e-mails. Without it, at the
# address of their site.
# url = "https://groups.example.org"

# The database: without it the SQLite file site.sqlite3 in this folder.
{database}

[pages]
# Whether GroupServer's pages are below the URL of the site, to be linked in the e-mails.
# groupserver = true

# Where an archive elsewhere has a group, and a post by its Message-ID: Mailman's HyperKitty has
# a post at its {{message-id-hash}}, public-inbox at its {{message-id}}.
# group = "https://lists.example.org/archives/list/{{group}}@example.org/"
# topic = "https://lists.example.org/archives/list/{{group}}@example.org/message/{{message-id-hash}}/"

[mail]
# "maildir" files the e-mails in the folder Maildir, for trials; "smtp" sends them.
to = "maildir"

# The mail server. Security is "starttls", "tls" or "none"; the port follows from it. The file
# has one line, the password; it can be here instead, as password, or in the environment.
# host = "mail.example.org"
# security = "starttls"
# port = 587
# user = "sendprofile"
# password-file = "smtp-password"
# ca-file = "authority.pem"

# Who gets the bounces; the ID of the member is added to it.
# bounces = "bounces@example.org"

# Seconds to wait for an answer, and for the one that says whether a letter was taken.
# timeout = 60
# final-timeout = 600

# How many connections there are at most, after how many letters one is closed, and after how
# many seconds without any; what this machine calls itself there.
# connections = 4
# messages = 100
# idle = 60
# local-hostname = "groups.example.org"

[service]
# Where the service listens. Port 0 is any that is free.
# host = "127.0.0.1"
# port = 0
# unix = "/run/sendprofile-site/socket"

# "json" or "text", which is the default on a terminal; "debug", "info", "warning" or "error".
# log-format = "json"
# log-level = "info"
"""
_EXAMPLE: Final = '# database = "postgresql://sendprofile@localhost/sendprofile"'


def new_settings_file(database: str | None = None) -> str:
    """Return the text of a ``site.toml``; with the URL of a *database* that is not the usual one.

    All other settings are there as comments.
    """
    # A string of JSON is one of TOML too, but for U+007F, which no URL has.
    setting = _EXAMPLE if database is None else f"database = {json.dumps(database)}"
    return _TEXT.format(database=setting)
