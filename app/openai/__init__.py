"""OpenAI's API on the Messages API: translation there and back, and nothing else."""
