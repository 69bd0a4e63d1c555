# SPDX-License-Identifier: MIT
"""How a run is told: nothing, lines, or a terminal; and the summary at its end."""
