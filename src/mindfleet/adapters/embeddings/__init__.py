"""Where vectors come from: a model in this process, or any OpenAI-compatible endpoint."""
