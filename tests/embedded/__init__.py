# SPDX-License-Identifier: MIT
"""Sites to test with: small ones, row by row, and a real server in front of them."""
