// The npm package `openai`: chat completions, completions, embeddings and models. The calls are
// those of tests/e2e/clients/calls.py.
import { OpenAI } from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { work } from "./speaking.mjs";
import { FUNCTIONS, Person, run } from "./tools.mjs";

const EFFORTS = { true: "medium", false: "none" };
const client = ({ url, key }) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const user = (content) => [{ role: "user", content }];

function told(whole, thinking, pieces) {
  const [{ message, finish_reason: reason }] = whole.choices;
  return {
    text: message.content ?? "",
    thinking,
    reason,
    prompt_tokens: whole.usage.prompt_tokens,
    completion_tokens: whole.usage.completion_tokens,
    model: whole.model,
    pieces,
  };
}

async function say(asked, more, options) {
  const body = { model: asked.model, messages: user(asked.text), ...more };
  const chats = client(asked).chat.completions;
  if (!asked.stream) {
    const whole = await chats.create(body, options);
    return { whole, came: told(whole, whole.choices[0].message.reasoning ?? "", 1) };
  }
  const stream = chats.stream({ ...body, stream_options: { include_usage: true } }, options);
  let thinking = "";
  let pieces = 0;
  for await (const { choices } of stream) {
    pieces += 1;
    thinking += choices.map(({ delta }) => delta.reasoning ?? "").join("");
  }
  const whole = await stream.finalChatCompletion();
  return { whole, came: told(whole, thinking, pieces) };
}

const chat = async (asked, more, options) => (await say(asked, more, options)).came;

async function structured({ model, text, stream, ...asked }) {
  const response_format = zodResponseFormat(Person, "person");
  const body = { model, messages: user(text), response_format };
  const chats = client(asked).chat.completions;
  const whole = stream
    ? await chats.stream(body).finalChatCompletion()
    : await chats.parse(body);
  return { text: JSON.stringify(whole.choices[0].message.parsed) };
}

const runnable = FUNCTIONS.map(({ type, function: { name, ...more } }) => ({
  type,
  function: { name, ...more, parse: JSON.parse, function: (given) => run(name, given) },
}));

/** The package's own loop. It sends its results back by itself. */
async function tools({ model, stream = false, questions, ...asked }) {
  let messages = [];
  const texts = [];
  for (const content of questions) {
    messages.push({ role: "user", content });
    const body = { model, messages, tools: runnable, stream };
    const runner = client(asked).chat.completions.runTools(body);
    texts.push(await runner.finalContent());
    messages = runner.messages;
  }
  const rounds = messages
    .filter((message) => message.tool_calls?.length)
    .map((message) => message.tool_calls.map(({ function: { name, arguments: given } }) => [
      name,
      JSON.parse(given),
    ]));
  return { rounds, text: texts.join("\n") };
}

async function completion({ model, text: prompt, stream, ...asked }) {
  const body = { model, prompt, max_tokens: 100, stream };
  const answer = await client(asked).completions.create(body);
  const pieces = [];
  if (stream) for await (const piece of answer) pieces.push(piece);
  else pieces.push(answer);
  const choices = pieces.flatMap((piece) => piece.choices);
  return {
    text: choices.map((choice) => choice.text).join(""),
    reason: choices.at(-1).finish_reason,
    pieces: pieces.length,
  };
}

const calls = {
  async "list and retrieve"(asked) {
    const names = [];
    for await (const { id } of client(asked).models.list()) names.push(id);
    const found = await Promise.all(names.map((name) => client(asked).models.retrieve(name)));
    return { models: names, found: found.map(({ id }) => id) };
  },
  chat: (asked) => chat(asked),
  thinking: (asked) => chat(asked, { reasoning_effort: EFFORTS[asked.think] ?? asked.think }),
  budget: (asked) => chat(asked, { reasoning_effort: "medium", max_completion_tokens: 2 }),
  "structured output": structured,
  image: ({ image, text, ...asked }) => {
    const image_url = { url: `data:image/png;base64,${image}` };
    const messages = user([{ type: "text", text }, { type: "image_url", image_url }]);
    return chat(asked, { model: asked.vision_model, messages });
  },
  tools,
  async "forced tool"(asked) {
    const tool_choice = { type: "function", function: { name: asked.tool } };
    const { whole } = await say(asked, { tools: FUNCTIONS, tool_choice });
    const made = whole.choices[0].message.tool_calls ?? [];
    return { called: made.map((call) => call.function.name) };
  },
  completion,
  /** Says nothing of an encoding: the package then asks for base64. */
  async embed({ embed_model: model, inputs: input, ...asked }) {
    const came = await client(asked).embeddings.create({ model, input });
    return {
      vectors: came.data.map(({ embedding }) => embedding),
      prompt_tokens: came.usage.prompt_tokens,
    };
  },
  "unknown model": (asked) => chat(asked, { model: asked.unknown }),
  impatient: (asked) => chat(asked, {}, { timeout: asked.patience * 1000 }),
};

await work("openai", calls);
