export const COVERED: readonly string[];
export const COVERAGE: number;
