# SPDX-License-Identifier: MIT
"""The least that can be done: one connection, one call after the other, nothing recorded."""

import socket
import sys
from urllib.parse import urlencode, urlsplit

SITE, TOKEN, COUNT = urlsplit(sys.argv[1]), sys.argv[2], int(sys.argv[3])


def main() -> None:
    """Call the send hook COUNT times."""
    form = urlencode({"profileId": "u", "token": TOKEN, "send": "Send"}).encode("ascii")
    head = f"POST /gs-profile-status-send.html HTTP/1.1\r\nContent-Length: {len(form)}\r\n\r\n"
    request = head.encode("ascii") + form
    connection = socket.create_connection((SITE.hostname, SITE.port))
    with connection, connection.makefile("rb") as answers:
        for _ in range(COUNT):
            connection.sendall(request)
            length = 0
            while (line := answers.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                if name == b"Content-Length":
                    length = int(value)
            answers.read(length)


if __name__ == "__main__":
    main()
