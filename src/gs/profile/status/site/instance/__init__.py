# SPDX-License-Identifier: MIT
"""The settings of a site: what its ``site.toml`` and the environment say."""

from .settings import (
    DATABASE_VARIABLE,
    ConfigError,
    ServiceSettings,
    SiteConfig,
    find_exposed,
    has_password,
    is_database,
    is_url,
    read_config,
)
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
