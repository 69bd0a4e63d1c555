# SPDX-License-Identifier: MIT
"""Finds files with a secret in them that others than their owner can read."""

import stat
import tomllib
from pathlib import Path


def find_exposed(file: Path) -> list[Path]:
    """Return which of the settings' *file*, and the file of a password that it names, are exposed.

    Without a secret in it *file* may be read by anybody. It has been read without an error.
    """
    try:
        settings = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return []
    mail = settings.get("mail", {})
    secrets = [file] if "password" in mail or "database" in settings else []
    if "password-file" in mail:
        secrets.append(file.parent / mail["password-file"])
    return [secret for secret in secrets if _is_exposed(secret)]


def _is_exposed(file: Path) -> bool:
    # A group may be meant to read it: the administrators, or the service alone.
    return bool(file.stat().st_mode & stat.S_IROTH)
