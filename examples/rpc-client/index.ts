// A Worker of your own that calls the ISBNdb Worker by RPC: one author's page.

interface Bibliography {
  author(name: string, options?: { page?: number; pageSize?: number }, context?: object): Promise<any>;
}

export default {
  async fetch(request: Request, env: { BIBLIOGRAPHY: Bibliography }): Promise<Response> {
    const name = new URL(request.url).searchParams.get("author") ?? "Ursula K. Le Guin";
    const traceparent = request.headers.get("traceparent") ?? undefined;
    try {
      const page = await env.BIBLIOGRAPHY.author(name, { pageSize: 5 }, { traceparent, deadlineMs: 8_000 });
      return Response.json(page.books.map((book: { title: string }) => book.title));
    } catch (error) {
      // The message begins with the code: "RATE_LIMITED: …".
      return Response.json({ error: String(error) }, { status: 502 });
    }
  },
};
