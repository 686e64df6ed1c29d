-- Sends sixteen requests at once on each connection, and the next when all are answered.
local batch

function init(arguments)
    batch = string.rep(wrk.format(), 16)
end

function request()
    return batch
end
