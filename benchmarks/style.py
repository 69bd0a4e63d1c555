# SPDX-License-Identifier: MIT
"""How all pictures look: colours, letters, and the same bytes for the same figures."""

from typing import Any, Final

OURS: Final = "#1f6feb"
OTHERS: Final = "#8c959f"

STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "sendprofile",
    "svg.fonttype": "none",  # letters stay letters
    "font.size": 10,
}
