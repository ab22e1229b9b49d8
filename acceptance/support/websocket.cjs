// A WebSocket for Node 20, which has none of its own: what undici would bring, as far as notifications need it.
"use strict";
const { randomBytes } = require("node:crypto");
const http = require("node:http");

module.exports = class WebSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  #socket;
  #request;
  #pending = Buffer.alloc(0);

  constructor(url) {
    const { hostname, port, pathname } = new URL(url);
    this.#request = http.get({
      host: hostname,
      port,
      path: pathname,
      headers: {
        connection: "upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64"),
      },
    });
    this.#request.on("upgrade", (_, socket, head) => {
      this.#socket = socket;
      socket.on("data", (data) => this.#read(data));
      socket.on("close", () => this.onclose?.({}));
      socket.on("error", () => {});
      this.onopen?.({});
      if (head.length) this.#read(head);
    });
    this.#request.on("response", () => this.onclose?.({}));
    this.#request.on("error", (error) => (this.onerror?.(error), this.onclose?.({})));
  }

  send(text) {
    this.#write(1, Buffer.from(text));
  }

  close() {
    if (this.#socket) this.#socket.end();
    else this.#request.destroy();
  }

  #write(opcode, data) {
    const mask = randomBytes(4);
    const head = data.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | data.length]) : Buffer.from([0x80 | opcode, 0xfe, data.length >> 8, data.length & 255]);
    this.#socket.write(Buffer.concat([head, mask, data.map((byte, index) => byte ^ mask[index % 4])]));
  }

  #read(data) {
    this.#pending = Buffer.concat([this.#pending, data]);
    for (;;) {
      if (this.#pending.length < 2) return;
      let length = this.#pending[1] & 127;
      let start = 2;
      if (length == 126) [length, start] = [this.#pending.readUInt16BE(2), 4];
      else if (length == 127) [length, start] = [Number(this.#pending.readBigUInt64BE(2)), 10];
      if (this.#pending.length < start + length) return;
      const opcode = this.#pending[0] & 15;
      const content = this.#pending.subarray(start, start + length);
      this.#pending = this.#pending.subarray(start + length);
      if (opcode == 1) this.onmessage?.({ data: content.toString() });
      else if (opcode == 9) this.#write(10, content);
      else if (opcode == 8) return this.#socket.end();
    }
  }
};
