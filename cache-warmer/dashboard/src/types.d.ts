// The documents of the warmer that the dashboard reads (docs/WARMER.md, docs/API.md).

export interface Range {
  least: number;
  expected: number;
  most: number;
}

export interface Plan {
  work: {
    authors: number;
    isbnsWithAuthor: number;
    isbnsAlone: number;
    titlesWithAuthor: number;
    titlesAlone: number;
  };
  providers: {
    provider: string;
    calls: Range;
    units: Range;
    dailyUnits?: number;
    days: Range;
    timeMs: Range;
  }[];
  doneAtMs: Range;
  keepWarm: { unitsADay: number; callsADay: number; everyDays: number; fitsQuota: boolean };
}

export interface Quota {
  plan: string;
  dailyLimit: number;
  spent: number;
  left: number;
  leftBackground: number;
  resetsAtMs: number;
  refused?: string;
  mismatch?: string;
}

export interface Rows {
  total: number;
  valid: number;
  repaired: number;
  titleAuthor: number;
  rejected: number;
}

export interface Reading {
  encoding: string | null;
  encodingSource: string;
  skippedLines: number;
  headers: {
    line: number | null;
    format: string;
    delimiter: string;
    columns: { column: number; name: string; takenFor: string }[];
    ignored: string[];
  }[];
  furtherHeaders: number;
  mendedRows: number;
  warnings: string[];
}

export interface FailureLine {
  line: number;
  reason: string;
  row: string;
}

export interface Preview {
  complete: boolean;
  readBytes: number;
  sizeBytes: number;
  reading: Reading | null;
  rows: Rows;
  items: number;
  authors: number;
  firstRows: {
    line: number;
    outcome: "valid" | "repaired" | "titleAuthor";
    isbn?: string;
    title?: string;
    author?: string;
  }[];
  failures: FailureLine[];
  plan: Plan;
}

export interface Coverage {
  atMs: number;
  asked: number;
  warm: number;
  expiring: number;
  missing: number;
}

export type JobState =
  | "importing"
  | "planning"
  | "planned"
  | "warming"
  | "done"
  | "failed"
  | "cancelled"
  | "paused"
  | "superseded";

export interface Job {
  id: string;
  file: string;
  format: string | null;
  reading: Reading | null;
  state: JobState;
  error: string | null;
  readBytes: number;
  sizeBytes: number;
  rows: Rows;
  items: {
    total: number;
    done: number;
    pending: number;
    deferred: number;
    failed: number;
    notFound: number;
  };
  authors: number;
  leased: number;
  waiting: { reason: string; until: number | null } | null;
  pace: { itemsPerMinute: number } | null;
  etaSecs: number | null;
  spent: { isbndbCalls: number; isbndbUnits: number; bindingCalls: number; alreadyWarm: number };
  plan: Plan | null;
  failures: FailureLine[];
  authorFailures: FailureLine[];
  coverage: Coverage[];
  createdAt: number;
  changedAt: number;
}

export interface BindingChecks {
  checks: number;
  failed: number;
  p95Ms: number | null;
  last: { atMs: number; ok: boolean; ms: number; error?: string } | null;
}

export interface SearchRun {
  atMs: number;
  listed: number;
  fresh: number;
  asked: number;
  warmed: number;
  absent: number;
  failed: number;
  left: number;
  why: string | null;
}

export interface Status {
  jobs: Job[];
  warnings: string[];
  bindings: Record<string, BindingChecks>;
  quota: Quota | null;
  isbndb: string;
  searchWarming: {
    enabled: boolean | null;
    error: string | null;
    waiting: { reason: string | null; until: number | null } | null;
    run: SearchRun | null;
    history: SearchRun[];
  };
  now: number;
}

export interface Checked {
  status: "healthy" | "degraded" | "error";
  responseTime: number;
  error?: string;
}

export interface Health {
  worker: string;
  status: "healthy" | "degraded" | "error";
  version: string;
  serviceBindings: Record<string, Checked>;
  secrets: Record<string, boolean>;
  storage: Record<string, Checked>;
  providers: Record<
    string,
    { breaker: string; quota?: Record<string, unknown>; movedRoutes?: string[]; error?: string }
  >;
  config?: string;
}
