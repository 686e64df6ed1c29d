-- Posts photographs in turn: wrk … -s photos.lua URL -- PATH FILE…
-- Says at the end how many answers were not 200, one line of JSON.
local requests = {}
local turn = 0
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    failures = 0
    for index = 2, #arguments do
        local file = assert(io.open(arguments[index], "rb"))
        requests[#requests + 1] = wrk.format("POST", arguments[1], nil, file:read("*a"))
        file:close()
    end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function response(status)
    if status ~= 200 then failures = failures + 1 end
end

function done(summary, latency)
    local failures = 0
    for _, thread in ipairs(threads) do failures = failures + thread:get("failures") end
    local good = summary.requests - failures
    io.write(string.format(
        'RESULT {"requests_per_second": %.1f, "p50_ms": %.2f, "p90_ms": %.2f, "p99_ms": %.2f, "refused": %d, "errors": %d}\n',
        good / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(90) / 1000,
        latency:percentile(99) / 1000, failures, summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
