// The npm package `ollama`. The calls are those of tests/e2e/clients/calls.py.
import { Ollama } from "ollama";
import { work } from "./speaking.mjs";
import { FUNCTIONS, run } from "./tools.mjs";

const client = (asked) => new Ollama({ host: asked.url });

async function all(answer, streamed) {
  if (!streamed) return [answer];
  const parts = [];
  for await (const part of answer) parts.push(part);
  return parts;
}

function told(parts, piece, thinking) {
  const last = parts.at(-1);
  return {
    text: parts.map(piece).join(""),
    thinking: parts.map((part) => thinking(part) ?? "").join(""),
    reason: last.done_reason,
    prompt_tokens: last.prompt_eval_count,
    completion_tokens: last.eval_count,
    pieces: parts.length,
  };
}

async function chatted(asked, more = {}) {
  const stream = asked.stream ?? false;
  const messages = [{ role: "user", content: asked.text }];
  const answer = await client(asked).chat({ model: asked.model, messages, stream, ...more });
  const parts = await all(answer, stream);
  const came = told(parts, (part) => part.message.content ?? "", (part) => part.message.thinking);
  return { parts, came };
}

const chat = async (asked, more) => (await chatted(asked, more)).came;

async function tools(asked) {
  const messages = [];
  const rounds = [];
  const texts = [];
  for (const content of asked.questions) {
    messages.push({ role: "user", content });
    for (;;) {
      const { parts, came } = await chatted(asked, { messages, tools: FUNCTIONS });
      const calls = parts.flatMap((part) => part.message.tool_calls ?? []);
      messages.push({ role: "assistant", content: came.text, tool_calls: calls });
      if (calls.length === 0) {
        texts.push(came.text);
        break;
      }
      rounds.push(calls.map((call) => [call.function.name, call.function.arguments]));
      for (const { function: called } of calls) {
        const content = run(called.name, called.arguments);
        messages.push({ role: "tool", tool_name: called.name, content });
      }
    }
  }
  return { rounds, text: texts.join("\n") };
}

async function generate(asked) {
  const { model, text: prompt, stream } = asked;
  const parts = await all(await client(asked).generate({ model, prompt, stream }), stream);
  return told(parts, (part) => part.response, (part) => part.thinking);
}

async function embeddings(asked) {
  const one = (prompt) => client(asked).embeddings({ model: asked.embed_model, prompt });
  const came = await Promise.all(asked.inputs.map(one));
  return { vectors: came.map((answer) => answer.embedding) };
}

const listed = async (asked) => ({
  models: (await client(asked).list()).models.map((model) => model.model),
});

async function talkedTo(model, asked) {
  const { models } = await listed(asked);
  const came = await chat(asked, { model });
  await client(asked).delete({ model });
  return { ...came, models, left: (await listed(asked)).models };
}

const calls = {
  list: listed,
  async show(asked) {
    const { capabilities, model_info } = await client(asked).show({ model: asked.model });
    return { capabilities, architecture: model_info };
  },
  async ps(asked) {
    await chat(asked);
    return { models: (await client(asked).ps()).models.map((model) => model.model) };
  },
  chat: (asked) => chat(asked),
  thinking: (asked) => chat(asked, { think: asked.think }),
  budget: (asked) => chat(asked, { think: true, options: { num_predict: 2 } }),
  "structured output": (asked) => chat(asked, { format: asked.schema }),
  image: ({ image, text, ...asked }) =>
    chat(asked, {
      model: asked.vision_model,
      messages: [{ role: "user", content: text, images: [image] }],
    }),
  tools,
  generate,
  async embed(asked) {
    const { embed_model: model, inputs: input } = asked;
    const came = await client(asked).embed({ model, input });
    return { vectors: came.embeddings, prompt_tokens: came.prompt_eval_count };
  },
  embeddings,
  async pull({ model, stream, ...asked }) {
    const parts = await all(await client(asked).pull({ model, stream }), stream);
    return { text: parts.at(-1).status };
  },
  async "copy and delete"(asked) {
    await client(asked).copy({ source: asked.model, destination: "the-copy" });
    return talkedTo("the-copy", asked);
  },
  async create(asked) {
    await client(asked).create({ model: "made", from: asked.model, system: "Be brief." });
    return talkedTo("made", asked);
  },
  "unknown model": (asked) => chat(asked, { model: asked.unknown }),
};

await work("ollama", calls);
