"""What every HTTP request and answer has in common, whatever its endpoint."""
