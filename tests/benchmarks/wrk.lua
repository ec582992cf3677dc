-- POST a fixed body, look into every answer, print one line of JSON at the end.
local file = io.open(os.getenv("WRK_BODY"), "rb")
local expected = os.getenv("WRK_EXPECTED")
local threads = {}
wrong = 0

wrk.method = "POST"
wrk.body = file:read("*a")
file:close()
wrk.headers["content-type"] = "application/json"
if os.getenv("WRK_KEY") ~= "" then
  wrk.headers["authorization"] = "Bearer " .. os.getenv("WRK_KEY")
end

function setup(thread)
  table.insert(threads, thread)
end

function response(status, headers, body)
  if status ~= 200 or not string.find(body, expected, 1, true) then
    wrong = wrong + 1
  end
end

function done(summary, latency, requests)
  local bad = 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("wrong")
  end
  local errors = summary.errors
  io.write(string.format(
    '\nJSON{"requests":%d,"microseconds":%d,"wrong":%d,"connect":%d,"read":%d,"write":%d,'
      .. '"timeout":%d,"mean":%.3f,"p50":%.3f,"p95":%.3f,"p99":%.3f}\n',
    summary.requests, summary.duration, bad, errors.connect, errors.read, errors.write,
    errors.timeout, latency.mean / 1000, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
