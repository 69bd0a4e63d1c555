# SPDX-License-Identifier: MIT
"""What comes into a site: the archives of mailing lists, members, and the data of the demo."""
