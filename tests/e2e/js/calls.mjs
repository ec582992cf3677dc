// Makes one call of the npm package `ollama`, described as JSON on stdin, and says as JSON on
// stdout what came of it: the parts (one if it was no stream), and the error raised, if any.
import { text } from "node:stream/consumers";
import { Ollama } from "ollama";

const { host, method, request, abortAfter } = JSON.parse(await text(process.stdin));
const client = new Ollama({ host });
const parts = [];
let error = null;

try {
  const answer = await (request === undefined ? client[method]() : client[method](request));
  if (request?.stream) {
    for await (const part of answer) {
      parts.push(part);
      if (parts.length === abortAfter) answer.abort();
    }
  } else {
    parts.push(answer);
  }
} catch (raised) {
  error = { name: raised.name, message: raised.message, status: raised.status_code ?? null };
}
console.log(JSON.stringify({ parts, error }));
