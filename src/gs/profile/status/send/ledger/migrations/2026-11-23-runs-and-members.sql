-- SPDX-License-Identifier: MIT
-- The first form of the ledger: runs, the invocations of the program that worked on them, and members.
-- Times are seconds since 1970 (UTC), by the clock of the machine.

-- A run is one site and one period; --again begins another round of it.
CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    site   TEXT    NOT NULL, -- host, port and path: the same for every spelling of the URL
    period TEXT    NOT NULL, -- YYYY-MM
    round  INTEGER NOT NULL, -- 1, 2 …
    key    TEXT    NOT NULL, -- the beginning of the Idempotency-Keys of the run
    listed INTEGER,          -- the last invocation whose list arrived; NULL: none
    UNIQUE (site, period, round)
);

-- An invocation of the program for a run. If it was killed, "ended" stays NULL.
CREATE TABLE invocation (
    number INTEGER PRIMARY KEY,
    run    INTEGER NOT NULL REFERENCES run,
    began  REAL    NOT NULL,
    ended  REAL,
    cause  TEXT               -- why it stopped early, if it did
);

CREATE INDEX invocation_of_run ON invocation (run);

-- A member of a run. The verdict is "sending" before a request can be sent.
CREATE TABLE member (
    run     INTEGER NOT NULL REFERENCES run,
    id      TEXT    NOT NULL,
    verdict TEXT    NOT NULL
        CHECK (verdict IN ('waiting', 'sending', 'sent', 'skipped', 'failed', 'unknown')),
    reason  TEXT    NOT NULL DEFAULT '', -- reports count members by it
    message TEXT    NOT NULL DEFAULT '', -- the message of the site, without the token
    status  INTEGER,                     -- the status of the site
    at      REAL,                        -- the time of the verdict
    listed  INTEGER NOT NULL,            -- the last invocation in which the site listed the member
    keyed_at REAL,                       -- the first use of the key; NULL: no keys
    repeatable_until REAL,               -- when the site forgets the key
    queued  INTEGER,                     -- the invocation that has to try again
    PRIMARY KEY (run, id)
) WITHOUT ROWID;

CREATE INDEX member_queued ON member (run, queued) WHERE queued IS NOT NULL;
