# SPDX-License-Identifier: MIT
"""The core of a run, without input or output: it decides, and knows its ports alone."""
