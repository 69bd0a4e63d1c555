-- SPDX-License-Identifier: MIT
-- The first form of the ledger: runs, the invocations of the program that worked on them, and members.
-- Times are seconds since 1970 (UTC), as the machine's clock had them.

-- A run is one site and one period; --again begins another round of it.
CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    site   TEXT    NOT NULL, -- host, port and path: the same for every way to write the URL
    period TEXT    NOT NULL, -- YYYY-MM
    round  INTEGER NOT NULL, -- 1, 2 …
    key    TEXT    NOT NULL, -- what the Idempotency-Keys of the run begin with
    listed INTEGER,          -- the last invocation for which the site's list came; NULL: never
    UNIQUE (site, period, round)
);

-- An invocation of the program, which worked on a run. One that was killed never gets an end.
CREATE TABLE invocation (
    number INTEGER PRIMARY KEY,
    run    INTEGER NOT NULL REFERENCES run,
    began  REAL    NOT NULL,
    ended  REAL,
    cause  TEXT               -- why it stopped before everybody was settled, if it did
);

CREATE INDEX invocation_of_run ON invocation (run);

-- A member of a run: one row, which says "sending" before a request may leave.
CREATE TABLE member (
    run     INTEGER NOT NULL REFERENCES run,
    id      TEXT    NOT NULL,
    verdict TEXT    NOT NULL
        CHECK (verdict IN ('waiting', 'sending', 'sent', 'skipped', 'failed', 'unknown')),
    reason  TEXT    NOT NULL DEFAULT '', -- what members are counted by
    message TEXT    NOT NULL DEFAULT '', -- what the site said, without the token
    status  INTEGER,                     -- the number that the site gave
    at      REAL,                        -- when this verdict came
    listed  INTEGER NOT NULL,            -- the last invocation in which the site listed the member
    keyed_at REAL,                       -- when the key was first used; NULL: the site honours none
    repeatable_until REAL,               -- when the site forgets it, by what it said then
    queued  INTEGER,                     -- the invocation that is to try the member again
    PRIMARY KEY (run, id)
) WITHOUT ROWID;

CREATE INDEX member_queued ON member (run, queued) WHERE queued IS NOT NULL;
