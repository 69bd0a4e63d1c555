# SPDX-License-Identifier: MIT
"""The settings of a call: its command line, its configuration file and its environment."""
