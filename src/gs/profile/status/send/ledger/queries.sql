-- SPDX-License-Identifier: MIT
-- Every question that is put to a ledger, by name. Times are seconds since 1970 (UTC).

-- name: damaged_member
-- What SQLite's own check lets pass: it looks at no type, nor at the constraints of a file that
-- it is not to write.
SELECT id
FROM member
WHERE verdict NOT IN ('waiting', 'sending', 'sent', 'skipped', 'failed', 'unknown')
   OR at NOT BETWEEN 0 AND 253402300799 -- the year 9999
   OR typeof(id) <> 'text' OR typeof(reason) <> 'text' OR typeof(message) <> 'text'
LIMIT 1;

-- name: latest_round
-- The latest round of a period: :site, :period. One whose list never came counts only where
-- there is no other.
SELECT number, round, key,
       EXISTS (SELECT * FROM member WHERE run = run.number) AS enrolled,
       EXISTS (SELECT * FROM member
               WHERE run = run.number AND verdict IN ('waiting', 'sending')) AS unfinished
FROM run
WHERE site = :site AND period = :period
ORDER BY enrolled DESC, round DESC
LIMIT 1;

-- name: round_without_list
-- The round of a period whose list never came, if there is one.
SELECT number, round
FROM run
WHERE site = :site AND period = :period
  AND NOT EXISTS (SELECT * FROM member WHERE run = run.number);

-- name: begin_run
INSERT INTO run (site, period, round, key)
VALUES (:site, :period, :round, :key);

-- name: rekey_run
UPDATE run
SET key = :key
WHERE number = :run;

-- name: begin_invocation
INSERT INTO invocation (run, began)
VALUES (:run, :now);

-- name: end_invocation
UPDATE invocation
SET ended = :now, cause = :cause
WHERE number = :invocation;

-- name: runs_of_site
-- The runs of a site, the latest first, with when each was worked on.
SELECT run.number, period, round, key,
       count(*) AS invocations,
       min(began) AS began,
       (SELECT ended FROM invocation WHERE run = run.number ORDER BY number DESC LIMIT 1) AS ended,
       (SELECT cause FROM invocation WHERE run = run.number ORDER BY number DESC LIMIT 1) AS cause
FROM run JOIN invocation ON invocation.run = run.number
WHERE site = :site
GROUP BY run.number
ORDER BY period DESC, round DESC;

-- name: unfinished_before
-- The latest period before :period of which members are still waiting.
SELECT period, count(*) AS waiting
FROM run JOIN member ON member.run = run.number
WHERE site = :site AND period < :period AND verdict IN ('waiting', 'sending')
GROUP BY run.number
ORDER BY period DESC, round DESC
LIMIT 1;

-- name: make_list
-- Where the site's list is kept while it arrives; it counts when it is whole.
CREATE TEMP TABLE IF NOT EXISTS listed (id TEXT NOT NULL);

-- name: clear_list
DELETE FROM temp.listed;

-- name: add_to_list
INSERT INTO temp.listed (id)
VALUES (:id);

-- name: enrol
-- In the order of the table, so that its pages are written one after the other. Whoever is
-- settled stays as they are, unless they had left the list and are back.
INSERT INTO member (run, id, verdict, listed)
SELECT :run, id, 'waiting', :invocation
FROM temp.listed
WHERE true
ORDER BY id
ON CONFLICT (run, id) DO UPDATE
SET listed = excluded.listed,
    verdict = CASE reason WHEN :no_longer_listed THEN 'waiting' ELSE verdict END,
    reason = CASE reason WHEN :no_longer_listed THEN '' ELSE reason END
WHERE verdict NOT IN ('sent', 'skipped') OR reason = :no_longer_listed;

-- name: skip_who_left
-- Whoever was certainly not mailed, and is not listed any more.
UPDATE member
SET verdict = 'skipped', reason = :no_longer_listed, message = '', status = NULL, at = :now
WHERE run = :run AND verdict IN ('waiting', 'failed') AND listed <> :invocation;

-- name: make_choice
CREATE TEMP TABLE IF NOT EXISTS chosen (id TEXT PRIMARY KEY) WITHOUT ROWID;

-- name: clear_choice
DELETE FROM temp.chosen;

-- name: add_to_choice
INSERT OR IGNORE INTO temp.chosen (id)
VALUES (:id);

-- name: not_listed
-- Who was chosen, and is neither on the site's list nor settled.
SELECT id FROM temp.chosen
WHERE NOT EXISTS (SELECT * FROM member
                  WHERE run = :run AND member.id = chosen.id AND reason <> :no_longer_listed
                    AND (listed = :invocation OR verdict IN ('sent', 'skipped')))
ORDER BY id;

-- name: wait_again
-- Whoever failed waits again, and whoever is unknown if the operator said so.
UPDATE member
SET verdict = 'waiting'
WHERE run = :run AND listed = :invocation
  AND verdict IN ('failed', CASE WHEN :resend_unknown THEN 'unknown' END)
  AND (:all OR id IN (SELECT id FROM temp.chosen));

-- name: count_claimable
SELECT count(*) AS members
FROM member
WHERE run = :run AND listed = :invocation
  AND (verdict = 'waiting'
       OR (verdict = 'unknown' AND repeatable_until > :now
           AND keyed_at <= :now AND keyed_at > :now - :lifetime))
  AND (:all OR id IN (SELECT id FROM temp.chosen));

-- name: claimable
-- The next ones from :first on. An unknown one can be sent to again with the same key until the
-- site forgets it, by what it said then or says now, whichever is sooner; a key from a time to come
-- was used when the clock was wrong.
SELECT id, verdict = 'unknown' AS doubtful
FROM member
WHERE run = :run AND id >= :first AND listed = :invocation
  AND (verdict = 'waiting'
       OR (verdict = 'unknown' AND repeatable_until > :now
           AND keyed_at <= :now AND keyed_at > :now - :lifetime))
  AND (:all OR id IN (SELECT id FROM temp.chosen))
ORDER BY id
LIMIT :limit;

-- name: claim
UPDATE member
SET verdict = 'sending',
    at = :now,
    keyed_at = CASE verdict WHEN 'unknown' THEN keyed_at ELSE :keyed_at END,
    repeatable_until = CASE verdict WHEN 'unknown' THEN repeatable_until ELSE :repeatable_until END
WHERE run = :run AND id = :id AND verdict IN ('waiting', 'unknown');

-- name: settle
UPDATE member
SET verdict = :verdict, reason = :reason, message = :message, status = :status, at = :now
WHERE run = :run AND id = :id AND verdict = 'sending';

-- name: recover
UPDATE member
SET verdict = 'unknown', reason = :reason, message = :message, status = NULL
WHERE run = :run AND verdict = 'sending';

-- name: tally
SELECT verdict, reason, count(*) AS members
FROM member
WHERE run = :run AND (:all OR id IN (SELECT id FROM temp.chosen))
GROUP BY verdict, reason;

-- name: unsettled
SELECT id, verdict, reason, message, status, at
FROM member
WHERE run = :run AND verdict IN ('failed', 'unknown')
ORDER BY id
LIMIT :limit;

-- name: rehearse
-- What the run knows of each of those whom the site lists now; nothing of new ones.
SELECT listed.id, verdict, reason,
       coalesce(verdict IN ('sending', 'unknown') AND repeatable_until > :now
                AND keyed_at <= :now AND keyed_at > :now - :lifetime, false) AS repeatable
FROM (SELECT DISTINCT id FROM temp.listed) AS listed
LEFT JOIN member ON member.run = :run AND member.id = listed.id
ORDER BY listed.id;

-- name: count_who_left
-- Whoever waits or failed, and is not in the list that has just arrived.
SELECT count(*) AS members
FROM member
WHERE run = :run AND verdict IN ('waiting', 'failed')
  AND id NOT IN (SELECT id FROM temp.listed);

-- name: count_repeatable
-- The unknown whose keys a site may remember.
SELECT count(*) AS members
FROM member
WHERE run = :run AND verdict = 'unknown' AND repeatable_until > :now;
