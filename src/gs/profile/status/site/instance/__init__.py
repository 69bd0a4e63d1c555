# SPDX-License-Identifier: MIT
"""The settings of a site: what its ``site.toml`` and the environment say."""

from .errors import ConfigError
from .exposed import find_exposed
from .settings import DATABASE_VARIABLE, has_password, is_database, is_url, read_config
from .site_settings import ServiceSettings, SiteConfig
from .template import new_config

__all__ = [
    "DATABASE_VARIABLE",
    "ConfigError",
    "ServiceSettings",
    "SiteConfig",
    "find_exposed",
    "has_password",
    "is_database",
    "is_url",
    "new_config",
    "read_config",
]
