// The warmer's documents that the dashboard reads, from openapi/cache-warmer.json.

import type { components } from "../../../openapi/cache-warmer";

type Schemas = components["schemas"];

export type BindingChecks = Schemas["BindingChecks"];
export type Checked = Schemas["Checked"];
export type Coverage = Schemas["Coverage"];
export type FailureLine = Schemas["FailureLine"];
export type Health = Schemas["Health"];
export type Job = Schemas["Job"];
export type JobState = Schemas["JobState"];
export type Plan = Schemas["Plan"];
export type Preview = Schemas["Preview"];
export type Quota = Schemas["Quota"];
export type Range = Schemas["Range"];
export type Reading = Schemas["Reading"];
export type Rows = Schemas["Rows"];
export type SearchRun = Schemas["SearchRun"];
export type Status = Schemas["Status"];
