# SPDX-License-Identifier: MIT
"""The log: events with named fields, as lines of JSON or text, without personal data."""

from .failures import code_of
from .log import Log
from .setting_up import Format, Level, set_up

__all__ = ["Format", "Level", "Log", "code_of", "set_up"]
