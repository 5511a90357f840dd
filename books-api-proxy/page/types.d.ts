// What a search answers (docs/API.md), and what the pages make of it.

export interface Volume {
  id: string;
  volumeInfo: {
    title?: string;
    subtitle?: string;
    authors?: string[];
    publisher?: string;
    publishedDate?: string;
    pageCount?: number;
    language?: string;
    industryIdentifiers?: { type: string; identifier: string }[];
    imageLinks?: Record<string, string>;
  };
  sources?: { provider: string }[];
}

export interface Answer {
  totalItems: number;
  items?: Volume[];
  providers?: { name: string; outcome: string; count?: number }[];
  partial?: boolean;
  queryAnalysis?: { type: string; normalized: string };
}

export interface Search {
  answer: Answer;
  /** `X-Cache`: the tier. */
  tier: string;
  ageSecs: number;
  workerMs: number;
}
