# SPDX-License-Identifier: MIT
"""What surrounds every test."""

import os
import socket
from pathlib import Path

import pytest


def test_there_is_no_proxy_and_no_authority_in_the_environment(clean_environment):
    assert [name for name in os.environ if name.lower().endswith("_proxy")] == []
    assert not {"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"} & set(os.environ)
    assert [name for name in os.environ if name.startswith("XDG_")] == []
    assert Path.home() == clean_environment


def test_nothing_listens_at_the_free_port(free_port):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free_port))
