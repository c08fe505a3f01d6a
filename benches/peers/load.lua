-- What wrk sends, and what it reports. Arguments after `--`: the kind (get, put, mix), whose protocol (http, etcd),
-- how many names.
--
-- A get is one request, made once. Puts and mixes are made before the load begins and walk over the names, so that no peer pays
-- for the generator. The report is one line of JSON.

local encode
do -- Base64: etcd's JSON wants bytes so.
    local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    function encode(text)
        local out = {}
        for at = 1, #text, 3 do
            local a, b, c = text:byte(at, at + 2)
            local bits = a * 65536 + (b or 0) * 256 + (c or 0)
            for place = 3, 0, -1 do
                local digit = math.floor(bits / 64 ^ place) % 64
                out[#out + 1] = digits:sub(digit + 1, digit + 1)
            end
            if not c then out[#out] = "=" end
            if not b then out[#out - 1] = "=" end
        end
        return table.concat(out)
    end
end

local VALUE = "postgresql://db.internal/app-1"

local function name(number)
    return string.format("app%%2Fservice-%03d%%2Fsetting-%06d", number % 100, number)
end

local function get(protocol, number)
    if protocol == "etcd" then
        local body = string.format('{"key":"%s"}', encode(name(number)))
        return wrk.format("POST", "/v3/kv/range", { ["Content-Type"] = "application/json" }, body)
    end
    return wrk.format("GET", "/v1/config/" .. name(number))
end

local function put(protocol, number)
    if protocol == "etcd" then
        local body = string.format('{"key":"%s","value":"%s"}', encode(name(number)), encode(VALUE))
        return wrk.format("POST", "/v3/kv/put", { ["Content-Type"] = "application/json" }, body)
    end
    return wrk.format("PUT", "/v1/config/" .. name(number), { ["Content-Type"] = "text/plain" }, VALUE)
end

local threads = 0
function setup(thread)
    thread:set("thread", threads)
    threads = threads + 1
end

local requests, at = {}, 0

local function next_request()
    at = at % #requests + 1
    return requests[at]
end

function init(arguments)
    local kind, protocol, names = arguments[1], arguments[2], tonumber(arguments[3])
    if kind == "get" then return end
    for step = 0, names - 1 do
        local number = (step * 7919 + thread * 31) % names
        local writes = kind == "put" or step % 10 == 0
        requests[step + 1] = (writes and put or get)(protocol, number)
    end
    -- Only here: without it wrk sends its one request as it is, which costs it least.
    request = next_request
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"duration_us":%d,"bytes":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"status":%d,"broken":%d}\n',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
        latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
