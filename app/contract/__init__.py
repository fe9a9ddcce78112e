"""The words and shapes promised to callers; imports nothing of ours."""
