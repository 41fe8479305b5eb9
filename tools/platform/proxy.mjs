// nginx in front: one origin, every request to a ready instance of the service that answers it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accepts, ready, start } from "./processes.mjs";
import { folder } from "./state.mjs";

/** `ports`: of every instance, by service. */
export async function proxy(nginx, { host, port, basePath }, ports) {
  const place = join(folder, "nginx");
  mkdirSync(place, { recursive: true });
  const file = join(place, "nginx.conf");
  writeFileSync(file, configuration({ host, port, basePath, place }, ports));
  const server = start("nginx", nginx, ["-p", place, "-c", file, "-e", join(place, "error.log")], { port, stopWith: "SIGQUIT" });
  await ready(server, () => accepts(port));
  return server.entry;
}

function configuration({ host, port, basePath, place }, ports) {
  const upstream = (service) => {
    const servers = ports[service].map((at) => `    server 127.0.0.1:${at} max_fails=1 fail_timeout=2s;`);
    return `  upstream ${service} {\n    least_conn;\n${servers.join("\n")}\n    keepalive 64;\n  }`;
  };
  const to = (path, service, more = "") => `    location ${path} { proxy_pass http://${service};${more} }`;
  const streaming = " proxy_buffering off; proxy_read_timeout 1h;";
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
${["token-service", "client-registry", "audit-projector", "dcr-bridge"].map(upstream).join("\n")}
  server {
    listen ${host}:${port} reuseport backlog=4096;
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
${to(`${basePath}/register`, "client-registry")}
${to("/admin/", "client-registry")}
${to("/audit/", "audit-projector", streaming)}
${to("/.well-known/grantline/", "audit-projector")}
${to("/bridge/", "dcr-bridge")}
${to(`${basePath}/v1/revocations`, "token-service", streaming)}
${to("/", "token-service")}
    location = /metrics { return 404; }
  }
}
`;
}
