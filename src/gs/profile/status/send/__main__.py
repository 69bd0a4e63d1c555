# SPDX-License-Identifier: MIT
"""``python -m gs.profile.status.send``: the command ``sendprofile`` by another name."""

import sys

from .cli import command

sys.exit(command())
