-- SPDX-License-Identifier: MIT
-- All queries of a ledger, by name. Times are seconds since 1970 (UTC). A condition on the verdict comes
-- first, because SQLite reads a row only as far as it has to. An expression in braces is one of those
-- that are defined here.

-- expression: key_usable
-- Whether the key of a member may be used again: the site remembers it until :margin seconds from now, by
-- what the site said when the key was first used, and by the :lifetime that it says now. A first use more
-- than :skew seconds in the future happened while the clock was wrong.
keyed_at <= :now + :skew AND min(repeatable_until, keyed_at + :lifetime) > :now + :margin

-- expression: queued_selection
-- The members of --only, or all.
:all OR id IN (SELECT id FROM temp.selected WHERE purpose = 'queue')

-- expression: reported_selection
:all OR id IN (SELECT id FROM temp.selected WHERE purpose = 'report')

-- name: damaged_member
-- Values that SQLite's own check accepts: it checks neither types nor the constraints of a file that it
-- does not write.
SELECT id
FROM member
WHERE verdict NOT IN ('waiting', 'sending', 'sent', 'skipped', 'failed', 'unknown')
   OR at NOT BETWEEN 0 AND 253402300799 -- the year 9999
   OR typeof(id) <> 'text' OR typeof(reason) <> 'text' OR typeof(message) <> 'text'
LIMIT 1;

-- name: latest_round
-- The latest round of a period. A round without a list counts only if there is no other.
SELECT number, round, key,
       listed IS NOT NULL AS enrolled,
       EXISTS (SELECT * FROM member
               WHERE run = run.number AND verdict IN ('waiting', 'sending')) AS unfinished
FROM run
WHERE site = :site AND period = :period
ORDER BY enrolled DESC, round DESC
LIMIT 1;

-- name: round_without_list
-- The round of a period whose list never arrived, if there is one.
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
-- The runs of a site, the latest first, with the times of their invocations.
SELECT run.number, period, round, key, listed IS NOT NULL AS listed,
       count(*) AS invocations,
       min(began) AS began,
       (SELECT ended FROM invocation WHERE run = run.number ORDER BY number DESC LIMIT 1) AS ended,
       (SELECT cause FROM invocation WHERE run = run.number ORDER BY number DESC LIMIT 1) AS cause
FROM run JOIN invocation ON invocation.run = run.number
WHERE site = :site
GROUP BY run.number
ORDER BY period DESC, round DESC;

-- name: incomplete_before
-- The latest period before :period whose list never arrived, or with members without a final verdict.
SELECT period, listed IS NOT NULL AS enrolled,
       (SELECT count(*) FROM member
        WHERE run = run.number AND verdict NOT IN ('sent', 'skipped')) AS members
FROM run
WHERE site = :site AND period < :period AND (members OR NOT enrolled)
ORDER BY period DESC, round DESC
LIMIT 1;

-- name: attach_list
-- The list of the site while it arrives, in an anonymous file of its own: to drop it takes no time. It
-- counts when it is complete.
ATTACH '' AS arriving;

-- name: keep_no_journal
-- A list that breaks off is dropped, so that nothing has to be rolled back.
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
-- In the order of the table, so that its pages are written one after the other. A final verdict stays,
-- unless the member was removed from the list and is listed again. A row has a time from the beginning,
-- so that it never grows and its page is never split.
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

-- name: store_fingerprint
UPDATE run
SET listed = :invocation, fingerprint = :fingerprint
WHERE number = :run;

-- name: list_of_run
-- The invocation for which the list of the run arrived, and the fingerprint of that list.
SELECT listed, fingerprint
FROM run
WHERE number = :run;

-- name: any_without_final_verdict
SELECT id FROM member
WHERE run = :run AND verdict NOT IN ('sent', 'skipped')
LIMIT 1;

-- name: skip_removed
-- Members who were certainly not mailed, and are not listed any more.
UPDATE member
SET verdict = 'skipped', reason = :no_longer_listed, message = '', status = NULL, at = :now
WHERE run = :run AND verdict IN ('waiting', 'failed') AND listed <> :invocation;

-- name: make_selection
-- The members of --only: one selection is for the queue, another for reports.
CREATE TEMP TABLE IF NOT EXISTS selected (
    purpose TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (purpose, id)
) WITHOUT ROWID;

-- name: clear_selection
DELETE FROM temp.selected
WHERE purpose = :purpose;

-- name: add_to_selection
INSERT OR IGNORE INTO temp.selected (purpose, id)
VALUES (?1, ?2);

-- name: not_listed
-- Selected members who are not on the list of the site, and have no final verdict.
SELECT id FROM temp.selected
WHERE purpose = 'report' AND NOT EXISTS (SELECT * FROM member
                  WHERE run = :run AND member.id = selected.id AND reason <> :no_longer_listed
                    AND (listed = :listed OR verdict IN ('sent', 'skipped')))
ORDER BY id;

-- name: without_final_verdict
-- Members without a final verdict, and whether this invocation is to try them again.
SELECT id, verdict, queued IS :invocation AS again
FROM member
WHERE run = :run AND verdict NOT IN ('sent', 'skipped') AND listed = :listed
  AND {queued_selection}
ORDER BY id
LIMIT :limit;

-- name: count_without_final_verdict
-- How many members have no final verdict, by verdict.
SELECT verdict, count(*) AS members
FROM member
WHERE run = :run AND verdict NOT IN ('sent', 'skipped') AND listed = :listed
  AND {queued_selection}
GROUP BY verdict;

-- name: retry_failed
UPDATE member
SET verdict = 'waiting'
WHERE run = :run AND verdict = 'failed' AND listed = :listed
  AND {queued_selection};

-- name: queue_unknown
-- An unknown member is tried again if the key may be used again, or if the operator says so.
UPDATE member
SET queued = :invocation
WHERE run = :run AND verdict = 'unknown' AND listed = :listed
  AND (:resend OR {key_usable})
  AND {queued_selection};

-- name: claimable
-- The next members who wait, from :first on, without those to whom this invocation returns later.
SELECT id
FROM member
WHERE run = :run AND id >= :first AND verdict = 'waiting' AND listed = :listed
  AND queued IS NOT :invocation
  AND {queued_selection}
ORDER BY id
LIMIT :limit;

-- name: claimable_again
-- The members who are tried again, the earliest first. The site may have forgotten the key of an unknown
-- member meanwhile. A call that was refused has not used its key.
SELECT id, doubtful, keyed
FROM (SELECT id, at, verdict = 'unknown' AS doubtful,
             coalesce(verdict = 'unknown' AND {key_usable}, false) AS keyed
      FROM member
      WHERE run = :run AND queued = :invocation)
WHERE keyed OR :resend OR NOT doubtful
ORDER BY at, id
LIMIT :limit;

-- name: claim_range
-- All claimable members from :first to :last.
UPDATE member
SET verdict = 'sending', queued = NULL, at = :now,
    keyed_at = :keyed_at, repeatable_until = :repeatable_until
WHERE run = :run AND id BETWEEN :first AND :last AND verdict = 'waiting' AND listed = :listed
  AND queued IS NOT :invocation
  AND {queued_selection};

-- name: claim_each
-- A key that is used again keeps the time of its first use.
UPDATE member
SET verdict = 'sending', queued = NULL, at = :now,
    keyed_at = CASE WHEN :keyed THEN keyed_at ELSE :keyed_at END,
    repeatable_until = CASE WHEN :keyed THEN repeatable_until ELSE :repeatable_until END
WHERE run = :run AND id = :id AND verdict IN ('waiting', 'unknown');

-- name: record
-- Members with the same values: run, time, verdict, reason, message, status, and the invocation that is
-- to try them again.
UPDATE member
SET verdict = ?3, reason = ?4, message = ?5, status = ?6, at = ?2, queued = ?7
WHERE run = ?1 AND id IN (:members) AND verdict = 'sending';

-- name: recover
UPDATE member
SET verdict = 'unknown', reason = :reason, message = :message, status = NULL
WHERE run = :run AND verdict = 'sending';

-- name: tally
-- Members who were sent to are counted apart: to count is quick, and to group needs sorting.
SELECT 'sent' AS verdict, '' AS reason, members
FROM (SELECT count(*) AS members
      FROM member
      WHERE run = :run AND verdict = 'sent' AND reason = ''
        AND {reported_selection})
WHERE members
UNION ALL
SELECT verdict, reason, count(*)
FROM member
WHERE run = :run AND (verdict <> 'sent' OR reason <> '')
  AND {reported_selection}
GROUP BY verdict, reason;

-- name: unresolved
SELECT id, verdict, reason, message, status, at
FROM member
WHERE run = :run AND verdict IN ('failed', 'unknown')
  AND {reported_selection}
ORDER BY id
LIMIT :limit;

-- name: selected_unlisted
-- Selected members who are not in the list that has just arrived.
SELECT id FROM temp.selected
WHERE purpose = 'report' AND id NOT IN (SELECT id FROM arriving.listed)
ORDER BY id;

-- name: plan
-- The members whom the site lists now, with what the run has of them; nothing of new ones.
SELECT listed.id, verdict, reason,
       coalesce(verdict IN ('sending', 'unknown') AND {key_usable}, false) AS repeatable
FROM (SELECT DISTINCT id FROM arriving.listed) AS listed
LEFT JOIN member ON member.run = :run AND member.id = listed.id
ORDER BY listed.id;

-- name: count_removed
-- Members who wait or failed, and are not in the list that has just arrived.
SELECT count(*) AS members
FROM member
WHERE run = :run AND verdict IN ('waiting', 'failed')
  AND id NOT IN (SELECT id FROM arriving.listed);

-- name: count_repeatable
-- The unknown members whose keys a site may remember. A claim without an answer counts too, because it
-- becomes unknown if its process is dead. Members who were removed from the list do not count.
SELECT count(*) AS members
FROM member JOIN run ON run.number = member.run
WHERE run = :run AND member.listed = run.listed AND verdict IN ('sending', 'unknown')
  AND {key_usable}
  AND {reported_selection};
