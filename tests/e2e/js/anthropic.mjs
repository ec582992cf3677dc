// The npm package `@anthropic-ai/sdk`: messages, its stream helper, its loop of tools, models.
// The calls are those of tests/e2e/clients/calls.py.
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { work } from "./speaking.mjs";
import { CITY, describe, NAMES, Person, run } from "./tools.mjs";

const TOOLS = NAMES.map((name) => ({ name, description: describe(name), input_schema: CITY }));

const client = ({ url, key }) => new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const user = (content) => [{ role: "user", content }];

function thinking({ think }) {
  if (think === undefined) return {};
  if (think === false) return { thinking: { type: "disabled" } };
  if (think === true) return { thinking: { type: "enabled", budget_tokens: 512 } };
  return { thinking: { type: "adaptive" }, output_config: { effort: think } };
}

async function answered(asked, more, options) {
  const body = {
    model: asked.model,
    max_tokens: 1000,
    messages: user(asked.text),
    ...thinking(asked),
    ...more,
  };
  const { messages } = client(asked);
  if (!asked.stream) return { message: await messages.create(body, options), pieces: 1 };
  const stream = messages.stream(body, options);
  let pieces = 0;
  for await (const { type } of stream) if (type === "content_block_delta") pieces += 1;
  return { message: await stream.finalMessage(), pieces };
}

const blocks = ({ content }, type) => content.filter((block) => block.type === type);
const textOf = (message) => blocks(message, "text").map(({ text }) => text).join("");

const told = ({ message, pieces }) => ({
  text: textOf(message),
  thinking: blocks(message, "thinking").map((block) => block.thinking).join(""),
  reason: message.stop_reason,
  prompt_tokens:
    message.usage.input_tokens +
    (message.usage.cache_read_input_tokens ?? 0) +
    (message.usage.cache_creation_input_tokens ?? 0),
  completion_tokens: message.usage.output_tokens,
  pieces,
});

async function chat(asked, more, options) {
  const came = await answered(asked, more, options);
  // A stream's message does not have it.
  const identity = asked.stream ? {} : { request_id: came.message._request_id };
  return { ...told(came), ...identity };
}

async function structured({ model, text, stream, ...asked }) {
  const output_config = { format: zodOutputFormat(Person) };
  const body = { model, max_tokens: 1000, messages: user(text), output_config };
  const { messages } = client(asked);
  const message = stream
    ? await messages.stream(body).finalMessage()
    : await messages.parse(body);
  return { text: JSON.stringify(message.parsed_output) };
}

async function tools(asked) {
  const messages = [];
  const rounds = [];
  const texts = [];
  for (const question of asked.questions) {
    messages.push(...user(question));
    for (;;) {
      const { message } = await answered(asked, { messages, tools: TOOLS });
      messages.push({ role: "assistant", content: message.content });
      if (message.stop_reason !== "tool_use") {
        texts.push(textOf(message));
        break;
      }
      const uses = blocks(message, "tool_use");
      rounds.push(uses.map(({ name, input }) => [name, input]));
      const results = uses.map(({ id, name, input }) => ({
        type: "tool_result",
        tool_use_id: id,
        content: run(name, input),
      }));
      messages.push(...user(results));
    }
  }
  return { rounds, text: texts.join("\n") };
}

const runnable = NAMES.map((name) =>
  betaTool({
    name,
    description: describe(name),
    inputSchema: CITY,
    run: (given) => run(name, given),
  }),
);

/** The package's own loop. */
async function runner({ model, stream = false, questions, ...asked }) {
  const rounds = [];
  const texts = [];
  for (const question of questions) {
    const body = { model, max_tokens: 1000, messages: user(question), tools: runnable, stream };
    for await (const turn of client(asked).beta.messages.toolRunner(body)) {
      const message = stream ? await turn.finalMessage() : turn;
      const uses = blocks(message, "tool_use");
      if (uses.length) rounds.push(uses.map(({ name, input }) => [name, input]));
      else texts.push(textOf(message));
    }
  }
  return { rounds, text: texts.join("\n") };
}

const calls = {
  async "list and retrieve"(asked) {
    const names = [];
    for await (const { id } of client(asked).models.list()) names.push(id);
    const found = await Promise.all(names.map((name) => client(asked).models.retrieve(name)));
    return { models: names, found: found.map(({ id }) => id) };
  },
  chat: (asked) => chat(asked),
  thinking: (asked) => chat(asked),
  budget: (asked) => chat(asked, { max_tokens: 2, thinking: { type: "adaptive" } }),
  "structured output": structured,
  image: ({ image, text, ...asked }) => {
    const source = { type: "base64", media_type: "image/png", data: image };
    const messages = user([{ type: "image", source }, { type: "text", text }]);
    return chat(asked, { model: asked.vision_model, messages });
  },
  tools,
  "tool runner": runner,
  async "forced tool"(asked) {
    const tool_choice = { type: "tool", name: asked.tool };
    const { message } = await answered(asked, { tools: TOOLS, tool_choice });
    return { called: blocks(message, "tool_use").map(({ name }) => name) };
  },
  async "count tokens"({ model, text, ...asked }) {
    const body = { model, messages: user(text), system: "Be brief.", tools: TOOLS };
    return { tokens: (await client(asked).messages.countTokens(body)).input_tokens };
  },
  "unknown model": (asked) => chat(asked, { model: asked.unknown }),
  impatient: (asked) => chat(asked, {}, { timeout: asked.patience * 1000 }),
};

await work("@anthropic-ai/sdk", calls);
