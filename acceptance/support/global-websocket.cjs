// Gives a program the WebSocket of these tests, in Node 20.
"use strict";
globalThis.WebSocket = require("./websocket.cjs");
