# SPDX-License-Identifier: MIT
"""The two hooks over HTTP, by libcurl."""

from .hookpost import CertificateAuthorities, ClientOptions
from .loop import TransferLoop
from .site import HttpSite

__all__ = ["CertificateAuthorities", "ClientOptions", "HttpSite", "TransferLoop"]
