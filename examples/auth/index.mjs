// A Worker for the optional AUTH binding. Proxy and warmer call it before every request, with
// method, URL and headers. 200 lets the request in; any other answer goes to the client.

/** Compares without stopping at the first difference. */
function same(a, b) {
  const [x, y] = [a, b].map((text) => new TextEncoder().encode(text));
  if (x.length !== y.length) return false;
  return x.reduce((seen, byte, at) => seen | (byte ^ y[at]), 0) === 0;
}

export default {
  fetch(request, env) {
    const token = request.headers.get("x-custom-token") ?? "";
    // Fails closed: without a secret no request is allowed.
    if (env.SECRET_TOKEN && same(token, env.SECRET_TOKEN)) return new Response("Request allowed");
    return new Response("x-custom-token does not match, request not allowed", { status: 403 });
  },
};
