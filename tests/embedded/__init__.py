# SPDX-License-Identifier: MIT
"""Sites for tests: small databases, filled row by row, and real servers in this process."""
