# SPDX-License-Identifier: MIT
"""The core of a run: it decides, and does input and output through its ports only."""
