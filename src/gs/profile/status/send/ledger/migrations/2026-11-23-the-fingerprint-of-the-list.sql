-- SPDX-License-Identifier: MIT
-- A list that has not changed since it was last stored need not be compared with the members again.

ALTER TABLE run ADD COLUMN fingerprint BLOB; -- of the list that came last; NULL: not known
