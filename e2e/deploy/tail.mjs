// The server's end of a Worker's tail: a WebSocket over which each invocation is announced.

import { createHash } from "node:crypto";

/** A frame of a server: text of less than 64 KiB, or a pong. */
function frame(opcode, payload) {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), payload]);
}

export class Tails {
  /** The name of the Worker of each connection; two connections may watch one Worker. @type {Map<any, string>} */
  #names = new Map();

  /** Answers the request to become a WebSocket at `/tail/NAME`. */
  open(request, socket) {
    const name = request.url.split("/").at(-1);
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n" +
        `sec-websocket-accept: ${accept}\r\nsec-websocket-protocol: trace-v1\r\n\r\n`,
    );
    this.#names.set(socket, name);
    socket.on("error", () => {});
    // Node leaves the server's half of such a connection open.
    socket.on("end", () => socket.end());
    socket.on("close", () => this.#names.delete(socket));
    // wrangler sends pings to check the connection.
    socket.on("data", (data) => {
      if ((data[0] & 15) === 9) socket.write(frame(10, Buffer.alloc(0)));
    });
  }

  /** Announces an invocation, without its CPU time, which workerd does not report. */
  announce(name, request, status) {
    const event = {
      scriptName: name,
      outcome: "ok",
      cpuTime: 5,
      wallTime: 9,
      eventTimestamp: 1_795_250_000_000,
      logs: [],
      exceptions: [],
      event: {
        request: { url: `https://${name}.example.org/`, method: request.method, headers: {} },
        response: { status },
      },
    };
    const announced = frame(1, Buffer.from(JSON.stringify(event)));
    for (const [socket, watched] of this.#names) if (watched === name) socket.write(announced);
  }

  stop() {
    for (const socket of this.#names.keys()) socket.destroy();
  }
}
