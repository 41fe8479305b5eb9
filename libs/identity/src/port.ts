/** A person, as the identity provider told it. `sub` is the provider's; it never leaves sealed storage. */
export interface Person {
  readonly iss: string;
  readonly sub: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly groups: readonly string[];
  readonly amr: readonly string[];
}

/** Checks a name and password. Undefined for a wrong one, in the same time whether or not the name exists. */
export interface PasswordIdentity {
  verify(username: string, password: string): Promise<Person | undefined>;
}
