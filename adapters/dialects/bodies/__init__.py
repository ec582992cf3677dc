"""Request bodies as Go reads them, for every dialect that Ollama's server speaks."""
