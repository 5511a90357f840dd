// The answer of a search (docs/API.md), and the form in which the pages use it.

import type { components } from "../../openapi/books-api-proxy";

export type Volume = components["schemas"]["Volume"];
export type Answer = components["schemas"]["Volumes"];

export interface Search {
  answer: Answer;
  /** `X-Cache`: the tier. */
  tier: string;
  ageSecs: number;
  workerMs: number;
}
