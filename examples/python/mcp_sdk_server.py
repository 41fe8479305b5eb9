"""A server of the official Python SDK that asks Grantline about every token (RFC 7662)."""

import os

import httpx2
from mcp.server import MCPServer
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

ISSUER = os.environ.get("ISSUER", "http://localhost:8080/oauth")
PORT = int(os.environ.get("PORT", "4000"))
RESOURCE = f"http://localhost:{PORT}/mcp"


class GrantlineVerifier(TokenVerifier):
    def __init__(self) -> None:
        # httpx2 encodes neither part (RFC 6749 §2.3.1); what Grantline gives out needs no encoding
        self.http = httpx2.AsyncClient(auth=(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]), timeout=5)

    async def verify_token(self, token: str) -> AccessToken | None:
        response = await self.http.post(f"{ISSUER}/introspect", data={"token": token})
        response.raise_for_status()
        answer = response.json()
        if not answer["active"]:
            return None
        return AccessToken(
            token=token,
            client_id=answer["client_id"],
            scopes=answer.get("scope", "").split(),
            expires_at=answer["exp"],
            resource=answer["aud"],
            subject=answer.get("sub"),
        )


mcp = MCPServer(
    "example-notes",
    token_verifier=GrantlineVerifier(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl(ISSUER),
        resource_server_url=AnyHttpUrl(RESOURCE),
        required_scopes=["notes:read"],
        validate_token_resource=True,  # off unless asked for: without it tokens for other servers are taken
    ),
)


@mcp.tool()
def read_note() -> str:
    """Reads your note"""
    return "a note"


if __name__ == "__main__":
    mcp.run(transport="streamable-http", host="127.0.0.1", port=PORT)
