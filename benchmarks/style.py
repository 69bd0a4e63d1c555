# SPDX-License-Identifier: MIT
"""The style of all pictures: colours, fonts, and reproducible output."""

from typing import Any, Final

OURS: Final = "#1f6feb"
OTHERS: Final = "#8c959f"

STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "sendprofile",
    "svg.fonttype": "none",  # text stays text
    "font.size": 10,
}
