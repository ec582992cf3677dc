"""The routes of OpenAI's dialect."""
