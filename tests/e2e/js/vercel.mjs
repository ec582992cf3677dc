// The AI SDK (`ai`) on each of its providers that speak OpenAI's or Anthropic's protocols: the
// first argument is the provider, the second what of it. The calls are those of
// tests/e2e/clients/calls.py.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { work } from "./speaking.mjs";
import { describe, NAMES, Person, run } from "./tools.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;
const [provider, api] = process.argv.slice(2);
const EFFORTS = { true: "medium", false: "none" };

const PROVIDERS = {
  openai: (named) => createOpenAI(named),
  "openai-compatible": (named) =>
    createOpenAICompatible({
      name: "gateway",
      includeUsage: true,
      supportsStructuredOutputs: true,
      ...named,
    }),
  anthropic: (named) => createAnthropic(named),
};
const made = ({ url, key }) => PROVIDERS[provider]({ baseURL: `${url}/v1`, apiKey: key });
const modelOf = (asked, name) => made(asked)[api](name ?? asked.model);

/** For Responses it must be told that nothing is stored, or it sends references to items. */
function options({ think }) {
  if (think === undefined) return { openai: { store: false } };
  const reasoningEffort = EFFORTS[think] ?? think;
  return {
    openai: { reasoningEffort, reasoningSummary: "auto", forceReasoning: true, store: false },
    gateway: { reasoningEffort },
    // A budget would be added to the limit of tokens.
    anthropic: { thinking: { type: think === false ? "disabled" : "adaptive" } },
  };
}

/** What a server says in mid-stream comes as it was said, and not as an error of the package. */
const thrown = (said) =>
  said instanceof Error ? said : Object.assign(new Error(said.message), { name: "error part" });

/** Asks, in one piece or a stream; a part of a stream that is an error is thrown. */
async function answered(asked, more) {
  const body = {
    model: modelOf(asked),
    prompt: asked.text,
    maxRetries: 0,
    providerOptions: options(asked),
    ...more,
  };
  if (!asked.stream) return { result: await generateText(body), pieces: 1 };
  const result = streamText({ ...body, onError: () => undefined });
  let pieces = 0;
  for await (const part of result.fullStream) {
    if (part.type === "error") throw thrown(part.error);
    if (part.type.endsWith("-delta")) pieces += 1;
  }
  return { result, pieces };
}

async function told({ result, pieces }) {
  const usage = await result.usage;
  return {
    text: await result.text,
    thinking: (await result.reasoningText) ?? "",
    reason: await result.finishReason,
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    pieces,
  };
}

const chat = async (asked, more) => told(await answered(asked, more));

const TOOLS = Object.fromEntries(
  NAMES.map((name) => [
    name,
    tool({
      description: describe(name),
      inputSchema: z.object({ city: z.string() }),
      execute: (given) => run(name, given),
    }),
  ]),
);

/** The package's own loop. */
async function tools(asked) {
  const messages = [];
  const rounds = [];
  const texts = [];
  for (const content of asked.questions) {
    messages.push({ role: "user", content });
    const more = { prompt: undefined, messages, tools: TOOLS, stopWhen: stepCountIs(10) };
    const { result } = await answered(asked, more);
    messages.push(...(await result.response).messages);
    texts.push(await result.text);
    for (const { toolCalls } of await result.steps) {
      if (toolCalls.length) rounds.push(toolCalls.map(({ toolName, input }) => [toolName, input]));
    }
  }
  return { rounds, text: texts.join("\n") };
}

const calls = {
  chat: (asked) => chat(asked),
  async "structured output"(asked) {
    const { result } = await answered(asked, { output: Output.object({ schema: Person }) });
    return { text: JSON.stringify(await result.output) };
  },
  image: ({ image, text, ...asked }) => {
    const picture = { type: "image", image, mediaType: "image/png" };
    const messages = [{ role: "user", content: [{ type: "text", text }, picture] }];
    return chat(asked, { model: modelOf(asked, asked.vision_model), prompt: undefined, messages });
  },
  tools,
  async "forced tool"(asked) {
    const toolChoice = { type: "tool", toolName: asked.tool };
    const { result } = await answered(asked, { tools: TOOLS, toolChoice });
    return { called: result.toolCalls.map(({ toolName }) => toolName) };
  },
  "unknown model": (asked) => chat(asked, { model: modelOf(asked, asked.unknown) }),
};
if (api !== "chat") {
  // Of OpenAI's chat completions it does not show the thinking.
  calls.thinking = (asked) => chat(asked);
  calls.budget = (asked) => chat({ ...asked, think: true }, { maxOutputTokens: 2 });
}
if (provider !== "anthropic") {
  calls.embed = async (asked) => {
    const model = made(asked).embeddingModel(asked.embed_model);
    const came = await embedMany({ model, values: asked.inputs, maxRetries: 0 });
    return { vectors: came.embeddings, prompt_tokens: came.usage.tokens };
  };
}

await work("ai", calls);
