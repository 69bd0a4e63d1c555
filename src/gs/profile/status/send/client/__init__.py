# SPDX-License-Identifier: MIT
"""The two hooks over HTTP, by libcurl."""

from .libcurl import CertificateAuthorities, ClientOptions, TransferLoop
from .site import HttpSite

__all__ = ["CertificateAuthorities", "ClientOptions", "HttpSite", "TransferLoop"]
