/** Packages whose tests must cover them, and how much of their lines and branches, in per cent. */
export const COVERED = ["libs/domain/src", "libs/oauth/src"];
export const COVERAGE = 95;
