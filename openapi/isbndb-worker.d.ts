// Made by openapi/types.mjs from isbndb-worker.json.

export interface paths {
    "/book/{isbn}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One edition */
        get: operations["getBook"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/author/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An author's books */
        get: operations["listAuthor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/books/{title}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Books by title */
        get: operations["listTitle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search/books": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Books by author, text or publisher */
        get: operations["searchBooks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/books": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Up to 1,000 editions */
        post: operations["getBooks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/quota": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is left of the day */
        get: operations["getQuota"];
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
        /** Counters of this isolate, and the quota */
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
        Book: {
            isbn13?: string;
            title: string;
            subtitle?: string;
            /** @description In display order */
            authors?: string[];
            publisher?: string;
            /** @description `YYYY`, `YYYY-MM` or `YYYY-MM-DD` */
            publishedDate?: string;
            description?: string;
            pageCount?: number;
            categories?: string[];
            language?: string;
            /** @description An https link that does not expire */
            image?: string;
            binding?: string;
        };
        BookAnswer: {
            book: components["schemas"]["Book"];
            /** @description True if ISBNdb was not called */
            cached: boolean;
        };
        BooksPage: {
            /** @description Of author pages */
            author?: string;
            total: number;
            page: number;
            pageSize: number;
            books: components["schemas"]["Book"][];
            cached: boolean;
        };
        BulkAnswer: {
            found: components["schemas"]["Book"][];
            /** @description ISBNs that ISBNdb has not */
            missing: string[];
            failed: {
                isbn: string;
                failure: Record<string, never>;
            }[];
            /** @description Texts that are no ISBN */
            invalid?: string[];
            upstreamCalls: number;
            /** @description Of the day's quota */
            units: number;
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
        /** @description One page of books */
        BooksPage: {
            headers: {
                /** @description Units and calls left */
                RateLimit?: string;
                /** @description The limits */
                "RateLimit-Policy"?: string;
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "total": 1,
                 *       "page": 1,
                 *       "pageSize": 50,
                 *       "books": [
                 *         {
                 *           "isbn13": "9780441172719",
                 *           "title": "Dune",
                 *           "authors": [
                 *             "Frank Herbert"
                 *           ],
                 *           "publisher": "Ace",
                 *           "publishedDate": "1990-09-01",
                 *           "pageCount": 535,
                 *           "language": "en"
                 *         }
                 *       ],
                 *       "cached": true
                 *     }
                 */
                "application/json": components["schemas"]["BooksPage"];
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
    getBook: {
        parameters: {
            query?: never;
            header?: {
                /** @description `background` marks a call of the warming */
                "x-call-class"?: string;
            };
            path: {
                /** @example 9780441172719 */
                isbn: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The edition */
            200: {
                headers: {
                    /** @description Units and calls left */
                    RateLimit?: string;
                    /** @description The limits */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "book": {
                     *         "isbn13": "9780441172719",
                     *         "title": "Dune",
                     *         "authors": [
                     *           "Frank Herbert"
                     *         ],
                     *         "publisher": "Ace",
                     *         "publishedDate": "1990-09-01",
                     *         "pageCount": 535,
                     *         "language": "en"
                     *       },
                     *       "cached": true
                     *     }
                     */
                    "application/json": components["schemas"]["BookAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    listAuthor: {
        parameters: {
            query?: {
                page?: number;
                /** @description Default and maximum are `MAX_BOOKS_PER_AUTHOR` */
                pageSize?: number;
                /** @description A code of two or three letters */
                language?: string;
            };
            header?: {
                /** @description `background` marks a call of the warming */
                "x-call-class"?: string;
            };
            path: {
                /** @example Frank Herbert */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["BooksPage"];
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    listTitle: {
        parameters: {
            query?: {
                page?: number;
                /** @description Default and maximum are `MAX_BOOKS_PER_AUTHOR` */
                pageSize?: number;
            };
            header?: {
                /** @description `background` marks a call of the warming */
                "x-call-class"?: string;
            };
            path: {
                /** @example Dune */
                title: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["BooksPage"];
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    searchBooks: {
        parameters: {
            query: {
                /**
                 * @description One of `author`, `text` and `publisher` is needed
                 * @example Frank Herbert
                 */
                author: string;
                /** @example dune */
                text?: string;
                /** @example Ace */
                publisher?: string;
                page?: number;
                /** @description Default and maximum are `MAX_BOOKS_PER_AUTHOR` */
                pageSize?: number;
            };
            header?: {
                /** @description `background` marks a call of the warming */
                "x-call-class"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["BooksPage"];
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    getBooks: {
        parameters: {
            query?: never;
            header?: {
                /** @description `background` marks a call of the warming */
                "x-call-class"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "isbns": [
                 *         "9780441172719",
                 *         "9780547928227"
                 *       ]
                 *     }
                 */
                "application/json": {
                    isbns: string[];
                };
            };
        };
        responses: {
            /** @description Each ISBN in one of the lists */
            200: {
                headers: {
                    /** @description Units and calls left */
                    RateLimit?: string;
                    /** @description The limits */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            413: components["responses"]["TooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    getQuota: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The quota of the key */
            200: {
                headers: {
                    /** @description Units and calls left */
                    RateLimit?: string;
                    /** @description The limits */
                    "RateLimit-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Quota"];
                };
            };
            429: components["responses"]["TooManyRequests"];
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
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
}
