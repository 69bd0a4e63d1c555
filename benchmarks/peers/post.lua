-- SPDX-License-Identifier: MIT
-- Has wrk call the send hook as sendprofile does, for one member after the other, and say as JSON
-- what came of it.

local rest
local number = 0

function init(args)
  rest = args[1]
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
end

function request()
  local scattered = (number * 2654435761) % 4294967296
  local form = string.format("profileId=%08x%014d&%s", scattered, number, rest)
  number = number + 1
  return wrk.format("POST", nil, nil, form)
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "failed": %d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
