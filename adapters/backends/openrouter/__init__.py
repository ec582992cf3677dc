"""OpenRouter: OpenAI's dialect, with a catalog that tells more and parameters of its own."""
