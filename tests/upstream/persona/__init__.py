"""One scripted model that speaks three wire forms: OpenAI's, OpenRouter's, native Ollama's.

`behaviour` is the model, `catalog` what it says of itself, `openai`, `openrouter` and `ollama`
the forms, `server` the upstream that answers with it.
"""
