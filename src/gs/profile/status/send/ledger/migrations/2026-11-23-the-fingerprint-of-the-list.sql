-- SPDX-License-Identifier: MIT
-- A list that has not changed since it was stored does not have to be compared with the members.

ALTER TABLE run ADD COLUMN fingerprint BLOB; -- of the last list; NULL: unknown
