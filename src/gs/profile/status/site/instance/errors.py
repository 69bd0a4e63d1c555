# SPDX-License-Identifier: MIT
"""What is wrong with a ``site.toml``."""


class ConfigError(Exception):
    """A line that names the file, the key, and what would be right; it has no secret in it."""
