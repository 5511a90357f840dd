// What a search answers (docs/API.md), and what the pages make of it.

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
