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
         * How a file would be read, and what it would take
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
        /** Scan the bucket now, and start what a dry run held back */
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
        /** Its failed rows, in their own columns */
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
        /** Pause it */
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
        /** Resume it */
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
        /** Cancel it */
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
        /** Request again what failed, was not found or is deferred */
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
        /** Read its file again from the start */
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
        /** What works */
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
        /** Counters of this isolate, and quotas of the whole deployment */
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
        /** @description From the best case to the worst */
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
            /** @description The least that any plan could do with */
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
            /** @description Left for warming */
            leftBackground: number;
            /** @description Milliseconds since 1970 */
            resetsAtMs: number;
            paceMs: number;
            bulkSize: number;
            /** @description Set if ISBNdb refuses the key or the host */
            refused?: string;
            /** @description What differs between plan and key, and the var to change */
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
                /** @description Seen in the cache */
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
            /** @description Items of a batch, for the kinds whose usual batch the proxy could not do whole */
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
            memoryBytes: number;
            /** @description Milliseconds since 1970 */
            now: number;
        };
        Preview: {
            complete: boolean;
            readBytes: number;
            sizeBytes: number;
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
         *       "detail": "maxResults: must be a whole number from 0 to 40",
         *       "instance": "/search/auto",
         *       "error": "The request cannot be served",
         *       "errorCode": "BAD_REQUEST",
         *       "service": "books-api-proxy",
         *       "troubleshooting": {
         *         "suggestion": "Correct the request: `detail` names the parameter or limit."
         *       },
         *       "providers": [],
         *       "failure": {
         *         "kind": "bad_request",
         *         "detail": "maxResults: must be a whole number from 0 to 40"
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
            /** @description The title again */
            error: string;
            errorCode: components["schemas"]["ErrorCode"];
            /** @description The Worker in which the error arose */
            service: string;
            troubleshooting: {
                suggestion: string;
            };
            providers: components["schemas"]["ProviderReport"][];
            /** @description The typed failure, for the other Workers */
            failure: Record<string, never>;
            retryAfterSecs?: number;
        };
        /** @description What one provider answered */
        ProviderReport: {
            /** @description `google-books`, `open-library` or `isbndb` */
            name: string;
            /** @description found, not_found: it answered. pending: still running, its answer will improve the entry. not_configured, bad_request: not queried, without a key or for a text without letters at ISBNdb. not_asked: Google, for what warming found nowhere else (partial). timeout, unreachable, upstream_error, malformed, unknown_or_down, unavailable (a part of this system): no usable answer. rate_limited, quota_spent, public_share_spent, circuit_open: not sent, or refused for now. rejected: it does not take this question. refused: it refuses key, host or client. moved: its route is gone. wrong_book: it returned another book */
            outcome: string;
            count: number;
        };
        /** @enum {string} */
        HealthStatus: "healthy" | "degraded" | "error";
        Checked: {
            status: components["schemas"]["HealthStatus"];
            /** @description Milliseconds */
            responseTime: number;
            /** @description What is wrong */
            error?: string;
            /** @description The last real write of this isolate, of a store */
            lastWrite?: {
                /** @description Milliseconds since 1970 */
                atMs: number;
                ok: boolean;
            };
            /** @description What another Worker reports of itself */
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
            /** @description What is left of its day */
            quota?: Record<string, never>;
            /** @description Routes that the provider has moved */
            movedRoutes?: string[];
            /** @description What has to be changed: a refused key, a missing one */
            error?: string;
        };
        Health: {
            worker: string;
            status: components["schemas"]["HealthStatus"];
            /**
             * Format: date-time
             * @description When it was checked
             */
            timestamp: string;
            /** @description Cloudflare's id */
            version: string;
            /** @description Of everything that was uploaded */
            hash?: string;
            commit?: string;
            serviceBindings: {
                [key: string]: components["schemas"]["Checked"];
            };
            /** @description True for a secret that could be read */
            secrets: {
                [key: string]: boolean;
            };
            storage: {
                [key: string]: components["schemas"]["Checked"];
            };
            providers: {
                [key: string]: components["schemas"]["ProviderHealth"];
            };
            /** @description The var that cannot be used */
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
        /** @description What is being warmed */
        Started: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Started"];
            };
        };
        /** @description A parameter or the body is bad; `detail` begins with its name: `BAD_REQUEST` */
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
        /** @description No such thing: `NOT_FOUND` */
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
        /** @description A fault of this system: `INTERNAL` */
        Internal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A provider, or another Worker, answered with nothing usable: `UPSTREAM_UNREACHABLE`, `UPSTREAM_ERROR`, `UPSTREAM_REJECTED`, `UPSTREAM_MALFORMED`, `UPSTREAM_ROUTE_MOVED`, `UPSTREAM_REFUSED`, `WRONG_BOOK` */
        BadGateway: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No provider could answer, or a part of this system cannot: `UNKNOWN_OR_DOWN`, `CIRCUIT_OPEN`, `NOT_CONFIGURED`, `ALL_PROVIDERS_FAILED`, `SERVICE_UNAVAILABLE` */
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
        /** @description The time was over: `UPSTREAM_TIMEOUT`, `DEADLINE_EXCEEDED` */
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
            /** @description Everything that the dashboard shows */
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
                 * @description Of the file in `uploads/`
                 * @example library.csv
                 */
                name?: string;
                /** @description Only plan it */
                dryRun?: boolean;
                /**
                 * @description A WHATWG label, or `auto`; without it the bytes decide
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
                /** @description Bytes of the whole file */
                size?: number;
                /**
                 * @description A WHATWG label, or `auto`; without it the bytes decide
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
            /** @description Nothing is stored or spent */
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
                     * @description Of that file
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
            /** @description There is no library */
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
                /** @description The last line of the part before */
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
            /** @description At most 2 MiB */
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
                 * @description A WHATWG label, or `auto`; without it the bytes decide
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
            /** @description As the proxy answers */
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
            /** @description It can serve */
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
            /** @description It cannot, or does not answer */
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
            /** @description It can serve */
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
            /** @description It cannot, or does not answer */
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
                /** @description With any value: this Worker alone, without a call to another one */
                shallow?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It can serve */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description It cannot */
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
