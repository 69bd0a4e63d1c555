# SPDX-License-Identifier: MIT
"""The ledger: who is in a run, and what became of each."""
