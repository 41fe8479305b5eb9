"""A client of the official Python SDK that knows one URL. Everything else (metadata, registration, tokens, scopes) the SDK finds out."""

import asyncio
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

SERVER = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:4000/mcp"


class Memory(TokenStorage):
    """In memory here; a real program keeps it, by issuer, where only its user can read it."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Loopback:
    """Where a program on the user's own machine receives the browser (RFC 8252 §7.3): any free port on 127.0.0.1."""

    def __init__(self) -> None:
        self.answer: dict[str, str] = {}
        self.http = HTTPServer(("127.0.0.1", 0), self.handler())
        self.redirect_uri = f"http://127.0.0.1:{self.http.server_port}/callback"

    def handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                loopback.answer = dict(parse_qsl(urlsplit(self.path).query))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"Done. You may close this page.\n")

            def log_message(self, *_: object) -> None:
                """The request line has the code in it."""

        return Handler

    async def redirect(self, url: str) -> None:
        print(f"Open this in your browser:\n{url}", flush=True)

    async def callback(self) -> AuthorizationCodeResult:
        await asyncio.to_thread(self.http.handle_request)
        if "code" not in self.answer:
            raise RuntimeError(self.answer.get("error", "no answer"))
        return AuthorizationCodeResult.model_validate(self.answer)


async def main() -> None:
    loopback, memory = Loopback(), Memory()
    auth = OAuthClientProvider(
        server_url=SERVER,
        client_metadata=OAuthClientMetadata(
            client_name="Example Python client",
            redirect_uris=[AnyUrl(loopback.redirect_uri)],
            grant_types=["authorization_code", "refresh_token"],
            token_endpoint_auth_method="none",
        ),
        storage=memory,
        redirect_handler=loopback.redirect,
        callback_handler=loopback.callback,
        # With a document of your own, published over https, you need not register
        client_metadata_url=os.environ.get("CLIENT_METADATA_URL"),
    )
    async with httpx2.AsyncClient(auth=auth, timeout=300) as http, Client(streamable_http_client(SERVER, http_client=http)) as client:
        print(f"Connected as {memory.client.client_id if memory.client else '?'}", flush=True)
        # Writing needs a scope the token does not have: the server answers 403, the SDK asks for more, and you are asked again.
        for tool, arguments in [("read_note", {}), ("write_note", {"text": "bought milk"}), ("read_note", {})]:
            result = await client.call_tool(tool, arguments)
            print(f"{tool}: {result.content[0].text}", flush=True)


asyncio.run(main())
