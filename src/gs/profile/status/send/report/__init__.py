# SPDX-License-Identifier: MIT
"""The reports of a run: its progress, its summary, and the runs of a ledger."""
