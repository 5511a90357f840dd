// Made by openapi/types.mjs from cache-warmer.json.

export interface paths {
    "/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All libraries */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store a CSV and warm it
         * @description At most 100 MiB, with a `Content-Length`.
         */
        post: operations["upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show how a file would be read, and plan its job
         * @description The body is the first 512 KiB of the file.
         */
        post: operations["preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/warm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Scan the bucket now, and start the jobs of dry runs */
        post: operations["warm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One library */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/failures.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The failed rows, each with its line and the reason */
        get: operations["getFailures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pause a job */
        post: operations["pauseJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Resume a job */
        post: operations["resumeJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a job */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Retry the items that failed, were not found or are deferred */
        post: operations["retryJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}/reread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read the file again from the start */
        post: operations["rereadJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The proxy's `/search/auto` */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/proxy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The proxy's `/health` */
        get: operations["getProxyHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/isbndb": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The ISBNdb Worker's `/health` */
        get: operations["getIsbndbHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics/isbndb": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The ISBNdb Worker's `/metrics` */
        get: operations["getIsbndbMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The state of every part */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Counters of this isolate, counts of the ledger, and ISBNdb's quota */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Estimates from the best to the worst case */
        Range: {
            least: number;
            expected: number;
            most: number;
        };
        Rows: {
            total: number;
            valid: number;
            repaired: number;
            titleAuthor: number;
            rejected: number;
        };
        Plan: {
            work: {
                authors: number;
                isbnsWithAuthor: number;
                isbnsAlone: number;
                titlesWithAuthor: number;
                titlesAlone: number;
            };
            providers: {
                provider: string;
                calls: components["schemas"]["Range"];
                units: components["schemas"]["Range"];
                dailyUnits?: number;
                days: components["schemas"]["Range"];
                timeMs: components["schemas"]["Range"];
            }[];
            /** @description The least that ISBNdb needs, for the reason in `basis` */
            minimum: {
                isbndb: {
                    calls: number;
                    units: number;
                };
                basis: string;
            };
            doneAtMs: components["schemas"]["Range"];
            keepWarm: {
                unitsADay: number;
                callsADay: number;
                everyDays: number;
                fitsQuota: boolean;
            };
        };
        Quota: {
            plan: string;
            dailyLimit: number;
            spent: number;
            left: number;
            /** @description Units left for warming */
            leftBackground: number;
            /** @description Milliseconds since 1970 */
            resetsAtMs: number;
            paceMs: number;
            bulkSize: number;
            /** @description Set if ISBNdb refuses the key or the host */
            refused?: string;
            /** @description The difference between the configured plan and the key, and the var to change */
            mismatch?: string;
        };
        Reading: {
            encoding: string | null;
            encodingSource: string;
            skippedLines: number;
            headers: {
                line: number | null;
                format: string;
                delimiter: string;
                wrapped: boolean;
                columns: {
                    column: number;
                    name: string;
                    takenFor: string;
                }[];
                ignored: string[];
            }[];
            furtherHeaders: number;
            mendedRows: number;
            warnings: string[];
        };
        FailureLine: {
            line: number;
            reason: string;
            row: string;
            item?: string;
        };
        /** @description One verification */
        Coverage: {
            /** @description Milliseconds since 1970 */
            atMs: number;
            asked: number;
            warm: number;
            expiring: number;
            missing: number;
        };
        /** @enum {string} */
        JobState: "importing" | "planning" | "planned" | "warming" | "done" | "failed" | "cancelled" | "paused" | "superseded";
        /** @description One version of one file */
        Job: {
            id: string;
            file: string;
            aliases: string[];
            format: string | null;
            reading: components["schemas"]["Reading"] | null;
            state: components["schemas"]["JobState"];
            error: string | null;
            readBytes: number;
            sizeBytes: number;
            rows: components["schemas"]["Rows"];
            items: {
                total: number;
                /** @description In the cache */
                done: number;
                pending: number;
                deferred: number;
                failed: number;
                notFound: number;
            };
            authors: number;
            leased: number;
            waiting: {
                reason: string;
                /** @description Milliseconds since 1970 */
                until: number | null;
            } | null;
            pace: {
                itemsPerMinute: number;
            } | null;
            etaSecs: number | null;
            quota: components["schemas"]["Quota"] | null;
            spent: {
                isbndbCalls: number;
                isbndbUnits: number;
                bindingCalls: number;
                alreadyWarm: number;
            };
            plan: components["schemas"]["Plan"] | null;
            failures: components["schemas"]["FailureLine"][];
            authorFailures: components["schemas"]["FailureLine"][];
            /** @description Items in a batch, for the kinds whose usual batch was too large for the proxy */
            batchSizes: {
                [key: string]: number;
            };
            coverage: components["schemas"]["Coverage"][];
            /** @description Milliseconds since 1970 */
            createdAt: number;
            /** @description Milliseconds since 1970 */
            changedAt: number;
        };
        BindingChecks: {
            checks: number;
            failed: number;
            p95Ms: number | null;
            last: {
                /** @description Milliseconds since 1970 */
                atMs: number;
                binding: string;
                ok: boolean;
                ms: number;
                error?: string;
            } | null;
        };
        SearchRun: {
            /** @description Milliseconds since 1970 */
            atMs: number;
            listed: number;
            fresh: number;
            asked: number;
            warmed: number;
            absent: number;
            failed: number;
            left: number;
            why?: string;
        };
        Status: {
            jobs: components["schemas"]["Job"][];
            searchWarming: {
                enabled: boolean | null;
                error: string | null;
                waiting: {
                    reason: string | null;
                    /** @description Milliseconds since 1970 */
                    until: number | null;
                } | null;
                run: components["schemas"]["SearchRun"] | null;
                history: components["schemas"]["SearchRun"][];
            };
            warnings: string[];
            bindings: {
                [key: string]: components["schemas"]["BindingChecks"];
            };
            quota: components["schemas"]["Quota"] | null;
            isbndb: string;
            /** @description Milliseconds since 1970 */
            scannedAt: number;
            memoryBytes: number;
            /** @description Milliseconds since 1970 */
            now: number;
        };
        Preview: {
            complete: boolean;
            readBytes: number;
            sizeBytes: number;
            format: string | null;
            reading: components["schemas"]["Reading"] | null;
            rows: components["schemas"]["Rows"];
            items: number;
            authors: number;
            firstRows: {
                line: number;
                /** @enum {string} */
                outcome: "valid" | "repaired" | "titleAuthor";
                isbn?: string;
                title?: string;
                author?: string;
            }[];
            failures: components["schemas"]["FailureLine"][];
            plan: components["schemas"]["Plan"];
        };
        Started: {
            dryRun: boolean;
            jobs: components["schemas"]["Job"][];
            warnings: string[];
        };
        /**
         * @description Stable: docs/OPERATIONS.md#errors
         * @enum {string}
         */
        ErrorCode: "ALL_PROVIDERS_FAILED" | "BAD_REQUEST" | "CIRCUIT_OPEN" | "DEADLINE_EXCEEDED" | "FORBIDDEN" | "INTERNAL" | "METHOD_NOT_ALLOWED" | "NOT_CONFIGURED" | "NOT_FOUND" | "PUBLIC_SHARE_EXHAUSTED" | "QUOTA_EXHAUSTED" | "RATE_LIMITED" | "SERVICE_UNAVAILABLE" | "TOO_LARGE" | "UNAUTHORIZED" | "UNKNOWN_OR_DOWN" | "UPSTREAM_ERROR" | "UPSTREAM_MALFORMED" | "UPSTREAM_REFUSED" | "UPSTREAM_REJECTED" | "UPSTREAM_ROUTE_MOVED" | "UPSTREAM_TIMEOUT" | "UPSTREAM_UNREACHABLE" | "WRONG_BOOK";
        /**
         * @description An error (RFC 9457)
         * @example {
         *       "type": "urn:book-cache:error:bad_request",
         *       "title": "The request cannot be served",
         *       "status": 400,
         *       "detail": "dryRun: must be true or false",
         *       "instance": "/upload",
         *       "error": "The request cannot be served",
         *       "errorCode": "BAD_REQUEST",
         *       "service": "cache-warmer",
         *       "troubleshooting": {
         *         "suggestion": "Correct the request: `detail` names the parameter or limit."
         *       },
         *       "providers": [],
         *       "failure": {
         *         "kind": "badRequest",
         *         "detail": "dryRun: must be true or false"
         *       }
         *     }
         */
        Problem: {
            /** @description `urn:book-cache:error:` and the code in lower case */
            type: string;
            title: string;
            status: number;
            detail: string;
            /** @description The path that was requested */
            instance: string;
            /** @description The same as `title` */
            error: string;
            errorCode: components["schemas"]["ErrorCode"];
            /** @description The Worker that raised the error */
            service: string;
            troubleshooting: {
                suggestion: string;
            };
            providers: components["schemas"]["ProviderReport"][];
            /** @description The typed failure, for the other Workers */
            failure: Record<string, never>;
            retryAfterSecs?: number;
        };
        /** @description The outcome of one provider */
        ProviderReport: {
            /** @description `google-books`, `open-library` or `isbndb` */
            name: string;
            /** @description found, not_found: the provider answered. pending: the call is running, and its answer will improve the entry. not_configured, bad_request: not queried, because of a missing key, or at ISBNdb because the text has no letter or digit. not_asked: warming found no book and did not query Google (partial). timeout, deadline_exceeded, unreachable, upstream_error, malformed, unknown_or_down, and unavailable or internal (a part of this system): no usable answer. rate_limited, quota_spent, public_share_spent, circuit_open: not sent, or refused for now. rejected: the provider rejects the request. refused: the provider refuses key, host, client or location. moved: the route has moved. wrong_book: the provider returned another book */
            outcome: string;
            count: number;
        };
        /** @enum {string} */
        HealthStatus: "healthy" | "degraded" | "error";
        Checked: {
            status: components["schemas"]["HealthStatus"];
            /** @description Milliseconds */
            responseTime: number;
            /** @description The reason of a failed check */
            error?: string;
            /** @description For a store: the last write of this isolate outside of health checks */
            lastWrite?: {
                /** @description Milliseconds since 1970 */
                atMs: number;
                ok: boolean;
            };
            /** @description Secrets and providers of another Worker */
            report?: {
                secrets: {
                    [key: string]: boolean;
                };
                providers: {
                    [key: string]: components["schemas"]["ProviderHealth"];
                };
            };
        };
        ProviderHealth: {
            /** @enum {string} */
            breaker: "closed" | "half-open" | "open";
            /** @description The provider's quota of the day */
            quota?: Record<string, never>;
            /** @description Routes that the provider has moved */
            movedRoutes?: string[];
            /** @description What to correct: the key, the host or the plan */
            error?: string;
        };
        Health: {
            worker: string;
            status: components["schemas"]["HealthStatus"];
            /**
             * Format: date-time
             * @description The time of the check
             */
            timestamp: string;
            /** @description Cloudflare's id of the deployed version */
            version: string;
            /** @description Of all uploaded files */
            hash?: string;
            commit?: string;
            serviceBindings: {
                [key: string]: components["schemas"]["Checked"];
            };
            /** @description True if the secret can be read */
            secrets: {
                [key: string]: boolean;
            };
            storage: {
                [key: string]: components["schemas"]["Checked"];
            };
            providers: {
                [key: string]: components["schemas"]["ProviderHealth"];
            };
            /** @description The name and the error of an invalid var */
            config?: string;
        };
    };
    responses: {
        /** @description The job */
        Job: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Job"];
            };
        };
        /** @description All jobs, or those of the file */
        Started: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Started"];
            };
        };
        /** @description A parameter, the body or the job's state does not allow the request, for the reason in `detail`: `BAD_REQUEST` */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No token: `UNAUTHORIZED` */
        Unauthorized: {
            headers: {
                /** @description `Bearer` */
                "WWW-Authenticate": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A wrong token: `FORBIDDEN` */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The resource does not exist: `NOT_FOUND` */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body, or the number of its items, is over the limit: `TOO_LARGE` */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A rate limit, or a day's quota, is reached: `RATE_LIMITED`, `QUOTA_EXHAUSTED`, `PUBLIC_SHARE_EXHAUSTED` */
        TooManyRequests: {
            headers: {
                /** @description Seconds */
                "Retry-After": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description An internal error: `INTERNAL` */
        Internal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A provider or another Worker gave no usable answer: `UPSTREAM_UNREACHABLE`, `UPSTREAM_ERROR`, `UPSTREAM_REJECTED`, `UPSTREAM_MALFORMED`, `UPSTREAM_ROUTE_MOVED`, `UPSTREAM_REFUSED`, `WRONG_BOOK` */
        BadGateway: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No provider could answer, or a part of this system is down: `UNKNOWN_OR_DOWN`, `CIRCUIT_OPEN`, `NOT_CONFIGURED`, `ALL_PROVIDERS_FAILED`, `SERVICE_UNAVAILABLE` */
        Unavailable: {
            headers: {
                /** @description Seconds */
                "Retry-After"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The deadline has passed: `UPSTREAM_TIMEOUT`, `DEADLINE_EXCEEDED` */
        Timeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The data of the dashboard */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    upload: {
        parameters: {
            query?: {
                /**
                 * @description The file's name in `uploads/`
                 * @example library.csv
                 */
                name?: string;
                /** @description Plans the job without starting it */
                dryRun?: boolean;
                /**
                 * @description A WHATWG label, or `auto`, which is the default, to detect it
                 * @example utf-8
                 */
                encoding?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example Title,Author,ISBN
                 *     Dune,Frank Herbert,9780441172719
                 */
                "text/csv": string;
            };
        };
        responses: {
            202: components["responses"]["Started"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    preview: {
        parameters: {
            query?: {
                /** @description Size of the whole file in bytes */
                size?: number;
                /**
                 * @description A WHATWG label, or `auto`, which is the default, to detect it
                 * @example utf-8
                 */
                encoding?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example Title,Author,ISBN
                 *     Dune,Frank Herbert,9780441172719
                 */
                "text/csv": string;
            };
        };
        responses: {
            /** @description Nothing is stored, and no book is searched */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    warm: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "dryRun": true
                 *     }
                 */
                "application/json": {
                    /** @default false */
                    dryRun?: boolean;
                    /** @description One file under `uploads/` */
                    file?: string | null;
                    /**
                     * Format: encoding
                     * @description The encoding of that file
                     */
                    encoding?: string | null;
                } | {
                    encoding?: null;
                } | {
                    file: string;
                };
            };
        };
        responses: {
            /** @description There is no job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            202: components["responses"]["Started"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example library-1 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Job"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    getFailures: {
        parameters: {
            query?: {
                /** @description The last line of the previous part */
                after?: number;
            };
            header?: never;
            path: {
                /** @example library-1 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description About 2 MiB of rows */
            200: {
                headers: {
                    /** @description The next part */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    pauseJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example library-1 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Job"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    resumeJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example library-1 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Job"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example library-1 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Job"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    retryJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example library-1 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Job"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    rereadJob: {
        parameters: {
            query?: {
                /**
                 * @description A WHATWG label, or `auto`, which is the default, to detect it
                 * @example utf-8
                 */
                encoding?: string;
            };
            header?: never;
            path: {
                /** @example library-1 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Job"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    search: {
        parameters: {
            query: {
                /** @example dune */
                q: string;
                maxResults?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The answer of the proxy */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    getProxyHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Worker can serve */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            /** @description The Worker cannot serve, or its breaker is open */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["Timeout"];
        };
    };
    getIsbndbHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Worker can serve */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            /** @description The Worker cannot serve, or its breaker is open */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["Timeout"];
        };
    };
    getIsbndbMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus text */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    getHealth: {
        parameters: {
            query?: {
                /** @description With any value: checks this Worker only, without calls to the others */
                shallow?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The Worker can serve */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description The Worker cannot serve */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Prometheus text */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
}
