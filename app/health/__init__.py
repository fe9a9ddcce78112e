"""Says truthfully, at once and cheaply whether this service can serve."""
