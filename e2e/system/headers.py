"""Reads exchanges as JSON from standard input and writes what httplint notes about each response."""

import json
import sys
import time
from email.utils import formatdate

from httplint import HttpRequestLinter, HttpResponseLinter


def encoded(headers):
    return [(name.encode(), value.encode()) for name, value in headers]


def notes(exchange):
    now = time.time()
    request = HttpRequestLinter()
    request.process_request_topline(exchange["method"].encode(), exchange["target"].encode(), b"1.1")
    request.process_headers(encoded(exchange["sent"]))
    request.finish_content(True)
    is_head = exchange["method"] == "HEAD"
    response = HttpResponseLinter(start_time=now, no_content=is_head)
    response.request = request
    response.is_head_response = is_head
    response.process_response_topline(b"1.1", str(exchange["status"]).encode(), b"")
    # In production the edge adds the date.
    response.process_headers(encoded([*exchange["received"], ("Date", formatdate(now, usegmt=True))]))
    response.feed_content(bytes.fromhex(exchange["body"]))
    response.finish_content(True)
    for note in response.notes:
        for one in [note, *note.subnotes]:
            yield {"level": one.level.name, "id": type(one).__name__, "text": f"{one.subject}: {one.summary}"}


json.dump([list(notes(exchange)) for exchange in json.load(sys.stdin)], sys.stdout)
