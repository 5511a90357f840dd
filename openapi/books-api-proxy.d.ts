// Made by openapi/types.mjs from books-api-proxy.json.

export interface paths {
    "/search/auto": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search by free text, ISBN, author or title */
        get: operations["searchAuto"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search/isbn": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search by ISBN-10 or ISBN-13 */
        get: operations["searchIsbn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search/title": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search by title */
        get: operations["searchTitle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search/author": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search by author */
        get: operations["searchAuthor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search/advanced": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Search by title and author, or by ISBN */
        get: operations["searchAdvanced"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
        /** The books of an author */
        get: operations["getAuthor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/books/v1/volumes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same search under Google Books' path and query language */
        get: operations["listVolumes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/books/v1/volumes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One volume by its id from an earlier answer
         * @description 404 for an id that cannot be looked up. Google answers 503 both for an unknown id and in an outage. The proxy answers 404 if Google answered another call of the same isolate within the last minute and none failed since, else 503 (UNKNOWN_OR_DOWN). Neither is stored
         */
        get: operations["getVolume"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Up to 100 queries, one typed outcome each */
        post: operations["searchBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cache": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Purge an answer from every tier
         * @description One of `q`, `isbn`, `title`, `author` and `id` is needed.
         */
        delete: operations["purge"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search-log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Logged searches that are worth warming, if `WARM_SEARCHES` is on */
        get: operations["listSearchLog"];
        put?: never;
        post?: never;
        /** Delete the log, also with `WARM_SEARCHES` off */
        delete: operations["deleteSearchLog"];
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
        /** Counters of this isolate, and Google's quota */
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
        Volumes: {
            /** @constant */
            kind: "books#volumes";
            /** @description Books in the whole answer, on all pages */
            totalItems: number;
            /** @description Best first */
            items: components["schemas"]["Volume"][];
            /** @description The provider with the most results */
            provider?: string;
            providers: components["schemas"]["ProviderReport"][];
            /** @description True if a provider that may have more books did not answer or was not queried */
            partial: boolean;
            /** @description True if no provider had a match, and these books match fewer words */
            widened?: boolean;
            /** @description How the query was read */
            queryAnalysis: {
                /** @enum {string} */
                type: "isbn" | "author" | "title" | "mixed" | "advanced" | "volume";
                confidence: number;
                /** @description The normalised query, from which the cache key is made */
                normalized: string;
                /** @description The ISBN that was looked up instead of one with a wrong check digit */
                repaired?: string;
            };
        };
        Volume: {
            /** @constant */
            kind: "books#volume";
            /** @description `isbn-` with the ISBN, or a prefix with the provider's own id or a hash */
            id: string;
            volumeInfo: components["schemas"]["VolumeInfo"];
            /** @description The providers of the item, with the members taken from each */
            sources: {
                provider: string;
                fields: string[];
            }[];
            /** @description The id of Open Library's work */
            workId?: string;
        };
        VolumeInfo: {
            title: string;
            subtitle?: string;
            authors?: string[];
            publisher?: string;
            /** @description `YYYY`, `YYYY-MM` or `YYYY-MM-DD` */
            publishedDate?: string;
            description?: string;
            /** @description The item's own ISBN first; further ISBN_13s are of editions of its work that are no items of the answer */
            industryIdentifiers?: {
                /** @enum {string} */
                type: "ISBN_10" | "ISBN_13" | "ISSN" | "OTHER";
                identifier: string;
            }[];
            pageCount?: number;
            categories?: string[];
            averageRating?: number;
            ratingsCount?: number;
            imageLinks?: {
                smallThumbnail?: string;
                thumbnail?: string;
            };
            /** @description ISO 639-1 if the language has such a code, perhaps with a region */
            language?: string;
            /** @description The languages of the work's editions, if that of this edition is unknown */
            languages?: string[];
            /** @description With the number in it: `The Lord of the Rings, #2` */
            series?: string;
            /** @description Editions at Open Library */
            editionCount?: number;
            /** @description Readers who have or want the work at Open Library */
            readersCount?: number;
            /** @description `Hardcover`, `Audio CD` … */
            binding?: string;
        };
        /** @description An error in the format of Google Books */
        GoogleError: {
            error: {
                code: number;
                message: string;
                errors: {
                    message: string;
                    domain: string;
                    reason: string;
                }[];
                status: string;
                details: Record<string, never>[];
            };
        };
        BatchItem: components["schemas"]["IsbnItem"] | components["schemas"]["AuthorItem"] | components["schemas"]["TitleItem"] | components["schemas"]["AutoItem"];
        IsbnItem: {
            /** @description An id chosen by the caller, and returned with the result */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "isbn";
            /** Format: isbn */
            isbn: string;
            /** @description If given, the entries by title are stored too */
            title?: string | null;
            author?: string | null;
            /** @description If true, title and author have to confirm the ISBN */
            repaired?: boolean;
        };
        AuthorItem: {
            /** @description An id chosen by the caller, and returned with the result */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "author";
            name: string;
            /** @description The entries of these books are composed from the same answer */
            books?: {
                id: string;
                isbn?: string | null;
                title: string;
                repaired?: boolean;
            }[];
        };
        TitleItem: {
            /** @description An id chosen by the caller, and returned with the result */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "title";
            title: string;
            author?: string | null;
        };
        AutoItem: {
            /** @description An id chosen by the caller, and returned with the result */
            id: string;
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "auto";
            q: string;
        };
        BatchResult: {
            id: string;
            key: string;
            /**
             * @description The cold tier has accepted the entry
             * @constant
             */
            outcome: "found";
            count: number;
            tier: string;
            /** @description Milliseconds since 1970 */
            freshUntilMs: number;
            wasCached: boolean;
            /** @description A provider that may have the book failed or was not queried */
            partial: boolean;
            books?: components["schemas"]["LinkedBooks"];
        } | {
            id: string;
            key: string;
            /** @constant */
            outcome: "notFound";
            /** @description Milliseconds since 1970 */
            freshUntilMs: number;
            wasCached?: boolean;
            partial?: boolean;
            books?: components["schemas"]["LinkedBooks"];
        } | {
            id: string;
            key: string;
            /**
             * @description Only with `only-if-cached`
             * @constant
             */
            outcome: "miss";
            books?: components["schemas"]["LinkedBooks"];
        } | {
            id: string;
            key: string;
            /**
             * @description To be sent again: time, calls or operations of the batch did not suffice
             * @constant
             */
            outcome: "deferred";
        } | {
            id: string;
            key: string;
            /** @constant */
            outcome: "failed";
            failure: Record<string, never>;
            provider: string;
            books?: components["schemas"]["LinkedBooks"];
        };
        /** @description Which entries of the item's books are in the cache */
        LinkedBooks: {
            id: string;
            /** @description The book's entry by ISBN is in the cache */
            isbn: boolean;
            /** @description The book's entries by title are in the cache */
            title: boolean;
            /** @description The repaired ISBN is another book's */
            wrong?: boolean;
        }[];
        SearchLog: {
            enabled: boolean;
            /** @description The most searched first */
            queries: {
                key: string;
                /** @description A batch item without `id` */
                query: Record<string, never>;
                timesSearched: number;
                /** @description Milliseconds since 1970 */
                lastAskedMs: number;
            }[];
            /** @description Shards of the log that did not answer */
            unreachableShards: number;
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
         *         "kind": "badRequest",
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
        /** @description A page of books */
        Volumes: {
            headers: {
                /** @description For `If-None-Match` */
                ETag?: string;
                /** @description `HIT-` and the tier, `STALE` or `MISS` */
                "X-Cache"?: string;
                /** @description Seconds */
                Age?: string;
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "kind": "books#volumes",
                 *       "totalItems": 1,
                 *       "items": [
                 *         {
                 *           "kind": "books#volume",
                 *           "id": "isbn-9780441172719",
                 *           "volumeInfo": {
                 *             "title": "Dune",
                 *             "authors": [
                 *               "Frank Herbert"
                 *             ],
                 *             "publishedDate": "1990-09-01",
                 *             "industryIdentifiers": [
                 *               {
                 *                 "type": "ISBN_13",
                 *                 "identifier": "9780441172719"
                 *               }
                 *             ]
                 *           },
                 *           "sources": [
                 *             {
                 *               "provider": "google-books",
                 *               "fields": [
                 *                 "authors",
                 *                 "title"
                 *               ]
                 *             }
                 *           ],
                 *           "workId": "OL893414W"
                 *         }
                 *       ],
                 *       "provider": "google-books",
                 *       "providers": [
                 *         {
                 *           "name": "google-books",
                 *           "outcome": "found",
                 *           "count": 1
                 *         }
                 *       ],
                 *       "partial": false,
                 *       "queryAnalysis": {
                 *         "type": "title",
                 *         "confidence": 0.8,
                 *         "normalized": "dune"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["Volumes"];
            };
        };
        /** @description One edition */
        Volume: {
            headers: {
                /** @description For `If-None-Match` */
                ETag?: string;
                /** @description `HIT-` and the tier, `STALE` or `MISS` */
                "X-Cache"?: string;
                /** @description Seconds */
                Age?: string;
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "kind": "books#volume",
                 *       "id": "isbn-9780441172719",
                 *       "volumeInfo": {
                 *         "title": "Dune",
                 *         "authors": [
                 *           "Frank Herbert"
                 *         ],
                 *         "publishedDate": "1990-09-01",
                 *         "industryIdentifiers": [
                 *           {
                 *             "type": "ISBN_13",
                 *             "identifier": "9780441172719"
                 *           }
                 *         ]
                 *       },
                 *       "sources": [
                 *         {
                 *           "provider": "google-books",
                 *           "fields": [
                 *             "authors",
                 *             "title"
                 *           ]
                 *         }
                 *       ],
                 *       "workId": "OL893414W"
                 *     }
                 */
                "application/json": components["schemas"]["Volume"];
            };
        };
        /** @description An error in Google's format; `details[0].reason` is the code */
        GoogleError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GoogleError"];
            };
        };
        /** @description The client's copy is current */
        NotModified: {
            headers: {
                [name: string]: unknown;
            };
            content?: never;
        };
        /** @description A parameter or the body is invalid, for the reason in `detail`: `BAD_REQUEST` */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No token: `UNAUTHORIZED`. A search needs a token only for a miss, and only if `SEARCH_TOKEN` is set (`X-Search-Token` or a bearer token) */
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
        /** @description A provider, a store or another Worker gave no usable answer: `UPSTREAM_UNREACHABLE`, `UPSTREAM_ERROR`, `UPSTREAM_REJECTED`, `UPSTREAM_MALFORMED`, `UPSTREAM_ROUTE_MOVED`, `UPSTREAM_REFUSED`, `WRONG_BOOK` */
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
    parameters: {
        /**
         * @description An ISBN, an author, a title, or words of both; `query` is an alias
         * @example dune
         */
        q: string;
        maxResults: number;
        startIndex: number;
        /**
         * @description A code of ISO 639-1, 639-2 or 639-3, perhaps with a region. Keeps items with this language among theirs, puts items of unknown language last (such as Open Library's editions by ISBN), and never drops the edition of an ISBN. Accept-Language is ignored, because it would split the entries of caches in front
         * @example en
         */
        langRestrict: string;
        /** @description With `langRestrict`: items in other languages follow instead of being dropped */
        includeTranslations: boolean;
        /**
         * @description Up to ten codes separated by commas: items in these languages come first, in this order; not with `newest`
         * @example de,en
         */
        preferLang: string;
        /** @description `newest`: by date, sets and guides after the books */
        orderBy: "relevance" | "newest";
        /** @description The `ETag` of the client's copy */
        ifNoneMatch: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    searchAuto: {
        parameters: {
            query: {
                /**
                 * @description An ISBN, an author, a title, or words of both; `query` is an alias
                 * @example dune
                 */
                q: components["parameters"]["q"];
                maxResults?: components["parameters"]["maxResults"];
                startIndex?: components["parameters"]["startIndex"];
                /**
                 * @description A code of ISO 639-1, 639-2 or 639-3, perhaps with a region. Keeps items with this language among theirs, puts items of unknown language last (such as Open Library's editions by ISBN), and never drops the edition of an ISBN. Accept-Language is ignored, because it would split the entries of caches in front
                 * @example en
                 */
                langRestrict?: components["parameters"]["langRestrict"];
                /** @description With `langRestrict`: items in other languages follow instead of being dropped */
                includeTranslations?: components["parameters"]["includeTranslations"];
                /**
                 * @description Up to ten codes separated by commas: items in these languages come first, in this order; not with `newest`
                 * @example de,en
                 */
                preferLang?: components["parameters"]["preferLang"];
                /** @description `newest`: by date, sets and guides after the books */
                orderBy?: components["parameters"]["orderBy"];
            };
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volumes"];
            304: components["responses"]["NotModified"];
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
    searchIsbn: {
        parameters: {
            query: {
                /**
                 * @description With or without hyphens; `q` and `query` are aliases
                 * @example 9780441172719
                 */
                isbn: string;
                maxResults?: components["parameters"]["maxResults"];
                startIndex?: components["parameters"]["startIndex"];
                /**
                 * @description A code of ISO 639-1, 639-2 or 639-3, perhaps with a region. Keeps items with this language among theirs, puts items of unknown language last (such as Open Library's editions by ISBN), and never drops the edition of an ISBN. Accept-Language is ignored, because it would split the entries of caches in front
                 * @example en
                 */
                langRestrict?: components["parameters"]["langRestrict"];
                /** @description With `langRestrict`: items in other languages follow instead of being dropped */
                includeTranslations?: components["parameters"]["includeTranslations"];
                /**
                 * @description Up to ten codes separated by commas: items in these languages come first, in this order; not with `newest`
                 * @example de,en
                 */
                preferLang?: components["parameters"]["preferLang"];
                /** @description `newest`: by date, sets and guides after the books */
                orderBy?: components["parameters"]["orderBy"];
            };
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volumes"];
            304: components["responses"]["NotModified"];
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
    searchTitle: {
        parameters: {
            query: {
                /**
                 * @description `q` and `query` are aliases
                 * @example Dune
                 */
                title: string;
                maxResults?: components["parameters"]["maxResults"];
                startIndex?: components["parameters"]["startIndex"];
                /**
                 * @description A code of ISO 639-1, 639-2 or 639-3, perhaps with a region. Keeps items with this language among theirs, puts items of unknown language last (such as Open Library's editions by ISBN), and never drops the edition of an ISBN. Accept-Language is ignored, because it would split the entries of caches in front
                 * @example en
                 */
                langRestrict?: components["parameters"]["langRestrict"];
                /** @description With `langRestrict`: items in other languages follow instead of being dropped */
                includeTranslations?: components["parameters"]["includeTranslations"];
                /**
                 * @description Up to ten codes separated by commas: items in these languages come first, in this order; not with `newest`
                 * @example de,en
                 */
                preferLang?: components["parameters"]["preferLang"];
                /** @description `newest`: by date, sets and guides after the books */
                orderBy?: components["parameters"]["orderBy"];
            };
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volumes"];
            304: components["responses"]["NotModified"];
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
    searchAuthor: {
        parameters: {
            query: {
                /**
                 * @description `name`, `q` and `query` are aliases
                 * @example Frank Herbert
                 */
                author: string;
                maxResults?: components["parameters"]["maxResults"];
                startIndex?: components["parameters"]["startIndex"];
                /**
                 * @description A code of ISO 639-1, 639-2 or 639-3, perhaps with a region. Keeps items with this language among theirs, puts items of unknown language last (such as Open Library's editions by ISBN), and never drops the edition of an ISBN. Accept-Language is ignored, because it would split the entries of caches in front
                 * @example en
                 */
                langRestrict?: components["parameters"]["langRestrict"];
                /** @description With `langRestrict`: items in other languages follow instead of being dropped */
                includeTranslations?: components["parameters"]["includeTranslations"];
                /**
                 * @description Up to ten codes separated by commas: items in these languages come first, in this order; not with `newest`
                 * @example de,en
                 */
                preferLang?: components["parameters"]["preferLang"];
                /** @description `newest`: by date, sets and guides after the books */
                orderBy?: components["parameters"]["orderBy"];
            };
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volumes"];
            304: components["responses"]["NotModified"];
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
    searchAdvanced: {
        parameters: {
            query: {
                /**
                 * @description One of title, author and ISBN is needed
                 * @example Dune
                 */
                title: string;
                /** @example Frank Herbert */
                author?: string;
                /**
                 * @description If given, title and author are ignored
                 * @example 9780441172719
                 */
                isbn?: string;
                maxResults?: components["parameters"]["maxResults"];
                startIndex?: components["parameters"]["startIndex"];
                /**
                 * @description A code of ISO 639-1, 639-2 or 639-3, perhaps with a region. Keeps items with this language among theirs, puts items of unknown language last (such as Open Library's editions by ISBN), and never drops the edition of an ISBN. Accept-Language is ignored, because it would split the entries of caches in front
                 * @example en
                 */
                langRestrict?: components["parameters"]["langRestrict"];
                /** @description With `langRestrict`: items in other languages follow instead of being dropped */
                includeTranslations?: components["parameters"]["includeTranslations"];
                /**
                 * @description Up to ten codes separated by commas: items in these languages come first, in this order; not with `newest`
                 * @example de,en
                 */
                preferLang?: components["parameters"]["preferLang"];
                /** @description `newest`: by date, sets and guides after the books */
                orderBy?: components["parameters"]["orderBy"];
            };
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volumes"];
            304: components["responses"]["NotModified"];
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
    getBook: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path: {
                /** @example 9780441172719 */
                isbn: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volume"];
            304: components["responses"]["NotModified"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    getAuthor: {
        parameters: {
            query?: {
                page?: number;
                pageSize?: number;
                /**
                 * @description A code of ISO 639-1, 639-2 or 639-3, perhaps with a region. Keeps items with this language among theirs, puts items of unknown language last (such as Open Library's editions by ISBN), and never drops the edition of an ISBN. Accept-Language is ignored, because it would split the entries of caches in front
                 * @example en
                 */
                langRestrict?: components["parameters"]["langRestrict"];
                /** @description With `langRestrict`: items in other languages follow instead of being dropped */
                includeTranslations?: components["parameters"]["includeTranslations"];
                /**
                 * @description Up to ten codes separated by commas: items in these languages come first, in this order; not with `newest`
                 * @example de,en
                 */
                preferLang?: components["parameters"]["preferLang"];
                /** @description `newest`: by date, sets and guides after the books */
                orderBy?: components["parameters"]["orderBy"];
            };
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path: {
                /** @example Frank Herbert */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volumes"];
            304: components["responses"]["NotModified"];
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
    listVolumes: {
        parameters: {
            query: {
                /**
                 * @description Words, `intitle:`, `inauthor:`, `isbn:`
                 * @example intitle:dune
                 */
                q: string;
                maxResults?: components["parameters"]["maxResults"];
                startIndex?: components["parameters"]["startIndex"];
                /**
                 * @description A code of ISO 639-1, 639-2 or 639-3, perhaps with a region. Keeps items with this language among theirs, puts items of unknown language last (such as Open Library's editions by ISBN), and never drops the edition of an ISBN. Accept-Language is ignored, because it would split the entries of caches in front
                 * @example en
                 */
                langRestrict?: components["parameters"]["langRestrict"];
                /** @description With `langRestrict`: items in other languages follow instead of being dropped */
                includeTranslations?: components["parameters"]["includeTranslations"];
                /**
                 * @description Up to ten codes separated by commas: items in these languages come first, in this order; not with `newest`
                 * @example de,en
                 */
                preferLang?: components["parameters"]["preferLang"];
                /** @description `newest`: by date, sets and guides after the books */
                orderBy?: components["parameters"]["orderBy"];
            };
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volumes"];
            304: components["responses"]["NotModified"];
            400: components["responses"]["GoogleError"];
            401: components["responses"]["GoogleError"];
            403: components["responses"]["GoogleError"];
            429: components["responses"]["GoogleError"];
            500: components["responses"]["GoogleError"];
            502: components["responses"]["GoogleError"];
            503: components["responses"]["GoogleError"];
            504: components["responses"]["GoogleError"];
        };
    };
    getVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the client's copy */
                "If-None-Match"?: components["parameters"]["ifNoneMatch"];
            };
            path: {
                /** @example isbn-9780441172719 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Volume"];
            304: components["responses"]["NotModified"];
            401: components["responses"]["GoogleError"];
            403: components["responses"]["GoogleError"];
            404: components["responses"]["GoogleError"];
            429: components["responses"]["GoogleError"];
            500: components["responses"]["GoogleError"];
            502: components["responses"]["GoogleError"];
            503: components["responses"]["GoogleError"];
            504: components["responses"]["GoogleError"];
        };
    };
    searchBatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "cache": "only-if-cached",
                 *       "items": [
                 *         {
                 *           "id": "1",
                 *           "kind": "auto",
                 *           "q": "dune"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    /**
                     * @description `default` fetches items without a usable entry, and absences that no batch has stored; `only-if-cached` fetches nothing; `recheck` also fetches stored absences; `refresh` fetches all items, for an admin also past the ISBNdb Worker's cache
                     * @default default
                     * @enum {string}
                     */
                    cache?: "default" | "only-if-cached" | "recheck" | "refresh";
                    items: components["schemas"]["BatchItem"][];
                };
            };
        };
        responses: {
            /** @description One result for each item, in the order of the request */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        results: components["schemas"]["BatchResult"][];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["Timeout"];
        };
    };
    purge: {
        parameters: {
            query: {
                /**
                 * @description As free text; `query` is an alias
                 * @example dune
                 */
                q: string;
                /** @description Instead of `q` */
                isbn?: string;
                /** @description Instead of `q` */
                title?: string;
                /** @description Instead of `q`, alone or with `title` */
                author?: string;
                /** @description The `id` of a volume; all other parameters are then ignored */
                id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The deleted keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: string[];
                        /** @description The longest time that other isolates still answer from memory */
                        memorySecs: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSearchLog: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The log */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchLog"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteSearchLog: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
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
        };
    };
}
