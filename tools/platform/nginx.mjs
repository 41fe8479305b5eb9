// What nginx is told, for `npm run platform` and for compose.yaml: which service answers which path, from one list.

const STREAMING = " proxy_buffering off; proxy_read_timeout 1h;";

/** Paths below one origin, and who answers them. token-service answers everything else. */
function routes(basePath) {
  return [
    { path: `${basePath}/register`, service: "client-registry" },
    { path: "/admin/", service: "client-registry" },
    { path: "/audit/", service: "audit-projector", more: STREAMING },
    { path: "/.well-known/grantline/", service: "audit-projector" },
    { path: "/bridge/", service: "dcr-bridge" },
    { path: "/mcp/", service: "mcp-gateway", more: ` client_max_body_size 64m;${STREAMING}` },
    { path: "/gateway/", service: "mcp-gateway" },
    { path: "/connect/", service: "mcp-gateway" },
    { path: "/.well-known/oauth-protected-resource/mcp/", service: "mcp-gateway" },
    { path: "/.well-known/oauth-protected-resource/gateway/", service: "mcp-gateway" },
    { path: "= /.well-known/oauth-protected-resource", service: "mcp-gateway" },
    { path: "/.well-known/oauth-authorization-server/bridge", service: "dcr-bridge" },
    { path: "/.well-known/openid-configuration/bridge", service: "dcr-bridge" },
    { path: `${basePath}/v1/revocations`, service: "token-service", more: STREAMING },
    { path: "/", service: "token-service" },
  ];
}

/** Services that answer over the proxy. */
export const PROXIED = [...new Set(routes("").map(({ service }) => service))];

/** For instances on this machine; `ports` by service, everything nginx writes in `place`. */
export function localConfiguration({ host, port, basePath, place }, ports) {
  const servers = (service) => ports[service].map((at) => `server 127.0.0.1:${at} max_fails=1 fail_timeout=2s;`);
  return `daemon off;
worker_processes 1;
pid ${place}/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${place}/body;
  proxy_temp_path ${place}/proxy;
  fastcgi_temp_path ${place}/fastcgi;
  uwsgi_temp_path ${place}/uwsgi;
  scgi_temp_path ${place}/scgi;
${PROXIED.map((service) => upstream(service, servers(service))).join("\n")}
${server(`${host}:${port} reuseport`, basePath)}
}
`;
}

/** For containers: deploy/nginx/platform.conf. Names are resolved again every few seconds (nginx 1.27.3 or newer), so that replicas come and go. */
export function containerConfiguration() {
  return `# One origin for all services. Generated from tools/platform/nginx.mjs: npm run docs
worker_processes auto;
pid /tmp/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  resolver 127.0.0.11 valid=5s;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
${PROXIED.map((service) => upstream(service, [`zone ${service} 64k;`, `server ${service}:8080 resolve max_fails=1 fail_timeout=2s;`])).join("\n")}
${server("8080", "/oauth")}
}
`;
}

function upstream(name, lines) {
  return `  upstream ${name} {\n    least_conn;\n${lines.map((line) => `    ${line}\n`).join("")}    keepalive 64;\n  }`;
}

function server(listen, basePath) {
  const locations = routes(basePath).map(({ path, service, more = "" }) => `    location ${path} { proxy_pass http://${service};${more} }`);
  return `  server {
    listen ${listen} backlog=4096;
    client_max_body_size 1m;
    keepalive_requests 1000000;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    # a request that may have reached an instance is not sent to another, unless it changes nothing
    proxy_next_upstream error timeout http_503;
    proxy_connect_timeout 2s;
    proxy_read_timeout 35s;
${locations.join("\n")}
    location = /metrics { return 404; }
  }`;
}
