-- SPDX-License-Identifier: MIT
-- Every question that is put to a ledger, by name. Times are seconds since 1970 (UTC). Verdicts are
-- asked for first, for SQLite reads a row only as far as it has to.

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
       listed IS NOT NULL AS enrolled,
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
  AND listed IS NULL;

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
SELECT run.number, period, round, key, listed IS NOT NULL AS listed,
       count(*) AS invocations,
       min(began) AS began,
       (SELECT ended FROM invocation WHERE run = run.number ORDER BY number DESC LIMIT 1) AS ended,
       (SELECT cause FROM invocation WHERE run = run.number ORDER BY number DESC LIMIT 1) AS cause
FROM run JOIN invocation ON invocation.run = run.number
WHERE site = :site
GROUP BY run.number
ORDER BY period DESC, round DESC;

-- name: left_before
-- The latest period before :period whose list never came, or of which not all is settled.
SELECT period, listed IS NOT NULL AS enrolled,
       (SELECT count(*) FROM member
        WHERE run = run.number AND verdict NOT IN ('sent', 'skipped')) AS members
FROM run
WHERE site = :site AND period < :period AND (members OR NOT enrolled)
ORDER BY period DESC, round DESC
LIMIT 1;

-- name: attach_list
-- Where the site's list is kept while it arrives, in a file of its own that nobody sees: to drop it
-- takes no time. It counts when it is whole.
ATTACH '' AS arriving;

-- name: keep_no_journal
-- A list that breaks off is dropped, not put right.
PRAGMA arriving.journal_mode = OFF;

-- name: make_list
CREATE TABLE arriving.listed (id TEXT NOT NULL);

-- name: detach_list
DETACH arriving;

-- name: add_to_list
INSERT INTO arriving.listed (id)
VALUES :members;

-- name: any_listed
SELECT id FROM arriving.listed
LIMIT 1;

-- name: enrol
-- In the order of the table, so that its pages are written one after the other. Whoever is
-- settled stays as they are, unless they had left the list and are back. A row has its time from
-- the beginning: so it never grows, and its page is never split.
INSERT INTO member (run, id, verdict, at, listed)
SELECT :run, id, 'waiting', :now, :invocation
FROM arriving.listed
WHERE true
ORDER BY id
ON CONFLICT (run, id) DO UPDATE
SET listed = excluded.listed,
    verdict = CASE reason WHEN :no_longer_listed THEN 'waiting' ELSE verdict END,
    reason = CASE reason WHEN :no_longer_listed THEN '' ELSE reason END
WHERE verdict NOT IN ('sent', 'skipped') OR reason = :no_longer_listed;

-- name: note_list
UPDATE run
SET listed = :invocation, fingerprint = :fingerprint
WHERE number = :run;

-- name: list_of_run
-- The invocation for which the list came that the run has, and the fingerprint of that list.
SELECT listed, fingerprint
FROM run
WHERE number = :run;

-- name: unsettled_member
SELECT id FROM member
WHERE run = :run AND verdict NOT IN ('sent', 'skipped')
LIMIT 1;

-- name: skip_who_left
-- Whoever was certainly not mailed, and is not listed any more.
UPDATE member
SET verdict = 'skipped', reason = :no_longer_listed, message = '', status = NULL, at = :now
WHERE run = :run AND verdict IN ('waiting', 'failed') AND listed <> :invocation;

-- name: make_choice
-- Members who were chosen by name: one choice is for the line, another for a look at the run.
CREATE TEMP TABLE IF NOT EXISTS chosen (
    purpose TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (purpose, id)
) WITHOUT ROWID;

-- name: clear_choice
DELETE FROM temp.chosen
WHERE purpose = :purpose;

-- name: add_to_choice
INSERT OR IGNORE INTO temp.chosen (purpose, id)
VALUES (?1, ?2);

-- name: not_listed
-- Who was chosen, and is neither on the site's list nor settled.
SELECT id FROM temp.chosen
WHERE purpose = 'look' AND NOT EXISTS (SELECT * FROM member
                  WHERE run = :run AND member.id = chosen.id AND reason <> :no_longer_listed
                    AND (listed = :listed OR verdict IN ('sent', 'skipped')))
ORDER BY id;

-- name: unsettled_members
-- Who is not settled, and whether this invocation is to try them again.
SELECT id, verdict, queued IS :invocation AS again
FROM member
WHERE run = :run AND verdict NOT IN ('sent', 'skipped') AND listed = :listed
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'line'))
ORDER BY id
LIMIT :limit;

-- name: census
-- How many are not settled, by verdict.
SELECT verdict, count(*) AS members
FROM member
WHERE run = :run AND verdict NOT IN ('sent', 'skipped') AND listed = :listed
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'line'))
GROUP BY verdict;

-- name: wait_again
-- Whoever failed waits again.
UPDATE member
SET verdict = 'waiting'
WHERE run = :run AND verdict = 'failed' AND listed = :listed
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'line'));

-- name: queue_unknown
-- Whoever is unknown is tried again where that is safe, or where the operator said so. It is safe
-- with the same key until the site forgets it, by what it said then or says now, whichever is
-- sooner, and :margin seconds before; a key from a time to come was used when a clock was wrong.
UPDATE member
SET queued = :invocation
WHERE run = :run AND verdict = 'unknown' AND listed = :listed
  AND (:resend OR (keyed_at <= :now + 60
                   AND min(repeatable_until, keyed_at + :lifetime) > :now + :margin))
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'line'));

-- name: claimable
-- The next ones who wait, from :first on, and were not given back by this invocation.
SELECT id
FROM member
WHERE run = :run AND id >= :first AND verdict = 'waiting' AND listed = :listed
  AND queued IS NOT :invocation
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'line'))
ORDER BY id
LIMIT :limit;

-- name: claimable_again
-- Those who are tried again, the longest ago first. The key of one who is in doubt may have been
-- forgotten meanwhile; a call that was refused has not used its key.
SELECT id, doubtful, keyed
FROM (SELECT id, at, verdict = 'unknown' AS doubtful,
             coalesce(verdict = 'unknown' AND keyed_at <= :now + 60
                      AND min(repeatable_until, keyed_at + :lifetime) > :now + :margin,
                      false) AS keyed
      FROM member
      WHERE run = :run AND queued = :invocation)
WHERE keyed OR :resend OR NOT doubtful
ORDER BY at, id
LIMIT :limit;

-- name: claim_range
-- All of the claimable from :first to :last.
UPDATE member
SET verdict = 'sending', queued = NULL, at = :now,
    keyed_at = :keyed_at, repeatable_until = :repeatable_until
WHERE run = :run AND id BETWEEN :first AND :last AND verdict = 'waiting' AND listed = :listed
  AND queued IS NOT :invocation
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'line'));

-- name: claim_each
-- A key that is used again keeps the time of its first use.
UPDATE member
SET verdict = 'sending', queued = NULL, at = :now,
    keyed_at = CASE WHEN :keyed THEN keyed_at ELSE :keyed_at END,
    repeatable_until = CASE WHEN :keyed THEN repeatable_until ELSE :repeatable_until END
WHERE run = :run AND id = :id AND verdict IN ('waiting', 'unknown');

-- name: settle
-- Those of whom the same is known: the run, the time, verdict, reason, message, status, and the
-- invocation that is to try them again.
UPDATE member
SET verdict = ?3, reason = ?4, message = ?5, status = ?6, at = ?2, queued = ?7
WHERE run = ?1 AND id IN (:members) AND verdict = 'sending';

-- name: recover
UPDATE member
SET verdict = 'unknown', reason = :reason, message = :message, status = NULL
WHERE run = :run AND verdict = 'sending';

-- name: tally
-- Those who were sent to are counted by themselves: to count is quick, and to group needs sorting.
SELECT 'sent' AS verdict, '' AS reason, members
FROM (SELECT count(*) AS members
      FROM member
      WHERE run = :run AND verdict = 'sent' AND reason = ''
        AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'look')))
WHERE members
UNION ALL
SELECT verdict, reason, count(*)
FROM member
WHERE run = :run AND (verdict <> 'sent' OR reason <> '')
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'look'))
GROUP BY verdict, reason;

-- name: unsettled
SELECT id, verdict, reason, message, status, at
FROM member
WHERE run = :run AND verdict IN ('failed', 'unknown')
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'look'))
ORDER BY id
LIMIT :limit;

-- name: chosen_unlisted
-- Who was chosen, and is not in the list that has just arrived.
SELECT id FROM temp.chosen
WHERE purpose = 'look' AND id NOT IN (SELECT id FROM arriving.listed)
ORDER BY id;

-- name: rehearse
-- What the run knows of each of those whom the site lists now; nothing of new ones.
SELECT listed.id, verdict, reason,
       coalesce(verdict IN ('sending', 'unknown') AND keyed_at <= :now + 60
                AND min(repeatable_until, keyed_at + :lifetime) > :now + :margin,
                false) AS repeatable
FROM (SELECT DISTINCT id FROM arriving.listed) AS listed
LEFT JOIN member ON member.run = :run AND member.id = listed.id
ORDER BY listed.id;

-- name: count_who_left
-- Whoever waits or failed, and is not in the list that has just arrived.
SELECT count(*) AS members
FROM member
WHERE run = :run AND verdict IN ('waiting', 'failed')
  AND id NOT IN (SELECT id FROM arriving.listed);

-- name: count_repeatable
-- The unknown whose keys a site may remember. Who is being sent to is one as well, should nobody
-- be left to hear the answer; who has left the list is not.
SELECT count(*) AS members
FROM member JOIN run ON run.number = member.run
WHERE run = :run AND member.listed = run.listed AND verdict IN ('sending', 'unknown')
  AND keyed_at <= :now + 60 AND repeatable_until > :now + :margin
  AND (:all OR id IN (SELECT id FROM temp.chosen WHERE purpose = 'look'));
