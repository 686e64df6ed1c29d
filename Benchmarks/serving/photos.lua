-- Posts photographs in turn: wrk … -s photos.lua URL -- FORM PATH FILE…
-- FORM is how a photograph is sent: raw, form (a multipart form with one file), or oip (the Open Inference Protocol's
-- binary form). Says at the end how many answers were not 200, one line of JSON.
local requests = {}
local turn = 0
local threads = {}

local forms = {}

function forms.raw(path, photo)
    return wrk.format("POST", path, nil, photo)
end

function forms.form(path, photo)
    local boundary = "a5f3d1c7e9b24680"
    local body = "--" .. boundary .. "\r\nContent-Disposition: form-data; name=\"image\"; filename=\"photo.jpg\"\r\n"
        .. "Content-Type: image/jpeg\r\n\r\n" .. photo .. "\r\n--" .. boundary .. "--\r\n"
    return wrk.format("POST", path, { ["Content-Type"] = "multipart/form-data; boundary=" .. boundary }, body)
end

function forms.oip(path, photo)
    local size = #photo
    local length = string.char(size % 256, math.floor(size / 256) % 256, math.floor(size / 65536) % 256, 0)
    local head = string.format(
        '{"inputs":[{"name":"image","shape":[1,1],"datatype":"BYTES","parameters":{"binary_data_size":%d}}]}', size + 4)
    local fields = { ["Inference-Header-Content-Length"] = tostring(#head), ["Content-Type"] = "application/octet-stream" }
    return wrk.format("POST", path, fields, head .. length .. photo)
end

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    failures = 0
    for index = 3, #arguments do
        local file = assert(io.open(arguments[index], "rb"))
        requests[#requests + 1] = forms[arguments[1]](arguments[2], file:read("*a"))
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
        'RESULT {"good": %d, "seconds": %.3f, "p50_ms": %.2f, "p90_ms": %.2f, "p99_ms": %.2f, "refused": %d, "errors": %d}\n',
        good, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(90) / 1000,
        latency:percentile(99) / 1000, failures, summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
