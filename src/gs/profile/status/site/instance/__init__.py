# SPDX-License-Identifier: MIT
"""The folder of a site: its settings, its secrets and its lock."""

from .settings import (
    DATABASE_VARIABLE,
    ServiceSettings,
    SettingsError,
    SiteSettings,
    find_exposed,
    has_password,
    is_database,
    is_url,
    read_settings,
)
from .template import new_settings_file

__all__ = [
    "DATABASE_VARIABLE",
    "ServiceSettings",
    "SettingsError",
    "SiteSettings",
    "find_exposed",
    "has_password",
    "is_database",
    "is_url",
    "new_settings_file",
    "read_settings",
]
