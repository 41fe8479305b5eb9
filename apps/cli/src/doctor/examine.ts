import { checkChallenge } from "./challenge.ts";
import { checkCors } from "./cors.ts";
import type { Finding, Section } from "./findings.ts";
import { checkRegistration } from "./registration.ts";
import { checkResourceMetadata } from "./resource-metadata.ts";
import { checkServerMetadata } from "./server-metadata.ts";
import { checkToken } from "./token.ts";

export interface Examined {
  readonly url: string;
  /** Did the server answer at all? */
  readonly reachable: boolean;
  readonly sections: readonly Section[];
  readonly errors: number;
  readonly warnings: number;
}

export interface ExamineOptions {
  readonly token?: string;
  /** Told before each step. */
  readonly onStep: (step: string) => void;
  readonly nowSeconds: number;
}

/** Walks the way of a strict client: server → resource metadata → authorization server → registration → browser → token. */
export async function examine(url: string, { token, onStep, nowSeconds }: ExamineOptions): Promise<Examined> {
  onStep("asking the server");
  const challenged = await checkChallenge(url);
  if (challenged.answer.status === 0) return summary(url, false, [challenged.section]);
  onStep("reading the resource metadata");
  const resource = await checkResourceMetadata(url, challenged.metadataUrl);
  const issuer = resource.issuers.find((each) => URL.canParse(each));
  if (issuer !== undefined) onStep("reading the authorization server's metadata");
  const server = issuer === undefined ? undefined : await checkServerMetadata(issuer);
  onStep("asking as a browser would");
  const cors = await checkCors({
    server: url,
    challenge: challenged.answer,
    documents: [...resource.answers, ...(server?.answers ?? [])],
    ...(server?.metadata === undefined ? {} : { metadata: server.metadata }),
  });
  const sections = [
    challenged.section,
    resource.section,
    ...(server === undefined ? [] : [server.section]),
    ...(server?.metadata === undefined ? [] : [checkRegistration(server.metadata)]),
    cors,
  ];
  if (token === undefined) return summary(url, true, sections);
  onStep("trying the token");
  return summary(url, true, [...sections, await checkToken({ server: url, token, issuer, nowSeconds })]);
}

function summary(url: string, reachable: boolean, sections: readonly Section[]): Examined {
  const all: readonly Finding[] = sections.flatMap(({ findings }) => findings);
  const count = (severity: Finding["severity"]): number => all.filter((each) => each.severity === severity).length;
  return { url, reachable, sections, errors: count("error"), warnings: count("warning") };
}
