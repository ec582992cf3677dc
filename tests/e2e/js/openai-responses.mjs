// The npm package `openai`: its Responses, without anything stored. The calls are those of
// tests/e2e/clients/calls.py.
import { OpenAI } from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { work } from "./speaking.mjs";
import { FUNCTIONS, Person, run } from "./tools.mjs";

const TOOLS = FUNCTIONS.map(({ type, function: named }) => ({ type, ...named, strict: false }));
const ENDS = new Set(["response.completed", "response.incomplete"]);
const EFFORTS = { true: "medium", false: "none" };

const responses = ({ url, key }) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }).responses;

const effort = ({ think }) =>
  think === undefined ? {} : { reasoning: { effort: EFFORTS[think] ?? think, summary: "auto" } };

async function answered(asked, more) {
  const body = {
    model: asked.model,
    input: asked.text,
    store: false,
    include: ["reasoning.encrypted_content"],
    ...effort(asked),
    ...more,
  };
  if (!asked.stream) return { response: await responses(asked).create(body), pieces: 1 };
  let pieces = 0;
  for await (const event of await responses(asked).create({ ...body, stream: true })) {
    if (event.type.endsWith(".delta")) pieces += 1;
    if (ENDS.has(event.type)) return { response: event.response, pieces };
  }
  throw new Error("the stream has no end");
}

const items = ({ output }, type) => output.filter((item) => item.type === type);
const textOf = (response) =>
  items(response, "message")
    .flatMap(({ content }) => content)
    .map(({ text }) => text)
    .join("");

const told = ({ response, pieces }) => ({
  text: textOf(response),
  thinking: items(response, "reasoning")
    .flatMap((item) => item.summary)
    .map((part) => part.text)
    .join(""),
  reason: response.incomplete_details?.reason ?? response.status,
  prompt_tokens: response.usage.input_tokens,
  completion_tokens: response.usage.output_tokens,
  pieces,
});

const chat = async (asked, more) => told(await answered(asked, more));

async function structured({ model, text: input, stream, ...asked }) {
  const body = { model, input, text: { format: zodTextFormat(Person, "person") } };
  const response = stream
    ? await responses(asked).stream(body).finalResponse()
    : await responses(asked).parse(body);
  return { text: JSON.stringify(response.output_parsed) };
}

async function tools(asked) {
  const input = [];
  const rounds = [];
  const texts = [];
  for (const content of asked.questions) {
    input.push({ role: "user", content });
    for (;;) {
      const { response } = await answered(asked, { input, tools: TOOLS });
      input.push(...response.output);
      const made = items(response, "function_call").map(({ call_id, name, ...call }) => ({
        call_id,
        name,
        given: JSON.parse(call.arguments),
      }));
      if (made.length === 0) {
        texts.push(textOf(response));
        break;
      }
      rounds.push(made.map(({ name, given }) => [name, given]));
      for (const { call_id, name, given } of made) {
        input.push({ type: "function_call_output", call_id, output: run(name, given) });
      }
    }
  }
  return { rounds, text: texts.join("\n") };
}

const calls = {
  chat: (asked) => chat(asked),
  thinking: (asked) => chat(asked),
  budget: (asked) => chat({ ...asked, think: true }, { max_output_tokens: 2 }),
  "structured output": structured,
  image: ({ image, text, ...asked }) => {
    const picture = { type: "input_image", image_url: `data:image/png;base64,${image}` };
    const content = [{ type: "input_text", text }, picture];
    return chat(asked, { model: asked.vision_model, input: [{ role: "user", content }] });
  },
  tools,
  async "forced tool"(asked) {
    const tool_choice = { type: "function", name: asked.tool };
    const { response } = await answered(asked, { tools: TOOLS, tool_choice });
    return { called: items(response, "function_call").map(({ name }) => name) };
  },
  "unknown model": (asked) => chat(asked, { model: asked.unknown }),
};

await work("openai", calls);
