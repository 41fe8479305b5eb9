/**
 * Words of states and events as packing.ts leaves them, the commonest last, for deflate. The control characters are its marks. What was packed with another dictionary
 * can't be read: raise the layout in key-space.ts with every change here. Words it lacks only cost memory.
 */
export const DICTIONARY = Buffer.from(
  [
    `"reason":"admin","refresh-reuse","code-replay","token-revocation","logout","consent-withdrawn","at":{"status":"revoked","jti":"{"status":"none"}`,
    `"ip":"","userAgent":"","causationId":"\u0001""entity":"agent""format":"opaque""alg":"EdDSA""alg":"RS256""amr":["pwd","otp"],"status":{"list":"g.\u0002(","idx":`,
    `"grantType":"urn:ietf:params:oauth:grant-type:jwt-bearer""token-exchange""requestedScope":["openid","profile","email""requestedResource":"https://`,
    `"earlierRotations":[{"rotatedAt":18"mcp:read","mcp:write","tools:read","tools:call","tools:list","resources:read","files:read","files:write","offline_access"],`,
    // A grant: authorized, redeemed, refreshed.
    `["\u0003",{"status":"active","basis":{"clientId":"\u00020","subject":"\u00020","entity":"human","sessionId":"\u00020","resources":[{"id":"\u00020","uri":"https://mcp.`,
    `example.com/mcp","scopes":["tools:read","tools:call"]}],"scope":["openid","offline_access"],"nonce":"","authTime":18`,
    `,"amr":["pwd"],"generations":{"client":0,"subject":0,"consent":1,"resources":{"\u0005$":0}},"refreshable":true,"absoluteExpiresAt":18`,
    `,"offline":false},"code":{"hash":"\u0003","expiresAt":18,"challenge":"\u0003","redirectUri":"http://127.0.0.1:/callback","redirectUriGiven":true,"redeemedAt":18`,
    `},"tokens":[{"n":0,"jti":"eu\u000201.0","format":"jwt","aud":"https://mcp.","resource":"\u0005$","scope":["tools:read"],"iat":18,"exp":18`,
    `,"hash":"\u0003","alg":"ES256","kid":"\u0003"}],"refresh":{"generation":0,"hash":"\u0003","nonce":"\u0004","keyId":"rf","idleExpiresAt":18`,
    `},"history":{"newest":-1,"hashes":[]}}]"\u0005)"},{"n":1,"jti":"eu\u0005'1.1","format":"jwt","aud":"https://","alg":"ES256","kid":"\u0005)"}],"refresh":{"generation":1`,
    `},"rotation":{"rotatedAt":18,"retried":false,"access":{"n":2,"jti":"eu\u0005'1.2","hash":"\u0005*","alg":"ES256","kid":"\u0005)"}},"earlierRotations":[],"history":{"newest":1,"hashes":["\u0003","\u0003"]}}]`,
    // A token without a grant.
    ` \u0003 {"id":"\u0001","stream":"issuance-","revision":1,"type":"AccessTokenIssued","version":1,"at":"202`,
    `-01-15T08:00:00.000Z","data":{"clientId":"\u00020","sub":"\u0005"","entity":"service","grantType":"client_credentials","access":{"jti":"-20`,
    `","format":"jwt","aud":"https://mcp.example.com/mcp","resource":"\u00020","scope":["tools:read","tools:call"],"iat":18,"exp":18`,
    `,"hash":"\u0003","alg":"ES256","kid":"\u0003"},"generations":{"client":0,"resource":0}},"meta":{"correlationId":"\u0001","traceparent":"00-\u00020-\u0002(-01","actor":{"kind":"client","id":"\u0005""},"region":"eu1","service":"token-service"}}`,
  ].join(""),
);
