# SPDX-License-Identifier: MIT
"""The tasks of the command line, one in each module. Only they build the parts of the program."""
