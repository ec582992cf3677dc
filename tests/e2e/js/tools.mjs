// The tools that the model calls, and what structured output is asked for.
import { z } from "zod";

const UNITS = { get_weather: "degrees", get_time: "hours" };
export const NAMES = Object.keys(UNITS);
export const CITY = {
  type: "object",
  required: ["city"],
  properties: { city: { type: "string", description: "The name of the city." } },
};
export const Person = z.object({ name: z.string(), age: z.number().int() });

export const describe = (name) => `Get the ${name.slice(4)} of a city`;
export const run = (name, { city }) => `${name} of ${city}: ${city.length} ${UNITS[name]}`;

/** The tools as Ollama's and OpenAI's chats describe them. */
export const FUNCTIONS = NAMES.map((name) => ({
  type: "function",
  function: { name, description: describe(name), parameters: CITY },
}));
