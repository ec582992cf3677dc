// How a worker talks with the tests: a JSON object a line on stdin, what came of it on stdout.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { left } from "./guard.mjs";

const say = (what) => process.stdout.write(`${JSON.stringify({ ...what, strangers: left() })}\n`);

const WAIT = "retry-after";

function told(raised) {
  const classes = [];
  for (let at = raised; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    classes.push(at.constructor.name);
  }
  return {
    raised: raised.name,
    classes,
    status: raised.status_code ?? raised.statusCode ?? raised.status ?? null,
    code: raised.code ?? raised.data?.error?.code ?? null,
    retry_after: raised.headers?.get?.(WAIT) ?? raised.responseHeaders?.[WAIT] ?? null,
    message: raised.message,
  };
}

/** Answers calls until stdin ends. What a library prints goes to stderr. */
export async function work(name, calls) {
  console.log = console.info = console.debug = console.warn = console.error;
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  say({ versions: { "": version }, calls: { "": Object.keys(calls) } });
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    try {
      say(await calls[asked.call](asked));
    } catch (raised) {
      say(told(raised));
    }
  }
}
