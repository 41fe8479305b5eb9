import type { Settings } from "./schema.ts";

type Frozen<T> = T extends (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends Buffer
    ? T
    : T extends object
      ? { readonly [K in keyof T]: Frozen<T[K]> }
      : T;

/** The key-encryption key as given: 32 raw bytes, or a passphrase to derive it from. */
export type KekSetting = { readonly key: Buffer } | { readonly passphrase: string };

export interface DevUserSetting {
  readonly username: string;
  readonly password: string;
  readonly groups?: readonly string[] | undefined;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** What follows from the settings and is not among them. */
interface Derived {
  /** NODE_ENV=production. */
  readonly production: boolean;
  /** File the settings came from, if there was one. */
  readonly file?: string;
  readonly server: {
    /** Absolute. */
    readonly dataDir: string;
    readonly issuer: string;
    /** True when no issuer was set: it then follows the port, see `withPort`. */
    readonly issuerFollowsPort: boolean;
    /** Scheme and host of the issuer. */
    readonly origin: string;
    /** Path of the issuer, "" or "/oauth". */
    readonly basePath: string;
  };
  readonly people: {
    readonly devUsers: readonly DevUserSetting[];
    /** True when the users are the `demo:demo` that nobody asked for. */
    readonly defaultDevUsers: boolean;
  };
  readonly keys: { readonly kek?: KekSetting; readonly kekPrevious?: KekSetting };
  readonly cimd: { readonly allowInsecureLoopback: boolean };
  /** Things to say loudly at start, one line each. */
  readonly warnings: readonly string[];
}

type Merged = {
  readonly [Area in keyof Settings]: Area extends keyof Derived
    ? Omit<Frozen<Settings[Area]>, keyof Derived[Area]> & Derived[Area]
    : Frozen<Settings[Area]>;
};

/** All settings, checked, complete and frozen. Times in seconds. */
export type Config = Merged & Omit<Derived, keyof Settings>;

/** Freezes a tree of plain values; byte buffers can't be frozen and stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
