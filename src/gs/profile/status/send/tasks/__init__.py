# SPDX-License-Identifier: MIT
"""What a command line can ask for, a module each, and here the parts are built."""
