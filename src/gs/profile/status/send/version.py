# SPDX-License-Identifier: MIT
"""The version of the distribution."""

# As the build reads it: one plain assignment.
VERSION = "2.0.0.dev0"
