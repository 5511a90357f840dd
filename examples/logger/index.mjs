// A Worker for the optional LOGGER binding: it gets the span of every request and writes it to its
// own log. Replace the last step by whatever stores your spans.

const FIELDS = {
  traceId: "string",
  spanId: "string",
  service: "string",
  startTime: "number",
  duration: "number",
};

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (request.method !== "POST" || pathname !== "/trace") return new Response(null, { status: 404 });
    const span = await request.json().catch(() => null);
    const sound = span && Object.entries(FIELDS).every(([name, type]) => typeof span[name] === type);
    if (!sound) return new Response(null, { status: 400 });
    console.log(JSON.stringify({ event: "span", ...span }));
    return new Response(null, { status: 204 });
  },
};
