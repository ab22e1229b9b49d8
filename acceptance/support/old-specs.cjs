// Loaded by Jasmine before the specs of the 2017 SDK. They know hosts such as api.mypurecloud.com alone: every https
// connection, whatever its host, goes to the emulator's port on this machine, with the host's name in the handshake.
const https = require("node:https");
const net = require("node:net");
const tls = require("node:tls");

const port = Number(process.env.EMULATOR_PORT);
https.Agent.prototype.createConnection = (options, opened) =>
  tls.connect({ ...options, host: "127.0.0.1", port, servername: options.servername || options.host }, opened);

// Whatever finds another way out of this machine fails, and the spec with it.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const [given] = Array.isArray(args[0]) ? args[0] : args;
  if (given?.host !== "127.0.0.1" || Number(given.port) !== port) {
    throw new Error(`a connection to ${given?.host}:${given?.port} would have left this machine`);
  }
  return connect.apply(this, args);
};

// One spec is focused, which would leave the others out.
global.fit = global.it;
