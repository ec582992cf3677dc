// Keeps a client on this machine: what would go elsewhere is refused, and told.
import { Socket } from "node:net";

const HERE = new Set(["127.0.0.1", "::1", "localhost"]);
const strangers = [];

/** Returns the hosts that were asked for since the last time. */
export const left = () => strangers.splice(0);

const { connect } = Socket.prototype;
Socket.prototype.connect = function guarded(...given) {
  const [first, second] = given.flat();
  const options = typeof first === "object" ? first : { port: first, host: second };
  const host = options.path ? "localhost" : (options.host ?? "localhost");
  if (HERE.has(host)) return connect.apply(this, given);
  strangers.push(host);
  return this.destroy(new Error(`${host} is not on this machine`));
};
