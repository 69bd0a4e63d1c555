# SPDX-License-Identifier: MIT
"""The text of a new ``site.toml``."""

import json
from typing import Final

_TEXT: Final = """\
# The settings of the site in this folder. The service reads them when it starts. A setting in a
# comment has its default, or is an example if it has no default.
# Passwords can be in this file: let only the right user read it.

# Where members reach this service, for the links in their e-mails. Default: the URL of their site.
# url = "https://groups.example.org"

# The database. Default: the SQLite file site.sqlite3 in this folder.
{database}

[pages]
# Whether GroupServer's pages are below the URL of the site: the e-mails link them.
# groupserver = true

# Where another archive has a group, and a post by its Message-ID. Mailman's HyperKitty has a post
# at its {{message-id-hash}}, public-inbox at its {{message-id}}.
# group = "https://lists.example.org/archives/list/{{group}}@example.org/"
# topic = "https://lists.example.org/archives/list/{{group}}@example.org/message/{{message-id-hash}}/"

[mail]
# "maildir" files the e-mails in the folder Maildir, for trials; "smtp" sends them.
to = "maildir"

# The mail server. The security is "starttls", "tls" or "none"; it decides the default port. The
# password file has one line. The password can also be here, as password, or in the environment.
# host = "mail.example.org"
# security = "starttls"
# port = 587
# user = "sendprofile"
# password-file = "smtp-password"
# ca-file = "authority.pem"

# The address for bounces; the ID of the member is added to it.
# bounces = "bounces@example.org"

# Seconds to wait for an answer, and for the answer that says whether an e-mail was accepted.
# timeout = 60
# final-timeout = 600

# How many connections are open at most, after how many e-mails one is closed, and after how many
# seconds without an e-mail; the name that this machine gives itself to the mail server.
# connections = 4
# messages = 100
# idle = 60
# local-hostname = "groups.example.org"

[service]
# Where the service listens. Port 0 is any free port.
# host = "127.0.0.1"
# port = 0
# unix = "/run/sendprofile-site/socket"

# "json" or "text", which is the default on a terminal; "debug", "info", "warning" or "error".
# log-format = "json"
# log-level = "info"
"""
_EXAMPLE: Final = '# database = "postgresql://sendprofile@localhost/sendprofile"'


def new_settings_file(database: str | None = None) -> str:
    """Return the text of a new ``site.toml``, which sets the URL of a *database* if it is given.

    All other settings are in comments.
    """
    # A string of JSON is one of TOML too, but for U+007F, which no URL has.
    setting = _EXAMPLE if database is None else f"database = {json.dumps(database)}"
    return _TEXT.format(database=setting)
