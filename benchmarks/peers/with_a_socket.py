# SPDX-License-Identifier: MIT
"""The minimum: one connection, one call after the other, without a record.

With a file as fourth argument, it writes and syncs a page after each answer: the minimum for a
durable record.
"""

import os
import socket
import sys
from urllib.parse import urlencode, urlsplit

SITE, TOKEN, COUNT = urlsplit(sys.argv[1]), sys.argv[2], int(sys.argv[3])
FILE = os.open(sys.argv[4], os.O_CREAT | os.O_WRONLY, 0o600) if sys.argv[4:] else None

# Bytes: a page of SQLite with its header in the write-ahead log.
PAGE = bytes(4096 + 24)


def main() -> None:
    """Call the send hook COUNT times."""
    form = urlencode({"profileId": "u", "token": TOKEN, "send": "Send"}).encode("ascii")
    head = f"POST /gs-profile-status-send.html HTTP/1.1\r\nContent-Length: {len(form)}\r\n\r\n"
    request = head.encode("ascii") + form
    connection = socket.create_connection((SITE.hostname, SITE.port))
    with connection, connection.makefile("rb") as answers:
        for number in range(COUNT):
            connection.sendall(request)
            length = 0
            while (line := answers.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                if name == b"Content-Length":
                    length = int(value)
            answers.read(length)
            if FILE is not None:
                os.pwrite(FILE, PAGE, number * len(PAGE))
                os.fdatasync(FILE)


if __name__ == "__main__":
    main()
