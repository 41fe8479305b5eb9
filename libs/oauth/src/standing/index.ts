export { currentStanding, type StandingQuery } from "./standing.ts";
