-- Asks Grantline whether a request may go through (HAProxy 2.5 or newer). `http-request lua.grantline "resource=…&scope=…"` sets txn.grantline_status
-- to the answer's status, or 503 when there was none, and txn.grantline_{subject,client,scope,entity,challenge} to what came with it.
local address = os.getenv("GRANTLINE_FORWARD_AUTH")
local gateway = os.getenv("GRANTLINE_GATEWAY")

local function first(headers, name)
  local values = headers[name]
  return values and values[0] or ""
end

core.register_action("grantline", { "http-req" }, function(txn, query)
  local asked = { ["x-grantline-gateway"] = { gateway } }
  -- all of them: a request with two is for Grantline to refuse
  local presented = txn.http:req_get_headers()["authorization"]
  if presented then
    asked["authorization"] = {}
    for _, value in pairs(presented) do table.insert(asked["authorization"], value) end
  end
  local answer = core.httpclient():get({ url = address .. "?" .. query, headers = asked, timeout = 2000 })
  local headers = answer and answer.headers or {}
  txn:set_var("txn.grantline_status", answer and answer.status or 503)
  txn:set_var("txn.grantline_subject", first(headers, "x-auth-subject"))
  txn:set_var("txn.grantline_client", first(headers, "x-auth-client"))
  txn:set_var("txn.grantline_scope", first(headers, "x-auth-scope"))
  txn:set_var("txn.grantline_entity", first(headers, "x-auth-entity"))
  txn:set_var("txn.grantline_challenge", first(headers, "www-authenticate"))
end, 1)
