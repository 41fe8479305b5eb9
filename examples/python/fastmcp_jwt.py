"""A FastMCP server whose tokens are checked here, by their signature: nothing is asked of Grantline for a call."""

import os

from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from pydantic import AnyHttpUrl

ISSUER = os.environ.get("ISSUER", "http://localhost:8080/oauth")
PORT = int(os.environ.get("PORT", "4000"))
BASE = f"http://localhost:{PORT}"

auth = RemoteAuthProvider(
    token_verifier=JWTVerifier(
        jwks_uri=f"{ISSUER}/jwks",
        issuer=ISSUER,
        audience=f"{BASE}/mcp",  # the resource as Grantline knows it; without it tokens for other servers are taken
        algorithm="ES256",  # FastMCP expects RS256 unless told
    ),
    authorization_servers=[AnyHttpUrl(ISSUER)],
    base_url=BASE,
    scopes_supported=["notes:read"],
    challenge_scopes=["notes:read"],
)
# Here and not at the verifier: that would refuse a token of too little scope with 401 instead of 403, and its client would log in for nothing.
auth.required_scopes = ["notes:read"]
mcp = FastMCP("example-notes", auth=auth)


@mcp.tool
def read_note() -> str:
    """Reads your note"""
    return "a note"


if __name__ == "__main__":
    mcp.run(transport="http", host="127.0.0.1", port=PORT, show_banner=False)
