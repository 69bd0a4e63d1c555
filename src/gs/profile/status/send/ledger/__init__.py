# SPDX-License-Identifier: MIT
"""The ledger: the members of each run, and their verdicts."""
